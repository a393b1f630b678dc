// The output of `livectl invoke`: a function's error for a person, and the object of `--format json`.
import * as v from 'valibot';
import { type ErrorCode, errorFaults, errorName } from '../../../protocol/live-debug-error.ts';
import type { SeenInvocation } from '../control/outcome.ts';
import { invocationObject } from '../control/seen-object.ts';
import { printableLines } from '../log/printable.ts';
import { withoutRuntimeFrames } from '../log/runtime-frames.ts';
import { style } from '../log/style.ts';

/** Lambda's error object; Python's frames are strings as well. */
const errorSchema = v.object({
  errorType: v.fallback(v.string(), 'Error'),
  errorMessage: v.fallback(v.string(), ''),
  trace: v.fallback(v.optional(v.array(v.string())), undefined),
  stackTrace: v.fallback(v.optional(v.array(v.string())), undefined),
});

interface Refusal {
  readonly name: string;
  readonly message: string;
}

/** The error that a function answered with: name, message and stack. */
export function functionErrorLines(body: Buffer, colour: boolean): string {
  const paint = style(colour);
  const parsed = v.safeParse(errorSchema, parse(body));
  if (!parsed.success) return printableLines(body.toString('utf8'), false).map(paint.bad).join('\n');
  const { errorMessage, errorType, stackTrace, trace } = parsed.output;
  const [, ...frames] = isOwn(errorType) ? [] : (trace ?? ['', ...(stackTrace ?? [])]);
  return [
    ...printableLines(`${errorType}: ${errorMessage}`, false).map(paint.bad),
    ...withoutRuntimeFrames(frames.flatMap((frame) => printableLines(frame, false))).map(paint.dim),
  ].join('\n');
}

/** Why API Gateway or a function URL refuses an answer. */
export function refusalLine({ message, name }: Refusal, colour: boolean): string {
  return printableLines(`${name}: ${message}`, false).map(style(colour).bad).join('\n');
}

/** An error of the stub or of livectl: its frames say nothing about the function's code. */
function isOwn(errorType: string): boolean {
  return Object.keys(errorFaults).some((code) => errorName(code as ErrorCode) === errorType);
}

/** The object of `livectl invoke --format json` (docs/triggers.md). */
export function invokeObject(
  functionName: string,
  requestId: string,
  answer: {
    readonly functionError: string | undefined;
    readonly refusal: Refusal | undefined;
    readonly body: Buffer;
  },
  seen: SeenInvocation | undefined,
): object {
  const { body, functionError, refusal } = answer;
  return {
    event: 'invoke_result',
    function: functionName,
    request_id: requestId,
    ok: functionError === undefined && refusal === undefined,
    ...(functionError === undefined ? {} : { function_error: functionError }),
    ...(refusal === undefined ? {} : { http_error: refusal }),
    payload: parse(body) ?? body.toString('utf8'),
    invocation: seen === undefined ? null : invocationObject(seen),
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
