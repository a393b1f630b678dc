// Parses JSON text and locates mistakes: JSON.parse names a line only in some Node versions, and silently takes the last of two
// equal keys.

/** The first mistake in a JSON text; line and column are 1-based. */
export class JsonMistake extends Error {
  readonly line: number;
  readonly column: number;

  constructor(text: string, at: number, what: string) {
    super(what);
    const before = text.slice(0, at);
    this.line = before.split('\n').length;
    this.column = at - before.lastIndexOf('\n');
  }
}

/** Parses standard JSON: no comments, no trailing commas, no duplicate keys. Throws {@link JsonMistake}. */
export function parseJson(text: string): unknown {
  const withoutMark = text.startsWith('\uFEFF') ? text.slice(1) : text;
  new Scanner(withoutMark).scan();
  return JSON.parse(withoutMark);
}

const whitespace = /[ \t\r\n]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these inside a string.
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const word = /[\p{L}_$][\p{L}\d_$]*/uy;
/** Deeper than any manifest; protects the stack from recursion. */
const maximumDepth = 200;

/** Walks the text once and throws at the first mistake. */
class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scan(): void {
    this.#skipWhitespace();
    if (this.#at === this.#text.length) this.#fail('the file is empty');
    this.#value(0);
    this.#skipWhitespace();
    if (this.#at < this.#text.length)
      this.#fail(`nothing may follow the end of the value, found ${this.#found()}`);
  }

  #value(depth: number): void {
    if (depth > maximumDepth) this.#fail(`more than ${maximumDepth} levels deep`);
    const next = this.#text[this.#at];
    if (next === '{') this.#object(depth);
    else if (next === '[') this.#array(depth);
    else if (next === '"') this.#string();
    else this.#literal(next);
  }

  #literal(next: string | undefined): void {
    if (next !== undefined && /[-\d]/.test(next)) {
      if (!this.#take(number)) this.#fail(`${this.#found()} is not a number`);
      if (/[\d.]/.test(this.#text[this.#at] ?? '')) this.#fail('a number is invalid');
      return;
    }
    const start = this.#at;
    const name = this.#take(word);
    if (name === 'true' || name === 'false' || name === 'null') return;
    this.#at = start;
    this.#fail(`expected a value, found ${this.#found()}`);
  }

  #object(depth: number): void {
    const keys = new Set<string>();
    this.#at++;
    this.#skipWhitespace();
    if (this.#take('}')) return;
    for (;;) {
      if (this.#text[this.#at] !== '"')
        this.#fail(`expected a name in double quotes, found ${this.#found()}`);
      const start = this.#at;
      const key = this.#string();
      if (keys.has(key)) {
        this.#at = start;
        this.#fail(`${JSON.stringify(key)} appears twice in the same object`);
      }
      keys.add(key);
      this.#skipWhitespace();
      if (!this.#take(':'))
        this.#fail(`expected a colon after ${JSON.stringify(key)}, found ${this.#found()}`);
      this.#skipWhitespace();
      this.#value(depth + 1);
      if (this.#endOfItem('}')) return;
    }
  }

  #array(depth: number): void {
    this.#at++;
    this.#skipWhitespace();
    if (this.#take(']')) return;
    for (;;) {
      this.#value(depth + 1);
      if (this.#endOfItem(']')) return;
    }
  }

  /** After an item: true at the closing bracket, false after a comma that another item must follow. */
  #endOfItem(close: '}' | ']'): boolean {
    this.#skipWhitespace();
    if (this.#take(close)) return true;
    const comma = this.#at;
    if (!this.#take(',')) this.#fail(`expected a comma or ${JSON.stringify(close)}, found ${this.#found()}`);
    this.#skipWhitespace();
    if (this.#text[this.#at] === close) {
      this.#at = comma;
      this.#fail(`JSON allows no comma before ${JSON.stringify(close)}`);
    }
    return false;
  }

  #string(): string {
    const text = this.#take(string);
    if (text !== undefined) return JSON.parse(text) as string;
    // The longest valid part shows whether the string is not closed, or contains a character that must be escaped.
    let end = this.#at + 1;
    while (end < this.#text.length && this.#text[end] !== '"' && this.#text[end] !== '\n')
      end += this.#text[end] === '\\' ? 2 : 1;
    if (this.#text[end] !== '"') this.#fail('a string is not closed');
    this.#fail('a string contains a character that must be escaped (\\\\ for a backslash, \\t for a tab)');
  }

  #skipWhitespace(): void {
    this.#take(whitespace);
    if (this.#text.startsWith('//', this.#at) || this.#text.startsWith('/*', this.#at)) {
      this.#fail('JSON allows no comments');
    }
  }

  #take(token: RegExp | string): string | undefined {
    if (typeof token === 'string') {
      if (!this.#text.startsWith(token, this.#at)) return undefined;
      this.#at += token.length;
      return token;
    }
    token.lastIndex = this.#at;
    const match = token.exec(this.#text)?.[0];
    this.#at += match?.length ?? 0;
    return match;
  }

  #found(): string {
    const next = this.#text.codePointAt(this.#at);
    return next === undefined ? 'the end of the file' : JSON.stringify(String.fromCodePoint(next));
  }

  #fail(what: string): never {
    throw new JsonMistake(this.#text, this.#at, what);
  }
}
