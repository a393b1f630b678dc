// Inspector page: which values of a JSON text are shown as lines, by what is expanded. A string that is itself JSON (the body of
// an HTTP event, the message of a queue) can be expanded too.
import { childrenOf, decodeString, type JsonDocument, NotJsonError } from './json-document.ts';
import { parseJsonText } from './json-parser.ts';

/** A value of one of the tree's documents; document 0 is the whole text. */
export interface TreeValue {
  readonly document: number;
  readonly value: number;
}

export interface TreeLine extends TreeValue {
  readonly depth: number;
}

/** So many lines are expanded at first, and by "expand all". */
const firstLines = 150;
const mostExpandedLines = 200_000;

export class JsonTree {
  readonly #documents: JsonDocument[];
  /** Of each document, the values that are expanded. */
  readonly #expanded: Set<number>[] = [new Set()];
  /** For each document but the first, the string that it was in. */
  readonly #hosts: (TreeValue | undefined)[] = [undefined];
  /** By document and value of the string: its document, or undefined if it is not JSON. */
  readonly #nested = new Map<string, number | undefined>();
  #lines: Lines | undefined;

  constructor(document: JsonDocument) {
    this.#documents = [document];
    this.#expandFirst();
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

  isExpanded({ document, value }: TreeValue): boolean {
    return this.#expanded[document]?.has(value) ?? false;
  }

  toggle(at: TreeValue): void {
    if (this.isExpanded(at)) this.#expanded[at.document]?.delete(at.value);
    else this.#expand(at);
    this.#lines = undefined;
  }

  expandAll(): void {
    let lines = 0;
    const document = this.document(0);
    for (let value = 0; value < document.size && lines < mostExpandedLines; value++) {
      lines++;
      if (document.count(value) > 0) this.#expanded[0]?.add(value);
    }
    this.#lines = undefined;
  }

  collapseAll(): void {
    for (const expanded of this.#expanded) expanded.clear();
    this.#expanded[0]?.add(0);
    this.#lines = undefined;
  }

  /** Expands what the value is in. */
  reveal(at: TreeValue): void {
    const { parent } = this.document(at.document);
    for (let value = parent(at.value); value !== undefined; value = parent(value))
      this.#expanded[at.document]?.add(value);
    const host = this.#hosts[at.document];
    if (host) {
      this.#expanded[host.document]?.add(host.value);
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
    this.#expanded[at.document]?.add(at.value);
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
      this.#expanded.push(new Set([0]));
      this.#hosts.push(at);
    } catch (error) {
      if (!(error instanceof NotJsonError)) throw error;
    }
    this.#nested.set(name, index);
    return index;
  }

  /** From the outside to the inside, as far as that makes few lines. */
  #expandFirst(): void {
    const document = this.document(0);
    let lines = 1;
    let level = [0];
    while (level.length > 0) {
      const next: number[] = [];
      for (const value of level) {
        const count = document.count(value);
        if (count === 0 || (value !== 0 && lines + count > firstLines)) continue;
        lines += count;
        this.#expanded[0]?.add(value);
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
    /** What the next value is in, innermost last: where each ends. */
    const ends: number[] = [];
    let value = 0;
    while (value < document.size) {
      while (ends.length > 0 && value >= (ends.at(-1) ?? 0)) ends.pop();
      lines.add(index, value, depth + ends.length);
      if (!expanded?.has(value)) {
        value = document.after(value);
        continue;
      }
      const nested = this.#nested.get(`${index} ${value}`);
      if (nested !== undefined) this.#addLines(lines, nested, depth + ends.length + 1);
      else ends.push(document.after(value));
      value++;
    }
  }
}

/** The lines in typed arrays: there may be millions. */
class Lines {
  length = 0;
  /** Document, value and depth of each. */
  #numbers = new Int32Array(3 * 256);

  add(document: number, value: number, depth: number): void {
    const at = this.length++ * 3;
    if (at === this.#numbers.length) {
      const larger = new Int32Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    this.#numbers[at] = document;
    this.#numbers[at + 1] = value;
    this.#numbers[at + 2] = depth;
  }

  at(index: number): TreeLine {
    const at = index * 3;
    return {
      document: this.#numbers[at] ?? 0,
      value: this.#numbers[at + 1] ?? 0,
      depth: this.#numbers[at + 2] ?? 0,
    };
  }

  indexOf(document: number, value: number): number | undefined {
    for (let at = 0; at < this.length * 3; at += 3)
      if (this.#numbers[at] === document && this.#numbers[at + 1] === value) return at / 3;
    return undefined;
  }
}
