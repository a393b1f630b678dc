// Inspector page: reads JSON in steps, so that a body of 6 MB does not freeze the page. Deep nesting needs no stack.
import { type JsonDocument, type JsonKind, jsonKinds, NotJsonError } from './json-document.ts';

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end' | 'nothing';

// Their places in `jsonKinds`.
const object = 0;
const array = 1;
const string = 2;
const number = 3;
const literal = 4;

// The fields of a value.
const startAt = 0;
const endAt = 1;
const keyStartAt = 2;
const keyEndAt = 3;
const parentAt = 4;
const afterAt = 5;
const countAt = 6;
const width = 7;

/** `document` is there once `step` has returned true. @throws {@link NotJsonError} from `step` */
export class JsonParser {
  readonly #text: string;
  readonly #mayBeCut: boolean;
  readonly #values = new Values();
  #at = 0;
  #expected: Expected = 'value';
  /** The object or array that is being read; -1: none. */
  #open = -1;
  #keyStart = -1;
  #keyEnd = -1;
  /** The text ends in the middle of a string or a word. */
  #isTorn = false;
  #document: JsonDocument | undefined;

  /** `mayBeCut`: a text that ends too early is no mistake. */
  constructor(text: string, mayBeCut = false) {
    this.#text = text;
    this.#mayBeCut = mayBeCut;
  }

