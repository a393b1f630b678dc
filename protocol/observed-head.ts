// The head of an `observed` message, as a client checks it; apart from message.ts, since no stub receives one.
import * as v from 'valibot';

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const shortText = v.pipe(v.string(), v.maxLength(256));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** A day: Lambda's longest invocation takes 15 minutes. */
const longestMs = 86_400_000;

export const observedHeadSchema = v.object({
  /** Lambda's request id, the function's name in the manifest, and the instance that had the invocation. */
  requestId: name,
  function: name,
  instance: name,
  /** The key of the client's item that the copy is for. */
  item: shortText,
  /** What answered: the deployed code of a wrapped function, or the function that `fallback_arn` names. */
  by: v.picklist(['deployed', 'fallback']),
  /** When the invocation arrived, milliseconds since the epoch by the sender's clock, and how long its answer took. */
  at: v.pipe(v.number(), v.minValue(0), v.maxValue(8.64e15)),
  ms: v.pipe(v.number(), v.minValue(0), v.maxValue(longestMs)),
  /** The answer is a result, not an error. */
  ok: v.boolean(),
  contentType: v.optional(shortText),
  /** Of an error, as the runtime reported it beside the answer. */
  errorType: v.optional(shortText),
  /** The lengths of event and answer, and how many bytes of the event are in the body; the rest of the body is the answer's. */
  eventBytes: count,
  resultBytes: count,
  eventKept: count,
  /** Since the last copy from this instance: how many invocations the sample left out, and how many copies were lost. */
  skipped: v.optional(count),
  dropped: v.optional(count),
});
export type ObservedHead = v.InferOutput<typeof observedHeadSchema>;
