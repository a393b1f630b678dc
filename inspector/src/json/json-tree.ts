// Inspector page: which values of a JSON text are shown as lines, by what is expanded. A string that is itself JSON (the body of
// an HTTP event, the message of a queue) can be expanded too.
import { childrenOf, decodeString, follow, type JsonDocument, NotJsonError } from './json-document.ts';
import { parseJsonText } from './json-parser.ts';

/** A value of one of the tree's documents; document 0 is the whole text. */
export interface TreeValue {
  readonly document: number;
  readonly value: number;
}

export interface TreeLine extends TreeValue {
  readonly depth: number;
  /** Its place in what it is in, from 0. */
  readonly place: number;
}

/** So many lines are expanded at first, and by "expand all". */
const firstLines = 150;
const mostExpandedLines = 200_000;

export class JsonTree {
  readonly #documents: JsonDocument[];
  /** Of each document, 1 for each value that is expanded. */
  readonly #expanded: Uint8Array[];
  /** For each document but the first, the string that it was in. */
  readonly #hosts: (TreeValue | undefined)[] = [undefined];
  /** By document and value of the string: its document, or undefined if it is not JSON. */
  readonly #nested = new Map<string, number | undefined>();
  /** By document and value: the pointers that lead on from it, into a string that is JSON; empty ones if it is masked itself. */
  readonly #masked = new Map<string, string[]>();
  #lines: Lines | undefined;

  /** `masked`: JSON pointers. */
  constructor(document: JsonDocument, masked: readonly string[] = []) {
    this.#documents = [document];
    this.#mark(0, masked);
    this.#expanded = [new Uint8Array(document.size)];
    this.#expandFirst(0);
  }

  document(index: number): JsonDocument {
    const document = this.#documents[index];
    if (!document) throw new Error(`There is no document ${index}.`);
    return document;
  }

  get length(): number {
    return this.#all().length;
  }

  line(index: number): TreeLine {
    return this.#all().at(index);
  }

  /** Its line, or undefined while what it is in is collapsed. */
  indexOf({ document, value }: TreeValue): number | undefined {
    return this.#all().indexOf(document, value);
  }

  canExpand({ document, value }: TreeValue): boolean {
    const { kind, count } = this.document(document);
    switch (kind(value)) {
      case 'object':
      case 'array':
        return count(value) > 0;
      case 'string':
        return this.isJsonString({ document, value });
      default:
        return false;
    }
  }

