// [4] Failures of the session itself, in the form of a function's error, so that they are sent in the same way.
import { type ErrorCode, errorName } from '../../../protocol/live-debug-error.ts';
import type { BuildMessage } from '../builder/build-event.ts';
import { type FunctionError, functionError, type WorkerResult } from '../worker/contract.ts';

/** The stage is served, but without this function. */
export function notServed(functionName: string, served: readonly string[]): FunctionError {
  return own('LD_NOT_SERVED', `this livectl does not serve ${functionName}, only ${served.join(', ')}`);
}

/** The only build so far has failed. */
export function buildFailure(functionName: string, errors: readonly BuildMessage[]): FunctionError {
  const [first] = errors;
  const where = first?.file ? `${first.file}:${first.line ?? 1}: ` : '';
  return own('LD_BUILD', `${functionName} has no build yet: ${where}${first?.text ?? 'no reason was given'}`);
}

/** The first build takes longer than the caller waits. */
export function stillBuilding(functionName: string): FunctionError {
  return own('LD_BUILD', `${functionName} is building for the first time; try again when livectl is ready`);
}

/** livectl holds as many invocations as it accepts. */
export function busy(held: string): FunctionError {
  return own('LD_BUSY', `livectl is already working on ${held} and accepts no more`);
}

/** livectl was stopped while the function ran. */
export function stoppedError(): FunctionError {
  return own('LD_STOPPED', 'livectl was stopped while it ran this invocation');
}

/** The stub asks about an invocation that has no answer and will not get one. */
export function lost(): FunctionError {
  return own(
    'LD_LOST',
    'this livectl does not know the invocation: it was restarted, or forgot an answer that nobody fetched',
  );
}

/** The stub cannot prove that it belongs to the stage, as stubs of this version do. */
export function oldStub(): FunctionError {
  return own(
    'LD_VERSION',
    'this stub is of module 0.1, and its stage has a secret that it does not have: bring the module and livectl to one version, 0.2 or later (terraform apply)',
  );
}

/** The function's answer does not fit into a message. */
export function tooLarge(message: string): FunctionError {
  return own('LD_TOO_LARGE', message);
}

/** The stub gave up; the error is the one Lambda uses for that. */
export function gaveUp(reason: string): FunctionError {
  const why = reason === 'LD_DISPLACED' ? 'another livectl runs it' : `the stub gave up (${reason})`;
  return functionError('Sandbox.Timedout', `${why}; the local run was ended`);
}

function own(code: ErrorCode, message: string): FunctionError {
  return functionError(errorName(code), message);
}

/** The result of an invocation whose code did not run. */
export function failure(error: FunctionError): WorkerResult {
  return { outcome: { ok: false, error }, codeMs: 0, initMs: 0, waitMs: 0, logsDrained: Promise.resolve() };
}
