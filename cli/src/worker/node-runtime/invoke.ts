// [5] Calls the handler once and waits for its result: by promise, by callback, or by an event loop that runs empty.
import type { BaseContext } from './context.ts';
import { assertLoggable, RuntimeError } from './error-report.ts';
import type { HandlerModel } from './handler-model.ts';
import type { Handler } from './load-handler.ts';
import { isStreaming } from './streaming-handler.ts';

/**
 * Streaming handlers have three parameters anyway.
 * @throws `Runtime.CallbackHandlerDeprecated`, the init error nodejs24 has for handlers with a callback
 */
export function checkHandler(handler: Handler, model: HandlerModel): void {
  if (isStreaming(handler) || model === 'callbacks' || handler.length < 3) return;
  throw new RuntimeError(
    'CallbackHandlerDeprecated',
    'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. You need to modify this function to use a supported handler signature to use Node.js 24 or later. For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html.',
  );
}

/** What AWS's client up to nodejs22 ends the process for, with 129, once it has answered it. */
export class FatalError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Called when the event loop has run empty while an invocation is in flight. */
let onIdle: (() => void) | undefined;
process.on('beforeExit', () => {
  const callback = onIdle;
  onIdle = undefined;
  callback?.();
});

/** Runs the handler; resolves with what it answered, rejects with what it threw. */
export async function invoke(
  handler: Handler,
  model: HandlerModel,
  event: unknown,
  context: BaseContext,
): Promise<unknown> {
  try {
    if (model === 'callbacks') return await withCallbacks(handler, event, context);
    // An event loop that runs empty before this settles ends the process, as on Lambda.
    return await handler(event, context);
  } finally {
    onIdle = undefined;
    // Lambda's newer client lets one turn pass before it answers: a rejection that nobody handles ends the process first.
    if (model === 'promises-only') await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The rules up to nodejs22: the first of callback, context method and promise counts; a plain return value doesn't. */
function withCallbacks(handler: Handler, event: unknown, base: BaseContext): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answered = false;
    const once = (action: () => void) => {
      if (answered) return;
      answered = true;
      action();
    };
    const fail = (error: unknown) => {
      if (answered) return;
      assertLoggable(error ?? 'handled', 'callbacks');
      once(() => reject(error ?? 'handled'));
    };
    const succeed = (result?: unknown) => once(() => resolve(result));
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      ...base,
      succeed,
      fail,
      done: (error?: unknown, result?: unknown) => (isNothing(error) ? succeed(result) : fail(error)),
    };
    const callback = (error?: unknown, result?: unknown) => {
      if (!isNothing(error)) return fail(error);
      once(() => {
        if (!context.callbackWaitsForEmptyEventLoop) return resolve(result);
        onIdle = () => resolve(result);
      });
    };
    onIdle = () => once(() => (isAsyncFunction(handler) ? reject(unsettled()) : resolve(null)));
    try {
      const returned = handler(event, context, callback) as Promise<unknown>;
      // To the letter: a thenable whose `then` returns no promise fails here, as on Lambda.
      if (isThenable(returned)) returned.then(succeed, fail).catch(fail);
    } catch (error) {
      try {
        callback(error);
      } catch (failure) {
        reject(new FatalError(failure));
      }
    }
  });
}

function unsettled(): RuntimeError {
  return new RuntimeError(
    'NodeJsExit',
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
  );
}

function isNothing(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function isAsyncFunction(handler: Handler): boolean {
  return handler.constructor?.name === 'AsyncFunction';
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

/** The JSON text of a result: `undefined` becomes `null`. @throws for what JSON can't hold, in the runtime's words */
export function resultJson(result: unknown, model: HandlerModel): string {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    const message = 'Unable to stringify response body';
    throw model === 'callbacks' ? new Error(message) : new RuntimeError('JSONStringifyError', message);
  }
}
