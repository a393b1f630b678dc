// EventBridge: one field of a cron expression as a set of numbers.

/** The accepted values of a field. */
export interface FieldRange {
  readonly name: string;
  readonly lowest: number;
  readonly highest: number;
  /** Names for numbers; the first one stands for `lowest`. */
  readonly words?: readonly string[];
}

/** An invalid field; the message names it. */
export class CronError extends Error {}

/** `*`, numbers, words, ranges, steps, and lists of them. Throws a CronError. */
export function parseField(text: string, range: FieldRange): ReadonlySet<number> {
  const { lowest, highest } = range;
  const values = new Set<number>();
  for (const part of text.split(',')) {
    const [, span = '', step] = /^([^/]+)(?:\/(\d+))?$/.exec(part) ?? [];
    const [from, to] = spanOf(span, range, step !== undefined);
    const every = step === undefined ? 1 : Number(step);
    if (every < 1) throw wrong(text, range);
    // A range may wrap around, e.g. FRI-MON.
    const length = to >= from ? to - from : to - from + (highest - lowest + 1);
    for (let offset = 0; offset <= length; offset += every) {
      values.add(from + offset > highest ? from + offset - (highest - lowest + 1) : from + offset);
    }
  }
  return values;
}

/** One number or word of a field. */
export function parseNumber(text: string, range: FieldRange): number {
  const { lowest, highest, words = [] } = range;
  const word = words.indexOf(text.toUpperCase());
  const value = word >= 0 ? word + lowest : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= lowest && value <= highest)) throw wrong(text, range);
  return value;
}

function spanOf(span: string, range: FieldRange, hasStep: boolean): [from: number, to: number] {
  const { lowest, highest } = range;
  if (span === '*') return [lowest, highest];
  const [first = '', last, ...more] = span.split('-');
  if (more.length > 0) throw wrong(span, range);
  const from = parseNumber(first, range);
  if (last !== undefined) return [from, parseNumber(last, range)];
  // 5/15 is 5, 20, 35, 50.
  return [from, hasStep ? highest : from];
}

function wrong(text: string, { name, lowest, highest }: FieldRange): CronError {
  return new CronError(`${name} ${JSON.stringify(text)} must be ${lowest} to ${highest}`);
}