  /** Looks like it, or is known to be. */
  isJsonString({ document, value }: TreeValue): boolean {
    const known = this.#nested.get(`${document} ${value}`);
    if (known !== undefined) return true;
    if (this.#nested.has(`${document} ${value}`)) return false;
    const { text, kind, start, end } = this.document(document);
    if (kind(value) !== 'string' || end(value) - start(value) < 4) return false;
    const first = text[start(value) + 1];
    const last = text[end(value) - 2];
    return (first === '{' && last === '}') || (first === '[' && last === ']');
  }

  /** It, or something in the string that it is. */
  isMasked({ document, value }: TreeValue): boolean {
    return this.#masked.has(`${document} ${value}`);
  }

  isExpanded({ document, value }: TreeValue): boolean {
    return this.#expanded[document]?.[value] === 1;
  }

  toggle(at: TreeValue): void {
    if (this.isExpanded(at)) this.#set(at.document, at.value, 0);
    else this.#expand(at);
    this.#lines = undefined;
  }

  expandAll(): void {
    let lines = 0;
    const document = this.document(0);
    for (let value = 0; value < document.size && lines < mostExpandedLines; value++) {
      lines++;
      if (document.count(value) > 0) this.#set(0, value, 1);
    }
    this.#lines = undefined;
  }

  collapseAll(): void {
    for (const expanded of this.#expanded) expanded.fill(0);
    this.#set(0, 0, 1);
    this.#lines = undefined;
  }

  /** Expands what the value is in. */
  reveal(at: TreeValue): void {
    const { parent } = this.document(at.document);
    for (let value = parent(at.value); value !== undefined; value = parent(value))
      this.#set(at.document, value, 1);
    const host = this.#hosts[at.document];
    if (host) {
      this.#set(host.document, host.value, 1);
      this.reveal(host);
    }
    this.#lines = undefined;
  }

  /** The value of the whole text that an offset is in: the innermost one, also where the offset is in its key. */
  valueAtOffset(offset: number): TreeValue {
    const { size, start, key } = this.document(0);
    const begins = (value: number) => start(value) - (key(value)?.length ?? 0) - 1;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (begins(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return { document: 0, value: low };
  }

  parentOf({ document, value }: TreeValue): TreeValue | undefined {
    const parent = this.document(document).parent(value);
    return parent === undefined ? this.#hosts[document] : { document, value: parent };
  }

  #expand(at: TreeValue): void {
    if (this.document(at.document).kind(at.value) === 'string' && this.#open(at) === undefined) return;
    this.#set(at.document, at.value, 1);
  }

  #set(document: number, value: number, to: 0 | 1): void {
    const expanded = this.#expanded[document];
    if (expanded) expanded[value] = to;
  }

  /** The document in a string. */
  #open(at: TreeValue): number | undefined {
    const name = `${at.document} ${at.value}`;
    if (this.#nested.has(name)) return this.#nested.get(name);
    const { text, start, end } = this.document(at.document);
    let index: number | undefined;
    try {
      const document = parseJsonText(decodeString(text.slice(start(at.value), end(at.value))));
      index = this.#documents.push(document) - 1;
      this.#expanded.push(new Uint8Array(document.size));
      this.#expandFirst(index);
      this.#hosts.push(at);
      this.#mark(index, this.#masked.get(name) ?? []);
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error;
    }
    this.#nested.set(name, index);
    return index;
  }

  /** What a pointer cannot be followed to the end of is masked only if it ends in a string. */
  #mark(index: number, pointers: readonly string[]): void {
    const document = this.document(index);
    for (const pointer of pointers) {
      const { value, rest } = follow(document, pointer);
      if (rest !== '' && document.kind(value) !== 'string') continue;
      const name = `${index} ${value}`;
      this.#masked.set(name, [...(this.#masked.get(name) ?? []), ...(rest === '' ? [] : [rest])]);
    }
  }

  /** From the outside to the inside, as far as that makes few lines. */
  #expandFirst(index: number): void {
    const document = this.document(index);
    let lines = 1;
    let level = [0];
    while (level.length > 0) {
      const next: number[] = [];
      for (const value of level) {
        const count = document.count(value);
        if (count === 0 || (value !== 0 && lines + count > firstLines)) continue;
        lines += count;
        this.#set(index, value, 1);
        next.push(...childrenOf(document, value, firstLines));
      }
      level = next;
    }
  }

  #all(): Lines {
    if (!this.#lines) {
      this.#lines = new Lines();
      this.#addLines(this.#lines, 0, 0);
    }
    return this.#lines;
  }

  #addLines(lines: Lines, index: number, depth: number): void {
    const document = this.document(index);
    const expanded = this.#expanded[index];
    /** What the next value is in, innermost last: where each ends, and how many of its values came before. */
    const ends: number[] = [];
    const places: number[] = [0];
    let value = 0;
    while (value < document.size) {
      while (ends.length > 0 && value >= (ends.at(-1) ?? 0)) {
        ends.pop();
        places.pop();
      }
      const place = places.pop() ?? 0;
      places.push(place + 1);
      lines.add(index, value, depth + ends.length, place);
      if (expanded?.[value] !== 1) {
        value = document.after(value);
        continue;
      }
      if (document.kind(value) === 'string') {
        const nested = this.#nested.get(`${index} ${value}`);
        if (nested !== undefined) this.#addLines(lines, nested, depth + ends.length + 1);
      } else {
        ends.push(document.after(value));
        places.push(0);
      }
      value++;
    }
  }
}

/** The lines in typed arrays: there may be millions. */
class Lines {
  length = 0;
  /** Document, value, depth and place of each. */
  #numbers = new Int32Array(4 * 256);

  add(document: number, value: number, depth: number, place: number): void {
    const at = this.length++ * 4;
    if (at === this.#numbers.length) {
      const larger = new Int32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[at] = document;
    this.#numbers[at + 1] = value;
    this.#numbers[at + 2] = depth;
    this.#numbers[at + 3] = place;
  }

  at(index: number): TreeLine {
    const at = index * 4;
    return {
      document: this.#numbers[at] ?? 0,
      value: this.#numbers[at + 1] ?? 0,
      depth: this.#numbers[at + 2] ?? 0,
      place: this.#numbers[at + 3] ?? 0,
    };
  }

  indexOf(document: number, value: number): number | undefined {
    for (let at = 0; at < this.length * 4; at += 4)
      if (this.#numbers[at] === document && this.#numbers[at + 1] === value) return at / 4;
    return undefined;
  }
}
