// Inspector page: where a text stops being JSON, and why, since each browser's own parser says it differently or not at all.

export interface JsonMistake {
  /** What is expected there, e.g. `expected , or }`. */
  readonly message: string;
  /** In UTF-16 units from 0; the end of the text if it is too short. */
  readonly offset: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** Undefined if `text` is one JSON value. */
export function jsonMistake(text: string): JsonMistake | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const mistake = new Scan(text).mistake() ?? { message: 'this is not JSON', offset: 0 };
    return { ...mistake, ...place(text, mistake.offset) };
  }
}

/** Line and column of an offset. */
export function place(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

type Found = { readonly message: string; readonly offset: number };

/** Reads a text once from left to right; nesting is kept in a list, so that depth costs no stack. */
class Scan {
  private at = 0;
  /** What is open: `{` or `[`. */
  private readonly open: ('{' | '[')[] = [];
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  mistake(): Found | undefined {
    this.skipSpace();
    if (this.at === this.text.length) return this.here('the text is empty: expected a JSON value');
    for (;;) {
      const found = this.value() ?? this.afterValue();
      if (found === 'end') return undefined;
      if (found !== 'next') return found;
    }
  }

  /** Reads a value, or the beginning of an object or array up to its first value; returns what is wrong with it. */
  private value(): Found | undefined {
    for (;;) {
      this.skipSpace();
      const char = this.text[this.at];
      if (char === '{') {
        this.at += 1;
        this.skipSpace();
        if (this.text[this.at] === '}') return this.close();
        this.open.push('{');
        const found = this.name();
        if (found) return found;
      } else if (char === '[') {
        this.at += 1;
        this.skipSpace();
        if (this.text[this.at] === ']') return this.close();
        this.open.push('[');
      } else if (char === '"') return this.string();
      else return this.plain(char);
    }
  }

  private close(): undefined {
    this.at += 1;
    return undefined;
  }

  /** After a value: closes what ends there. `next` if another value follows. */
  private afterValue(): Found | 'next' | 'end' {
    for (;;) {
      this.skipSpace();
      const inside = this.open.at(-1);
      const char = this.text[this.at];
      if (inside === undefined)
        return char === undefined
          ? 'end'
          : this.here(comment(char) ?? 'expected nothing after the JSON value');
      const end = inside === '{' ? '}' : ']';
      if (char === end) {
        this.open.pop();
        this.at += 1;
      } else if (char === ',') {
        const comma = this.at;
        this.at += 1;
        this.skipSpace();
        const next = this.text[this.at];
        if (next === '}' || next === ']')
          return { message: `remove the comma before ${next}`, offset: comma };
        return inside === '[' ? 'next' : (this.name() ?? 'next');
      } else if (char === undefined) return this.here(`expected , or ${end}: the text ends too early`);
      else return this.here(comment(char) ?? `expected , or ${end}`);
    }
  }

  /** A property's name and its colon. */
  private name(): Found | undefined {
    this.skipSpace();
    const char = this.text[this.at];
    if (char !== '"') {
      if (char === undefined) return this.here('expected a property name: the text ends too early');
      return this.here(comment(char) ?? 'expected a property name in double quotes');
    }
    const found = this.string();
    if (found) return found;
    this.skipSpace();
    if (this.text[this.at] !== ':') return this.here('expected : after the property name');
    this.at += 1;
    return undefined;
  }

  private string(): Found | undefined {
    const start = this.at;
    this.at += 1;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (Number.isNaN(code)) return { message: 'the string is not closed', offset: start };
      if (code === 0x22) return this.close();
      if (code === 0x0a) return { message: 'the string is not closed on its line', offset: start };
      if (code < 0x20) return this.here('expected an escape such as \\t instead of a control character');
      if (code === 0x5c && !this.escape()) return this.here('invalid escape in a string');
      this.at += 1;
    }
  }

  /** Moves to the last character of an escape; false, and does not move, if it is none. */
  private escape(): boolean {
    const kind = this.text[this.at + 1] ?? '';
    if (kind === 'u') {
      if (!/^[0-9a-fA-F]{4}$/.test(this.text.slice(this.at + 2, this.at + 6))) return false;
      this.at += 5;
      return true;
    }
    if (kind === '' || !'"\\/bfnrt'.includes(kind)) return false;
    this.at += 1;
    return true;
  }

  /** A number, `true`, `false` or `null`. */
  private plain(char: string | undefined): Found | undefined {
    if (char === undefined) return this.here('expected a value: the text ends too early');
    const start = this.at;
    while (/[-+.\w]/.test(this.text[this.at] ?? ' ')) this.at += 1;
    const word = this.text.slice(start, this.at);
    if (word === 'true' || word === 'false' || word === 'null') return undefined;
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(word)) return undefined;
    this.at = start;
    return this.here(comment(char) ?? plainHelp(char, word));
  }

  private skipSpace(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at += 1;
    }
  }

  private here(message: string): Found {
    return { message, offset: this.at };
  }
}

function comment(char: string): string | undefined {
  if (char === '/' || char === '#') return 'JSON has no comments';
  return char === "'" ? 'expected double quotes instead of single quotes' : undefined;
}

function plainHelp(char: string, word: string): string {
  if (word === '') return 'expected a value';
  const lower = word.toLowerCase();
  if (lower === 'true' || lower === 'false' || lower === 'null') return `expected ${lower} in lower case`;
  if (lower === 'none' || lower === 'undefined') return 'expected null';
  return /[-+.\d]/.test(char) ? 'invalid number' : 'expected a value; a string needs double quotes';
}