  get document(): JsonDocument {
    if (!this.#document) throw new Error('The text has not been read to its end.');
    return this.#document;
  }

  /** From 0 to 1. */
  get progress(): number {
    return this.#text.length === 0 ? 1 : this.#at / this.#text.length;
  }

  /** Reads at most so many tokens. True: all of it has been read. */
  step(tokens: number): boolean {
    for (let left = tokens; left > 0; left--) {
      this.#skipSpace();
      if (this.#at >= this.#text.length) return this.#finish();
      this.#token(this.#text[this.#at] ?? '');
    }
    return false;
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      // Space, tab, line feed, carriage return; a byte order mark is accepted as one.
      if (code !== 32 && code !== 9 && code !== 10 && code !== 13 && code !== 0xfeff) return;
      this.#at++;
    }
  }

  #token(character: string): void {
    const expected = this.#expected;
    if (expected === 'colon') {
      if (character !== ':') throw new NotJsonError(this.#at);
      this.#at++;
      this.#expected = 'value';
    } else if (expected === 'comma or end') {
      if (character === ',') {
        this.#at++;
        this.#expected = this.#values.kindAt(this.#open) === object ? 'key' : 'value';
      } else {
        this.#close(character);
      }
    } else if (expected === 'key' || expected === 'key or }') {
      if (character === '"') this.#key();
      else if (expected === 'key or }') this.#close(character);
      else throw new NotJsonError(this.#at);
    } else if (expected === 'value or ]' && character === ']') {
      this.#close(character);
    } else if (expected === 'nothing') {
      throw new NotJsonError(this.#at);
    } else {
      this.#value(character);
    }
  }

  #key(): void {
    this.#keyStart = this.#at;
    this.#at = this.#stringEnd(this.#at);
    this.#keyEnd = this.#at;
    this.#expected = 'colon';
  }

  #value(character: string): void {
    const start = this.#at;
    if (character === '{' || character === '[') {
      const kind = character === '{' ? object : array;
      this.#open = this.#add(kind, start, start + 1);
      this.#at++;
      this.#expected = kind === object ? 'key or }' : 'value or ]';
      return;
    }
    if (character === '"') {
      this.#at = this.#stringEnd(start);
      this.#add(string, start, this.#at);
    } else {
      const end = this.#wordEnd();
      const word = this.#text.slice(start, end);
      const isNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word);
      const isLiteral = word === 'true' || word === 'false' || word === 'null';
      if (!isNumber && !isLiteral) {
        this.#isTorn = this.#mayBeCut && end > start && end === this.#text.length;
        if (!this.#isTorn) throw new NotJsonError(start);
      }
      this.#at = end;
      this.#add(isNumber ? number : literal, start, end);
    }
    this.#expected = this.#open < 0 ? 'nothing' : 'comma or end';
  }

  /** After its closing quote, or the end of the text if that was cut. */
  #stringEnd(start: number): number {
    const end = stringEnd(this.#text, start);
    if (end !== undefined) return end;
    if (!this.#mayBeCut) throw new NotJsonError(this.#text.length);
    this.#isTorn = true;
    return this.#text.length;
  }

  #wordEnd(): number {
    let end = this.#at;
    while (end < this.#text.length && isWordCode(this.#text.charCodeAt(end))) end++;
    return end;
  }

  #add(kind: number, start: number, end: number): number {
    const value = this.#values.add(kind, start, end, this.#keyStart, this.#keyEnd, this.#open);
    this.#keyStart = -1;
    this.#keyEnd = -1;
    return value;
  }

  #close(character: string): void {
    const isObject = this.#values.kindAt(this.#open) === object;
    if (character !== (isObject ? '}' : ']')) throw new NotJsonError(this.#at);
    this.#at++;
    this.#open = this.#values.close(this.#open, this.#at);
    this.#expected = this.#open < 0 ? 'nothing' : 'comma or end';
  }

  #finish(): true {
    const isEnded = this.#expected === 'nothing' && !this.#isTorn;
    if (!isEnded && !(this.#mayBeCut && this.#values.size > 0)) throw new NotJsonError(this.#text.length);
    while (this.#open >= 0) this.#open = this.#values.close(this.#open, this.#text.length);
    this.#document = this.#values.document(this.#text, !isEnded);
    return true;
  }
}

/** Reads all of it at once. @throws {@link NotJsonError} */
export function parseJsonText(text: string, mayBeCut = false): JsonDocument {
  const parser = new JsonParser(text, mayBeCut);
  while (!parser.step(1_000_000));
  return parser.document;
}

/** After its closing quote; undefined if there is none. */
function stringEnd(text: string, start: number): number | undefined {
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return undefined;
    let before = quote - 1;
    while (text.charCodeAt(before) === 92) before--;
    if ((quote - before) % 2 === 1) return quote + 1;
    from = quote + 1;
  }
}

/** Letters, digits, plus, minus, full stop. */
function isWordCode(code: number): boolean {
  return (
    (code >= 48 && code <= 57) ||
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    code === 43 ||
    code === 45 ||
    code === 46
  );
}

/** The values in typed arrays: there may be millions. */
class Values {
  size = 0;
  #kinds = new Uint8Array(256);
  /** Those of each value, one after the other. */
  #numbers = new Int32Array(256 * width);

  add(kind: number, start: number, end: number, keyStart: number, keyEnd: number, parent: number): number {
    if (this.size === this.#kinds.length) this.#grow();
    const value = this.size++;
    this.#kinds[value] = kind;
    const at = value * width;
    this.#numbers[at + startAt] = start;
    this.#numbers[at + endAt] = end;
    this.#numbers[at + keyStartAt] = keyStart;
    this.#numbers[at + keyEndAt] = keyEnd;
    this.#numbers[at + parentAt] = parent;
    this.#numbers[at + afterAt] = value + 1;
    this.#numbers[at + countAt] = 0;
    if (parent >= 0) {
      const count = parent * width + countAt;
      this.#numbers[count] = (this.#numbers[count] ?? 0) + 1;
    }
    return value;
  }

  kindAt(value: number): number | undefined {
    return this.#kinds[value];
  }

  /** Returns the one that it is in. */
  close(value: number, end: number): number {
    this.#numbers[value * width + endAt] = end;
    this.#numbers[value * width + afterAt] = this.size;
    return this.#numbers[value * width + parentAt] ?? -1;
  }

  document(text: string, isCut: boolean): JsonDocument {
    const kinds = this.#kinds;
    const numbers = this.#numbers;
    const field = (value: number, which: number) => numbers[value * width + which] ?? 0;
    const known = (value: number) => (value < 0 ? undefined : value);
    return {
      text,
      size: this.size,
      isCut,
      kind: (value): JsonKind => jsonKinds[kinds[value] ?? literal] ?? 'literal',
      start: (value) => field(value, startAt),
      end: (value) => field(value, endAt),
      key: (value) => {
        const start = field(value, keyStartAt);
        return start < 0 ? undefined : text.slice(start, field(value, keyEndAt));
      },
      parent: (value) => known(field(value, parentAt)),
      after: (value) => field(value, afterAt),
      count: (value) => field(value, countAt),
    };
  }

  #grow(): void {
    const kinds = new Uint8Array(this.#kinds.length * 2);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    const numbers = new Int32Array(this.#numbers.length * 2);
    numbers.set(this.#numbers);
    this.#numbers = numbers;
  }
}
