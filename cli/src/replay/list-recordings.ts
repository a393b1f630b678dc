// `livectl recordings`: what is recorded, newest first.

import { exitCodes } from '../exit-code.ts';
import { clockTime, dayOf } from '../log/clock-time.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { printable } from '../log/printable.ts';
import { ms } from '../log/quantities.ts';
import { type Style, style } from '../log/style.ts';
import type { InvocationSummary, RecordingQuery } from '../recordings/recording.ts';
import { rowsOf } from './all-rows.ts';
import { recordingsOf } from './recordings-place.ts';

export interface ListOptions extends Pick<RecordingQuery, 'function' | 'status' | 'text' | 'since'> {
  readonly limit: number;
  readonly root: string;
  readonly format: OutputFormat;
}

/** Resolves with the exit code. */
export async function listRecordings({ format, root, ...query }: ListOptions): Promise<number> {
  const { recordings } = await recordingsOf(root);
  const paint = style(processOutput.colour);
  let count = 0;
  for await (const row of rowsOf(recordings, query)) {
    count += 1;
    processOutput.line(format === 'json' ? eventLine(row) : line(row, paint));
  }
  if (count === 0 && format === 'pretty')
    processOutput.errorLine(
      'nothing is recorded that matches; livectl serve records what it runs and observes',
    );
  return exitCodes.ok;
}

/** Date, key, function, trigger, how it ended, and what is special about it. */
function line(row: InvocationSummary, paint: Style): string {
  const at = new Date(row.at);
  const notes = [
    row.observed ? 'observed' : '',
    row.replay_of === undefined ? '' : `replay of ${row.replay_of}${row.edited ? ', edited' : ''}`,
    (row.attempt ?? 1) > 1 ? `delivery ${row.attempt}` : '',
  ].filter((note) => note !== '');
  return [
    paint.dim(`${dayOf(at)} ${clockTime(at)}`),
    printable(row.key),
    paint.name(printable(row.function)),
    printable(row.trigger),
    end(row, paint),
    ...(notes.length === 0 ? [] : [paint.dim(`(${printable(notes.join('; '))})`)]),
  ].join('  ');
}

function end({ error, http_status: code, ms: took, status }: InvocationSummary, paint: Style): string {
  if (status === 'running') return paint.dim('running');
  if (status === 'ok') return `${paint.ok(code === undefined ? 'ok' : String(code))} ${ms(took)}`;
  const what = error === undefined ? 'failed' : printable(`${error.name}: ${error.message}`);
  return `${paint.bad(what)} ${ms(took)}`;
}
