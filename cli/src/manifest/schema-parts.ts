// Shared parts of the schemas of livectl.json: readable refusals, objects that know their fields, bounded numbers.
import * as v from 'valibot';
import { didYouMean } from './did-you-mean.ts';

/** What valibot passes to a message function about a refused value. */
export type Refusal = v.BaseIssue<unknown>;

/** The message `must be <what>, not <what it was>`. */
export const mustBe = (what: string) => (refusal: Refusal) => `must be ${what}, not ${kindOf(refusal.input)}`;

/** A value's description in a message, e.g. `an array`. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return `the string ${JSON.stringify(value)}`;
  return String(value);
}

/**
 * An object with these fields and no others; `notAnObject` is the message for any other value, `foreign` has messages for fields
 * that belong elsewhere, by name.
 */
export function fields<const Entries extends v.ObjectEntries>(
  entries: Entries,
  notAnObject = mustBe('an object'),
  foreign: ReadonlyMap<string, string> = new Map(),
) {
  return v.strictObject(entries, (refusal) => {
    if (refusal.expected === 'never') {
      const key = String(refusal.path?.at(-1)?.key);
      return `is not known here${foreign.get(key) ?? didYouMean(key, Object.keys(entries))}`;
    }
    return refusal.expected === 'Object' ? notAnObject(refusal) : 'is required';
  });
}

/** A whole number of `unit` from `lowest` to `highest`. */
export function wholeNumber(lowest: number, highest: number, unit: string) {
  return v.pipe(
    v.number(mustBe('a number')),
    v.integer(({ input }) => `${input} is not a whole number of ${unit}`),
    v.minValue(lowest, ({ input }) => `${input} is less than ${lowest} ${unit}`),
    v.maxValue(highest, ({ input }) => `${input} is more than ${highest} ${unit}`),
  );
}

export const text = v.string(mustBe('a string'));

export const flag = v.boolean(mustBe('true or false'));

export const texts = v.array(text, mustBe('an array of strings'));
