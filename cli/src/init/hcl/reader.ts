// A text of Terraform's language, read from the front: white space, comments, words and signs.
import { deepestNesting, SyntaxFault } from './syntax.ts';

const wordStart = /[\p{ID_Start}_]/u;
const wordPart = /[\p{ID_Continue}-]/u;

export class Reader {
  readonly text: string;
  at: number;
  #depth: number;
  /** A line's end is white space: within parentheses and brackets. */
  linesJoin = false;
  readonly #firstLine: number;
  /** Up to where lines are counted, and how many there were. */
  #counted = 0;
  #lines = 0;

  /** A part of another text has the number of its first line, and that one's depth. */
  constructor(text: string, firstLine = 1, depth = 0) {
    this.text = text;
    this.at = 0;
    this.#firstLine = firstLine;
    this.#depth = depth;
  }

  get depth(): number {
    return this.#depth;
  }

  get line(): number {
    for (; this.#counted < this.at; this.#counted++)
      if (this.text.charCodeAt(this.#counted) === 10) this.#lines += 1;
    return this.#firstLine + this.#lines;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  fail(message: string): never {
    throw new SyntaxFault(this.line, message);
  }

  /** Skips white space and comments; ends of lines too where `linesJoin`, or if they are asked for. */
  skip(lines = this.linesJoin): void {
    for (;;) {
      const character = this.text[this.at];
      if (character === ' ' || character === '\t' || character === '\r') this.at += 1;
      else if (character === '\n' && lines) this.at += 1;
      else if (character === '#' || this.text.startsWith('//', this.at)) this.at = this.#endOfLine();
      else if (this.text.startsWith('/*', this.at)) {
        const end = this.text.indexOf('*/', this.at + 2);
        if (end < 0) this.fail('a comment has no end');
        this.at = end + 2;
      } else return;
    }
  }

  #endOfLine(): number {
    const end = this.text.indexOf('\n', this.at);
    return end < 0 ? this.text.length : end;
  }

  /** After white space: whether `sign` comes next. */
  sees(sign: string): boolean {
    this.skip();
    return this.text.startsWith(sign, this.at);
  }

  /** As `sees`, and passes over it. */
  takes(sign: string): boolean {
    if (!this.sees(sign)) return false;
    this.at += sign.length;
    return true;
  }

  needs(sign: string): void {
    if (!this.takes(sign)) this.fail(`${JSON.stringify(sign)} is missing`);
  }

  /** A name; undefined if none comes next. */
  word(): string | undefined {
    this.skip();
    const from = this.at;
    const first = String.fromCodePoint(this.text.codePointAt(from) ?? 0);
    if (!wordStart.test(first)) return undefined;
    let to = from + first.length;
    for (;;) {
      const next = String.fromCodePoint(this.text.codePointAt(to) ?? 0);
      if (!wordPart.test(next)) break;
      to += next.length;
    }
    this.at = to;
    return this.text.slice(from, to);
  }

  /** Whether this word comes next; passes over it. */
  takesWord(word: string): boolean {
    const from = this.at;
    if (this.word() === word) return true;
    this.at = from;
    return false;
  }

  /** What `read` gives, one level deeper; ends of lines join or not within it. */
  within<T>(linesJoin: boolean, read: () => T): T {
    if (++this.#depth > deepestNesting) this.fail(`it is nested over ${deepestNesting} levels`);
    const before = this.linesJoin;
    this.linesJoin = linesJoin;
    try {
      return read();
    } finally {
      this.linesJoin = before;
      this.#depth -= 1;
    }
  }
}
