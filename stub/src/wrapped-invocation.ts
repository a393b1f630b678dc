// [1] An invocation of a wrapped function, passed to the stub beside it by the function's wrapper (wrapper/python/relay.py).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { messageOf } from '../../protocol/live-debug-error.ts';
import { maxMessageBytes } from '../../protocol/message.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import type { Answer } from './signals.ts';
import { UnbegunError } from './wrapper/unbegun.ts';

const headSchema = v.object({
  /** The wrapped function's invocation, as received from the Runtime API. */
  requestId: v.string(),
  arn: v.string(),
  /** Milliseconds since the epoch. */
  deadline: v.number(),
  traceId: v.optional(v.string()),
  clientContext: v.optional(v.string()),
  identity: v.optional(v.string()),
  tenantId: v.optional(v.string()),
  /** One warm instance of the wrapped function. */
  instance: v.string(),
  /** All its variables, including its credentials. */
  environment: v.record(v.string(), v.string()),
  /** The wrapper can answer a batch in parts. */
  divides: v.optional(v.boolean(), false),
  /** The event is its text, compressed by gzip, in base64. */
  encoding: v.optional(v.literal('gzip')),
});

/** What a wrapped function's own instance knows, with the event unchanged. */
export type WrappedInvocation = v.InferOutput<typeof headSchema> & { readonly event: Buffer };

const form = /^\{"liveDebugWrapped":"([A-Za-z0-9+/=]+)","proof":"([0-9a-f]{64})","event":/;

/**
 * Parses an event of this form; undefined for every other, and for one whose sender does not prove that it has the stage's secret:
 * anyone may invoke a function with an event that looks like it.
 */
export function wrappedInvocation(text: string, secret: StageSecret): WrappedInvocation | undefined {
  const [start = '', encoded = '', proof = ''] = form.exec(text) ?? [];
  if (start === '' || !text.endsWith('}')) return undefined;
  const sent = text.slice(start.length, -1);
  const expected = createHmac('sha256', secret.key)
    .update(`live-debug/1 wrapped\n${encoded}\n${sent}`)
    .digest();
  if (!timingSafeEqual(expected, Buffer.from(proof, 'hex'))) return undefined;
  const head = v.parse(headSchema, JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')));
  if (head.encoding === undefined) return { ...head, event: Buffer.from(sent) };
  const packed = Buffer.from(sent.slice(1, -1), 'base64');
  return { ...head, event: gunzipSync(packed, { maxOutputLength: maxMessageBytes }) };
}

/** The error name by which the wrapper recognizes what is not a plain result. Its message is JSON. */
class LiveDebugWrapped extends Error {
  override readonly name = 'LiveDebugWrapped';

  constructor(told: Readonly<Record<string, string | readonly string[]>>) {
    super(JSON.stringify(told));
    this.stack = this.name;
  }
}

/** Tells the wrapper which records of a batch belong together: it gets the parts answered. */
export function dividedBatch(plan: object): Error {
  return new LiveDebugWrapped({ is: 'batch', plan: JSON.stringify(plan) });
}

/** An answer as the stub returns it, JSON unchanged. Throws everything else that the wrapper must know. */
export function wrappedAnswer({ type, head, body }: Answer): Uint8Array {
  if (type === 'error') throw new LiveDebugWrapped({ is: 'error', body: Buffer.from(body).toString('utf8') });
  if (isJson(body)) return body;
  const { contentType } = head;
  throw new LiveDebugWrapped({ is: 'result', contentType, body: Buffer.from(body).toString('base64') });
}

/** What the wrapper gets for an error of the stub itself. */
export function wrappedFailure(error: unknown, of: readonly string[]): Error {
  if (error instanceof LiveDebugWrapped) return error;
  // No client has begun the invocation, and none will: the deployed code may answer it.
  if (error instanceof UnbegunError)
    return new LiveDebugWrapped({ is: 'undelivered', reason: messageOf(error.cause), of });
  const errorType = error instanceof Error ? error.name : 'Error';
  const body = JSON.stringify({ errorType, errorMessage: messageOf(error), stackTrace: [] });
  return new LiveDebugWrapped({ is: 'error', body });
}

function isJson(body: Uint8Array): boolean {
  try {
    JSON.parse(Buffer.from(body).toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
