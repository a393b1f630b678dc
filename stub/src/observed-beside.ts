// [1] A copy of what a wrapped function's deployed code answered, handed to the stub beside it (wrapper/python/observing.py).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { maxMessageBytes } from '../../protocol/message.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import type { ChosenClients, Observed } from './observing.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const headSchema = v.object({
  requestId: v.string(),
  instance: v.string(),
  at: v.number(),
  ms: v.number(),
  ok: v.boolean(),
  contentType: v.optional(v.string()),
  errorType: v.optional(v.string()),
  eventBytes: count,
  resultBytes: count,
  /** The event's bytes in the copy; the answer's follow. */
  eventKept: count,
  to: v.record(v.string(), v.object({ skipped: count, dropped: count })),
});

const form = /^\{"liveDebugObserved":"([A-Za-z0-9+/=]+)","proof":"([0-9a-f]{64})","copy":"/;
const end = '"}';

/** Undefined for every other event, and for one whose sender does not prove that it has the stage's secret. */
export function observedBeside(
  text: string,
  secret: StageSecret,
): { readonly observed: Observed; readonly to: ChosenClients } | undefined {
  const [start = '', encoded = '', proof = ''] = form.exec(text) ?? [];
  if (start === '' || !text.endsWith(end)) return undefined;
  const copy = text.slice(start.length, -end.length);
  const expected = createHmac('sha256', secret.key)
    .update(`live-debug/1 observed\n${encoded}\n${copy}`)
    .digest();
  if (!timingSafeEqual(expected, Buffer.from(proof, 'hex'))) return undefined;
  const json: unknown = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'));
  const { eventKept, to, ...head } = v.parse(headSchema, json);
  const bytes = gunzipSync(Buffer.from(copy, 'base64'), { maxOutputLength: maxMessageBytes });
  const [event, result] = [bytes.subarray(0, eventKept), bytes.subarray(eventKept)];
  return { observed: { ...head, by: 'deployed', event, result }, to };
}
