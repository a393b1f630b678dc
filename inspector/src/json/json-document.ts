// Inspector page: a JSON text with the places of its values. Values are never converted: what is shown is the text itself, so
// that large numbers keep their digits and equal keys stay.

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

export const jsonKinds: readonly JsonKind[] = ['object', 'array', 'string', 'number', 'literal'];

/** Values are numbered in the order of the text, each before those in it. Number 0 is the whole. */
export interface JsonDocument {
  readonly text: string;
  /** Number of values. */
  readonly size: number;
  /** The text ends within a value; what had been read is there. */
  readonly isCut: boolean;
  kind(value: number): JsonKind;
  /** Offsets of its text; `end` is exclusive. */
  start(value: number): number;
  end(value: number): number;
  /** Its key with quotes, or undefined in an array and for the whole. */
  key(value: number): string | undefined;
  parent(value: number): number | undefined;
  /** The number of the next value that is not in this one. */
  after(value: number): number;
  /** How many values it has, not counting those in them. */
  count(value: number): number;
}

/** The text is not JSON. */
export class NotJsonError extends Error {
  override readonly name = 'NotJsonError';
  readonly offset: number;

  constructor(offset: number) {
    super(`The text is not JSON: unexpected character at offset ${offset}.`);
    this.offset = offset;
  }
}

/** The text from its quotes, without them and with its escapes resolved; as it is written if they are invalid. */
export function decodeString(quoted: string): string {
  try {
    const value: unknown = JSON.parse(quoted);
    if (typeof value === 'string') return value;
  } catch {
    // A string that was cut, or has control characters.
  }
  return quoted.slice(1, quoted.length > 1 && quoted.endsWith('"') ? -1 : undefined);
}

/** The values of one object or array, at most so many. */
export function childrenOf(document: JsonDocument, value: number, most = Number.POSITIVE_INFINITY): number[] {
  const children: number[] = [];
  const end = document.after(value);
  for (let child = value + 1; child < end && children.length < most; child = document.after(child))
    children.push(child);
  return children;
}

/** The index in its array, or undefined. Takes as long as the array has values before it. */
export function indexInParent(document: JsonDocument, value: number): number | undefined {
  const parent = document.parent(value);
  if (parent === undefined || document.kind(parent) !== 'array') return undefined;
  let index = 0;
  for (let child = parent + 1; child < value; child = document.after(child)) index++;
  return index;
}

/** As JavaScript writes it: `Records[0].body`. Empty for the whole. */
export function pathOf(document: JsonDocument, value: number): string {
  const steps: string[] = [];
  for (let at: number | undefined = value; at !== undefined && at !== 0; at = document.parent(at)) {
    const key = document.key(at);
    if (key === undefined) steps.push(`[${indexInParent(document, at)}]`);
    else steps.push(/^"[A-Za-z_$][\w$]*"$/.test(key) ? `.${key.slice(1, -1)}` : `[${key}]`);
  }
  const path = steps.reverse().join('');
  return path.startsWith('.') ? path.slice(1) : path;
}

/**
 * The value of a JSON pointer (RFC 6901), or the one that it leads to as far as it can be followed: what is left over leads on
 * into a string that is JSON itself.
 */
export function follow(document: JsonDocument, pointer: string): { value: number; rest: string } {
  const steps = pointer.split('/').slice(1);
  let value = 0;
  for (const [index, step] of steps.entries()) {
    const next = childAt(document, value, step.replaceAll('~1', '/').replaceAll('~0', '~'));
    if (next === undefined) return { value, rest: `/${steps.slice(index).join('/')}` };
    value = next;
  }
  return { value, rest: '' };
}

function childAt(document: JsonDocument, value: number, name: string): number | undefined {
  const end = document.after(value);
  let index = 0;
  for (let child = value + 1; child < end; child = document.after(child)) {
    const key = document.key(child);
    if ((key === undefined ? String(index) : decodeString(key)) === name) return child;
    index++;
  }
  return undefined;
}
