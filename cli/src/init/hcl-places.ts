// Where the arguments and blocks of a .tf file are, by their offsets, so that `init` can propose a change that leaves the rest as it is.

/** An argument, whose value is the text from `from` to `to`, or a block, whose content is. */
export interface HclPlace {
  /** Of `resource "aws_lambda_function" "orders" {` it is `resource`. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly from: number;
  /** Of a block: the offset of its closing brace. */
  readonly to: number;
  /** Undefined for an argument. */
  readonly content: readonly HclPlace[] | undefined;
}

const deepest = 50;

/** Undefined for text that is not of the language. Each character is looked at once. */
export function hclPlaces(text: string): readonly HclPlace[] | undefined {
  const scan = new Scan(text);
  try {
    const places = scan.body(0);
    return scan.at === text.length ? places : undefined;
  } catch (error) {
    if (error instanceof NotRecognised) return undefined;
    throw error;
  }
}

class NotRecognised extends Error {}

class Scan {
  readonly #text: string;
  at = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith('\ufeff')) this.at = 1;
  }

  body(depth: number): HclPlace[] {
    if (depth > deepest) throw new NotRecognised();
    const places: HclPlace[] = [];
    for (;;) {
      this.#skipSpace(true);
      if (this.at >= this.#text.length || this.#text[this.at] === '}') return places;
      const name = this.#word();
      this.#skipSpace(false);
      if (this.#text[this.at] === '=') {
        this.at += 1;
        this.#skipSpace(false);
        const from = this.at;
        const to = this.#value(depth);
        if (to === from) throw new NotRecognised();
        places.push({ name, labels: [], from, to, content: undefined });
        continue;
      }
      const labels: string[] = [];
      while (this.#text[this.at] !== '{') {
        labels.push(this.#text[this.at] === '"' ? this.#label() : this.#word());
        this.#skipSpace(false);
      }
      this.at += 1;
      const from = this.at;
      const content = this.body(depth + 1);
      if (this.#text[this.at] !== '}') throw new NotRecognised();
      places.push({ name, labels, from, to: this.at, content });
      this.at += 1;
    }
  }

  #word(): string {
    const word = /[A-Za-z_][\w-]{0,255}/y;
    word.lastIndex = this.at;
    const found = word.exec(this.#text)?.[0];
    if (found === undefined) throw new NotRecognised();
    this.at += found.length;
    return found;
  }

  #label(): string {
    const start = this.at;
    this.#string(0);
    return this.#text.slice(start + 1, this.at - 1);
  }

  #skipSpace(lines: boolean): void {
    for (; this.at < this.#text.length; this.at++) {
      const character = this.#text[this.at] ?? '';
      if (' \t\r'.includes(character) || (lines && character === '\n')) continue;
      if (!this.#comment()) return;
      this.at -= 1;
    }
  }

  /** Passes over a comment, without the end of its line; false if no comment begins here. */
  #comment(): boolean {
    const text = this.#text;
    if (text.startsWith('/*', this.at)) {
      const end = text.indexOf('*/', this.at + 2);
      if (end < 0) throw new NotRecognised();
      this.at = end + 2;
      return true;
    }
    if (text[this.at] !== '#' && !text.startsWith('//', this.at)) return false;
    const end = text.indexOf('\n', this.at);
    this.at = end < 0 ? text.length : end;
    return true;
  }

  /** Up to the end of a value, whose offset it returns; a comment and white space behind it are no part of it. */
  #value(depth: number): number {
    let brackets = 0;
    let end = this.at;
    while (this.at < this.#text.length) {
      const character = this.#text[this.at] ?? '';
      if (brackets === 0 && (character === '\n' || character === '}')) return end;
      if (this.#comment()) continue;
      if (character === '"') this.#string(depth);
      else if (this.#text.startsWith('<<', this.at)) this.#heredoc();
      else {
        if ('([{'.includes(character)) brackets += 1;
        if (')]}'.includes(character)) brackets -= 1;
        if (brackets < 0) throw new NotRecognised();
        this.at += 1;
        if (' \t\r\n'.includes(character)) continue;
      }
      end = this.at;
    }
    if (brackets > 0) throw new NotRecognised();
    return end;
  }

  /** From its `"` on, with the templates in it. */
  #string(depth: number): void {
    if (depth > deepest) throw new NotRecognised();
    const text = this.#text;
    for (this.at += 1; this.at < text.length; ) {
      const character = text[this.at];
      if (character === '\n') break;
      if (character === '"') {
        this.at += 1;
        return;
      }
      if (character === '\\') this.at += 2;
      else if (text.startsWith('$${', this.at) || text.startsWith('%%{', this.at)) this.at += 3;
      else if (text.startsWith('${', this.at) || text.startsWith('%{', this.at)) {
        this.at += 2;
        this.#template(depth + 1);
      } else this.at += 1;
    }
    throw new NotRecognised();
  }

  /** Up to its `}`, which it passes. */
  #template(depth: number): void {
    for (let braces = 1; this.at < this.#text.length; ) {
      const character = this.#text[this.at];
      if (character === '"') {
        this.#string(depth);
        continue;
      }
      this.at += 1;
      if (character === '{') braces += 1;
      if (character === '}') braces -= 1;
      if (braces === 0) return;
    }
    throw new NotRecognised();
  }

  #heredoc(): void {
    const text = this.#text;
    this.at += text[this.at + 2] === '-' ? 3 : 2;
    const marker = this.#word();
    for (let newline = text.indexOf('\n', this.at); newline >= 0; ) {
      const next = text.indexOf('\n', newline + 1);
      const line = text.slice(newline + 1, next < 0 ? text.length : next);
      if (line.trim() === marker) {
        this.at = newline + 1 + line.trimEnd().length;
        return;
      }
      newline = next;
    }
    throw new NotRecognised();
  }
}
