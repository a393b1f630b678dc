// [5] Calls the handler once and waits for its result: a promise, a callback, or an empty event loop.
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

/** An error for which AWS's client up to nodejs22 exits with 129 once it has reported it. */
export class FatalError {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

/** Called when the event loop is empty while an invocation is in flight. */
let onIdle: (() => void) | undefined;
process.on('beforeExit', () => {
  const callback = onIdle;
  onIdle = undefined;
  callback?.();
});

/** Runs the handler; resolves with its result, rejects with what it threw. */
export async function invoke(
  handler: Handler,
  model: HandlerModel,
  event: unknown,
  context: BaseContext,
): Promise<unknown> {
  try {
    if (model === 'callbacks') return await withCallbacks(handler, event, context);
    // If the event loop becomes empty before this settles, the process ends, as on Lambda.
    return await handler(event, context);
  } finally {
    onIdle = undefined;
    // Lambda's newer client lets one turn pass before it answers, so that an unhandled rejection ends the process first.
    if (model === 'promises-only') await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The rules up to nodejs22: the first of callback, context method and promise counts; a plain return value does not. */
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
      // Literally as on Lambda: a thenable whose `then` returns no promise fails here.
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

/** A result as JSON text; `undefined` becomes `null`. @throws the runtime's error if it cannot be encoded as JSON */
export function resultJson(result: unknown, model: HandlerModel): string {
  try {
    return JSON.stringify(result === undefined ? null : result) ?? 'null';
  } catch {
    const message = 'Unable to stringify response body';
    throw model === 'callbacks' ? new Error(message) : new RuntimeError('JSONStringifyError', message);
  }
}
