// [4] Failures that are the session's own, in the form a function's error has, so that they travel the same way.
import { type ErrorCode, errorName } from '../../../protocol/live-debug-error.ts';
import type { BuildMessage } from '../builder/build-event.ts';
import { type FunctionError, functionError } from '../worker/contract.ts';

/** The stage is served, but without this function. */
export function notServed(functionName: string, served: readonly string[]): FunctionError {
  return own('LD_NOT_SERVED', `this livectl does not serve ${functionName}; it serves ${served.join(', ')}`);
}

/** Its only build so far has failed. */
export function buildFailure(functionName: string, errors: readonly BuildMessage[]): FunctionError {
  const [first] = errors;
  const where = first?.file ? `${first.file}:${first.line ?? 1}: ` : '';
  return own('LD_BUILD', `${functionName} has no build yet: ${where}${first?.text ?? 'no reason was given'}`);
}

/** Its first build takes longer than the caller waits. */
export function stillBuilding(functionName: string): FunctionError {
  return own('LD_BUILD', `${functionName} is building for the first time; try again when livectl is ready`);
}

/** livectl holds as many invocations as it will. */
export function busy(held: string): FunctionError {
  return own('LD_BUSY', `livectl is working on ${held} already and takes no more`);
}

/** livectl was stopped while the function ran. */
export function stoppedError(): FunctionError {
  return own('LD_STOPPED', 'livectl was stopped while it ran this invocation');
}

/** The stub asks about an invocation of which there is no answer, and will be none. */
export function lost(): FunctionError {
  return own(
    'LD_LOST',
    'this livectl does not know the invocation: it was restarted, or forgot an answer that nobody fetched',
  );
}

/** The stub can't prove that it is the stage's, as those of this version do. */
export function oldStub(): FunctionError {
  return own(
    'LD_VERSION',
    'this stub is of module 0.1, and its stage has a secret that it does not have: bring the module and livectl to one version, 0.2 or later (terraform apply)',
  );
}

/** What the function answered does not fit in a message. */
export function tooLarge(message: string): FunctionError {
  return own('LD_TOO_LARGE', message);
}

/** The stub gave up: in Lambda's words for what happens to the function then. */
export function gaveUp(reason: string): FunctionError {
  const why = reason === 'LD_DISPLACED' ? 'another livectl runs it' : `the stub gave up (${reason})`;
  return functionError('Sandbox.Timedout', `${why}; the local run was ended`);
}

function own(code: ErrorCode, message: string): FunctionError {
  return functionError(errorName(code), message);
}
