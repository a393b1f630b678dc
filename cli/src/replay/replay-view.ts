// What `livectl replay` writes: the result or the differences to stdout, everything else to stderr; or objects.
import { isUtf8 } from 'node:buffer';
import { parseJson } from '../../../protocol/json.ts';
import type { BuildMessage } from '../builder/build-event.ts';
import { invocationObject } from '../control/seen-object.ts';
import { clockTime } from '../log/clock-time.ts';
import { eventLine } from '../log/json-lines.ts';
import { errorOutput, type OutputFormat, processOutput, writeBytes } from '../log/output.ts';
import { pretty } from '../log/pretty.ts';
import { printable } from '../log/printable.ts';
import { style } from '../log/style.ts';
import { type ComparedAnswer, diffAnswers } from '../recordings/answer-diff.ts';
import { withoutMarks } from '../recordings/exact-json.ts';
import type { InvocationDetail } from '../recordings/recording.ts';
import type { SessionEvent } from '../session/session-event.ts';
import { isResult, type ReplayedAnswer } from './answer.ts';
import { diffLines } from './diff-lines.ts';

interface ReplayViewOptions {
  readonly format: OutputFormat;
  readonly of: InvocationDetail;
  /** What to compare with; undefined without `--diff`. */
  readonly before: ComparedAnswer | undefined;
}

export interface ReplayView {
  /** An event of the run. */
  show(event: SessionEvent): void;
  /** One line. */
  warn(message: string): void;
  /** A run under `--watch` begins; `files` were saved. */
  begin(files: readonly string[]): void;
  /** Resolves when it is written: whether the code answered, or with `--diff` whether it answered as before. */
  answered(answer: ReplayedAnswer): Promise<boolean>;
  /** Nothing runs until the next save. */
  waiting(): void;
  /** The save does not build. */
  broken(errors: readonly BuildMessage[]): void;
}

/** Names of one header. */
const mostNames = 4;

export function replayView({ before, format, of }: ReplayViewOptions): ReplayView {
  return format === 'json' ? jsonView(of, before) : prettyView(of, before);
}

function prettyView(of: InvocationDetail, before: ComparedAnswer | undefined): ReplayView {
  const show = pretty(errorOutput);
  const paint = style(errorOutput.colour);
  let runs = 0;
  return {
    show,
    warn: (message) => errorOutput.line(`${paint.warn('!')} ${printable(message)}`),
    begin(files) {
      runs += 1;
      const names = files.slice(0, mostNames).map(printable).join(', ');
      const more = files.length > mostNames ? ` and ${files.length - mostNames} more` : '';
      const why = names === '' ? '' : ` after ${names}${more}`;
      const what = `${paint.name(printable(of.function))} ${printable(of.trigger)}`;
      errorOutput.line(
        `${paint.dim('──')} run ${runs} of ${what}${why} ${paint.dim(`(${clockTime(new Date())})`)}`,
      );
    },
    async answered(answer) {
      if (before === undefined) {
        if (isResult(answer)) await writeBytes(answer.body);
        if (runs > 0 && isResult(answer) && !endsLine(answer.body)) await writeBytes(Buffer.from('\n'));
        if (answer.seen?.result === undefined && answer.error !== undefined) {
          const { message, name } = answer.error;
          errorOutput.line(paint.bad(printable(`${name}: ${message}`)));
        }
        return answer.ok;
      }
      const diff = diffAnswers(before, answer.asRecorded());
      const what = `the recording of ${clockTime(new Date(of.at))}`;
      for (const line of diffLines(diff, what, processOutput.colour)) processOutput.line(line);
      return diff.differences.length === 0;
    },
    waiting() {
      errorOutput.line(paint.dim('   runs again on the next save; Ctrl-C ends'));
    },
    broken: (errors) => show({ event: 'build_error', function: of.function, errors, last_good: true }),
  };
}

function jsonView(of: InvocationDetail, before: ComparedAnswer | undefined): ReplayView {
  const write = (object: object) => processOutput.line(eventLine(object));
  return {
    show: () => undefined,
    warn: (message) => write({ event: 'notice', message }),
    begin: () => undefined,
    async answered(answer) {
      const diff = before && diffAnswers(before, answer.asRecorded());
      write({
        ...resultObject(of, answer),
        ...(diff && { same: diff.differences.length === 0, ...diffObject(diff) }),
      });
      return diff ? diff.differences.length === 0 : answer.ok;
    },
    waiting: () => undefined,
    broken: (errors) => write({ event: 'build_error', function: of.function, errors, last_good: true }),
  };
}

/** As that of `livectl invoke`. */
function resultObject(of: InvocationDetail, answer: ReplayedAnswer): object {
  const { body, error, ok, requestId, seen } = answer;
  const bytes = Buffer.from(body);
  return {
    event: 'replay_result',
    replay_of: of.key,
    function: seen?.invoke.function ?? of.function,
    request_id: requestId,
    ok,
    ...(error === undefined ? {} : isResult(answer) ? { http_error: error } : { error }),
    ...payload(bytes),
    invocation: seen === undefined ? null : invocationObject(seen),
  };
}

function payload(bytes: Buffer): object {
  if (!isUtf8(bytes)) return { payload: bytes.toString('base64'), is_base64_encoded: true };
  return { payload: parseJson(bytes) ?? bytes.toString() };
}

/** Numbers that JSON readers would round are texts. */
function diffObject({ differences, isRewritten }: ReturnType<typeof diffAnswers>): object {
  const readable = differences.map((each) => {
    const { kind, path } = each;
    return {
      path,
      kind,
      ...(each.kind === 'added' ? {} : { before: withoutMarks(each.before) }),
      ...(each.kind === 'removed' ? {} : { after: withoutMarks(each.after) }),
    };
  });
  return { differences: readable, ...(isRewritten ? { rewritten: true } : {}) };
}

function endsLine(body: Uint8Array): boolean {
  return body.length === 0 || body.at(-1) === 0x0a || process.stdout.isTTY === true;
}
