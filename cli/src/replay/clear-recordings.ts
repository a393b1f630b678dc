// `livectl recordings clear`: removes what is recorded on disk, once a person or `--yes` says so.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { exitCodes } from '../exit-code.ts';
import { terminalAsk } from '../log/ask.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { printable } from '../log/printable.ts';
import { plural } from '../log/quantities.ts';
import { openRecordings } from '../recordings/recordings-folder.ts';
import { rowsOf } from './all-rows.ts';
import { realFolder } from './recordings-place.ts';

export interface ClearOptions {
  /** Undefined for all. */
  readonly functionName: string | undefined;
  readonly yes: boolean;
  readonly root: string;
  readonly format: OutputFormat;
}

/** Resolves with the exit code. Rejects with LD_CONFIG if nobody can be asked. */
export async function clearRecordings({ format, functionName, root, yes }: ClearOptions): Promise<number> {
  const recordings = openRecordings(realFolder(root));
  const query = { function: functionName };
  let count = 0;
  for await (const _row of rowsOf(recordings, query)) count += 1;
  const of = functionName === undefined ? '' : ` of ${functionName}`;
  const what = printable(`${plural(count, 'recording')}${of}`);
  if (count > 0 && !yes && !(await isAgreed(what, format))) {
    processOutput.errorLine('nothing is removed');
    return exitCodes.failure;
  }
  const removed = await recordings.remove(query);
  if (format === 'json') processOutput.line(eventLine({ event: 'cleared', removed }));
  else processOutput.line(printable(`removed ${plural(removed, 'recording')}${of}`));
  return exitCodes.ok;
}

async function isAgreed(what: string, format: OutputFormat): Promise<boolean> {
  const ask = format === 'json' ? undefined : terminalAsk();
  if (ask === undefined)
    throw new LiveDebugError('LD_CONFIG', `${what} would be removed, and nobody can be asked`, {
      remedy: 'pass --yes',
    });
  return (await ask(`Remove ${what}?`, ['yes', 'no'])) === 'yes';
}
