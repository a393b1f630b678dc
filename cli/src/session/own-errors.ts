// [4] Failures that are the session's own, in the form a function's error has, so that they travel the same way.
import { type ErrorCode, errorCodes } from '../../../protocol/live-debug-error.ts';
import type { BuildMessage } from '../build/build-event.ts';
import { type FunctionError, functionError } from '../worker/invocation.ts';

/** The stage is served, but without this function. */
export function notServed(functionName: string, served: readonly string[]): FunctionError {
  return own('LD_NOT_SERVED', `this livectl does not serve ${functionName}; it serves ${served.join(', ')}`);
}

/** There is no build of it that could answer. */
export function buildFailure(functionName: string, errors: readonly BuildMessage[]): FunctionError {
  const [first] = errors;
  const where = first?.file ? `${first.file}:${first.line ?? 1}: ` : '';
  return own(
    'LD_BUILD',
    `${functionName} has no build yet: ${where}${first?.text ?? 'the build is not done'}`,
  );
}

/** livectl was stopped while the function ran. */
export function stoppedError(): FunctionError {
  return own('LD_STOPPED', 'livectl was stopped while it ran this invocation');
}

function own(code: ErrorCode, message: string): FunctionError {
  return functionError(errorCodes[code].name, message);
}
