// Schemas for parts of events that ignore values of an unexpected type, so that one odd field does not hide the others.
import * as v from 'valibot';

/** A string; anything else counts as missing. */
export const text = v.fallback(v.optional(v.string()), undefined);

/** A number; anything else counts as missing. */
export const quantity = v.fallback(v.optional(v.number()), undefined);

/** An object with these fields; anything else counts as missing. */
export function part<T extends v.ObjectEntries>(entries: T) {
  return v.fallback(v.optional(v.object(entries)), undefined);
}
