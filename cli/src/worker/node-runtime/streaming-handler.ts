// [5] Handlers wrapped in `awslambda.streamifyResponse`: how they are recognized, and how they are called.
import type { BaseContext } from './context.ts';
import { RuntimeError } from './error-report.ts';
import type { HandlerModel } from './handler-model.ts';
import type { InvokeStore } from './invoke-store.ts';
import type { Handler } from './load-handler.ts';
import { HttpResponseStream, type ResponseStream } from './response-stream.ts';

/** Public through `Symbol.for`: wrappers such as tracers copy these marks to what they wrap. */
const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');
const highWaterMark = Symbol.for('aws.lambda.runtime.handler.streaming.highWaterMark');

type Marked = Handler & { [streaming]?: unknown; [highWaterMark]?: unknown };

/** Provides Lambda's global `awslambda`, unless the function disabled it. */
export function provideGlobals(env: NodeJS.ProcessEnv, store: InvokeStore | undefined): void {
  if (/^(1|true)$/.test(env.AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA ?? '')) return;
  const awslambda = { streamifyResponse, HttpResponseStream, ...(store && { InvokeStore: store }) };
  Object.assign(globalThis, { awslambda });
}

function streamifyResponse(handler: Marked, options?: { readonly highWaterMark?: unknown }): Handler {
  handler[streaming] = 'response';
  const mark = options?.highWaterMark;
  if (typeof mark === 'number') handler[highWaterMark] = Math.trunc(mark);
  return handler;
}

/** @throws the init error `Runtime.MalformedStreamingHandler` for a mark that is not Lambda's */
export function isStreaming(handler: Handler): boolean {
  const mark = (handler as Marked)[streaming];
  if (!mark) return false;
  if (mark === 'response') return true;
  throw new RuntimeError('MalformedStreamingHandler', 'Only response streaming is supported.');
}

/** Bytes that the handler's stream accepts before `write` returns false; undefined for Node's default. */
export function highWaterMarkOf(handler: Handler): number | undefined {
  const mark = Number((handler as Marked)[highWaterMark]);
  return mark > 0 ? mark : undefined;
}

/** Calls the handler; resolves when it is done and its whole response was accepted. */
export async function invokeStreaming(
  handler: Handler,
  event: unknown,
  stream: ResponseStream,
  context: BaseContext,
  model: HandlerModel,
): Promise<void> {
  const call = handler as unknown as (event: unknown, stream: ResponseStream, context: object) => unknown;
  const older = { callbackWaitsForEmptyEventLoop: true, ...context };
  const returned = call(event, stream, model === 'callbacks' ? older : context);
  if (typeof (returned as PromiseLike<unknown> | undefined)?.then !== 'function') {
    const words = 'Streaming does not support non-async handlers.';
    throw model === 'callbacks' ? words : new Error(words);
  }
  // biome-ignore lint/suspicious/noConsole: written to the function's log, as Lambda's runtime does.
  if ((await returned) !== undefined) console.warn('Streaming handlers ignore return values.');
  await stream.finished();
}
