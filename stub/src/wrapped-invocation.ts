// [1] An invocation of a wrapped function, handed to the stub beside it by the function's wrapper (wrapper/python/relay.py).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { messageOf } from '../../protocol/live-debug-error.ts';
import { maxMessageBytes } from '../../protocol/message.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import type { Answer } from './signals.ts';
import { UnbegunError } from './wrapper/unbegun.ts';

const headSchema = v.object({
  /** Of the wrapped function's invocation, as the Runtime API gave them. */
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
  /** All its variables, its credentials included. */
  environment: v.record(v.string(), v.string()),
  /** The event is the gzip of its text, in base64. */
  encoding: v.optional(v.literal('gzip')),
});

/** What a wrapped function's own instance knows, and its event as it came. */
export type WrappedInvocation = v.InferOutput<typeof headSchema> & { readonly event: Buffer };

const form = /^\{"liveDebugWrapped":"([A-Za-z0-9+/=]+)","proof":"([0-9a-f]{64})","event":/;

/**
 * Parses an event of this form; undefined for every other, and for one that does not prove that its sender has the stage's
 * secret: anyone may invoke a function with an event that looks like it.
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

/** The name under which the wrapper finds what is not a plain result. Its message is JSON. */
class LiveDebugWrapped extends Error {
  override readonly name = 'LiveDebugWrapped';

  constructor(told: Readonly<Record<string, string | readonly string[]>>) {
    super(JSON.stringify(told));
    this.stack = this.name;
  }
}

/** An answer as the stub returns it: JSON as it is. Throws what else the wrapper has to know. */
export function wrappedAnswer({ type, head, body }: Answer): Uint8Array {
  if (type === 'error') throw new LiveDebugWrapped({ is: 'error', body: Buffer.from(body).toString('utf8') });
  if (isJson(body)) return body;
  const { contentType } = head;
  throw new LiveDebugWrapped({ is: 'result', contentType, body: Buffer.from(body).toString('base64') });
}

/** What the wrapper is given for an error of the stub's own; `of`: the connections of those who wanted the invocation. */
export function wrappedFailure(error: unknown, of: readonly string[]): Error {
  if (error instanceof LiveDebugWrapped) return error;
  // Nobody has begun the invocation, and nobody will: the deployed code may answer it.
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
