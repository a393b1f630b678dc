// Values of Terraform code that nothing was applied of: what is known, what only an apply knows, and what refers to a resource.

/** A value that the files do not tell. */
export class Unknown {
  /** A phrase: "var.name has no default". */
  readonly reason: string;
  /** Terraform itself has no value here: what `try` passes over. */
  readonly isMissing: boolean;

  constructor(reason: string, isMissing = false) {
    this.reason = reason;
    this.isMissing = isMissing;
  }
}

/**
 * A value; objects have no prototype. A set is a list. Lists and objects may have unknown values in them, and strings may be or
 * contain a reference.
 */
export type Value = string | number | boolean | null | Unknown | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [name: string]: Value;
}

/** No text of a file has it: it marks what stands for an attribute that AWS will give. */
const mark = '\u0000';

/**
 * Stands for an attribute of a resource. Two references to the same attribute are equal, so that it shows which resources belong
 * together. `service` is where an ARN has it.
 */
export function reference(address: string, attribute: string, service: string): string {
  return `arn:aws:${service}:${mark}${address}.${attribute}${mark}`;
}

/** Whether a text is or contains a reference. */
export function hasReference(value: unknown): boolean {
  return typeof value === 'string' && value.includes(mark);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObjectValue(value: Value | undefined): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unknown);
}

export function objectOf(entries: Iterable<readonly [string, Value]>): ValueObject {
  const made: Record<string, Value> = Object.create(null);
  for (const [name, value] of entries) made[name] = value;
  return made;
}

export function ownOf(value: ValueObject, name: string): Value | undefined {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The first thing in a value that is unknown, a reference included; undefined if it is known to its last part. */
export function unknownIn(value: Value): Unknown | undefined {
  if (value instanceof Unknown) return value;
  if (hasReference(value)) return new Unknown('only an apply knows it');
  if (isList(value) || isObjectValue(value))
    for (const each of Object.values(value)) {
      const found = unknownIn(each as Value);
      if (found !== undefined) return found;
    }
  return undefined;
}

/** As Terraform converts it within a text; undefined if it cannot. */
export function asText(value: Value): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

const weights = new WeakMap<object, number>();

/**
 * Characters that a value has when it is written out: a few lines of code, each with the previous one twice, stand for more than
 * any memory. Each list and object is weighed once.
 */
export function weightOf(value: Value): number {
  if (typeof value === 'string') return value.length + 1;
  if (typeof value !== 'object' || value === null || value instanceof Unknown) return 1;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 1;
  if (isList(value)) for (const each of value) weight += weightOf(each);
  else for (const [name, each] of Object.entries(value)) weight += name.length + weightOf(each);
  weights.set(value, weight);
  return weight;
}
