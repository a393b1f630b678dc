// Secrets in JSON: values under the names of secrets, also in JSON within strings and in base64. The text need not be whole or
// valid: what was cut is masked as far as it goes.
import { cookieEdits } from './cookies.ts';
import { type Edit, masked } from './edits.ts';
import { JsonFrame, pathOf, pointerOf } from './json-frame.ts';
import { stringEnd, unescaped } from './json-strings.ts';
import { isRedacted, type RedactPath } from './redact-paths.ts';
import { isCookieName, isSecretName, mask } from './secret-names.ts';

export interface JsonEdits {
  readonly edits: Edit[];
  /** JSON pointers of what {@link edits} masks. */
  readonly pointers: Set<string>;
  /** Something in it is not JSON. */
  isOdd: boolean;
}

export interface JsonContext {
  readonly redact: readonly RedactPath[];
  /** Where the text itself is, if it is in another one. */
  readonly path: readonly (string | number)[];
  /** The edits of a text within this one; undefined if there is nothing to mask, or it is too deep. */
  readonly inner: (text: string, path: readonly (string | number)[]) => readonly Edit[];
  /** The same of base64, as a whole. */
  readonly innerBase64: (text: string, path: readonly (string | number)[]) => string | undefined;
  /** Gets each masked string, unescaped. */
  readonly onSecret: (value: string) => void;
}

/** After so many characters, others may work. */
const sliceCharacters = 256 * 1024;
const mostDepth = 64;
/** Base64 is expected under these names. */
const base64Names = new Set(['data', 'value', 'B']);
/** Of a secret message attribute these tell what kind it is. */
const kindNames = new Set(['dataType', 'DataType', 'Type', 'type']);
const shortestBase64 = 16;
/** `{"a":1}` */
const shortestJson = 7;
const mostPointers = 100;

/** `byLooks`: what looks like a secret, in order and without overlaps; it counts within strings. */
export function* jsonEdits(
  text: string,
  byLooks: readonly Edit[],
  context: JsonContext,
): Generator<void, JsonEdits> {
  const found: JsonEdits = { edits: [], pointers: new Set(), isOdd: false };
  const scan = new JsonScan(text, byLooks, context, found);
  for (let at = 0, slice = sliceCharacters; at < text.length; ) {
    at = scan.step(at);
    if (at < slice) continue;
    slice = at + sliceCharacters;
    yield;
  }
  scan.end();
  return found;
}

class JsonScan {
  readonly #text: string;
  readonly #byLooks: readonly Edit[];
  /** The first of them that may be in a string to come. */
  #look = 0;
  readonly #context: JsonContext;
  readonly #found: JsonEdits;
  /** The innermost last; the first stands for the text itself. */
  readonly #frames: JsonFrame[] = [new JsonFrame(false, false)];
  /** Levels beyond those that have a frame. */
  #beyond = 0;

  constructor(text: string, byLooks: readonly Edit[], context: JsonContext, found: JsonEdits) {
    this.#text = text;
    this.#byLooks = byLooks;
    this.#context = context;
    this.#found = found;
  }

  /** Reads one token; returns where the next one is. */
  step(at: number): number {
    const text = this.#text;
    const frame = this.#frame;
    switch (text.charCodeAt(at)) {
      case 0x22:
        return this.#string(at + 1);
      case 0x7b:
      case 0x5b:
        this.#open(text.charCodeAt(at) === 0x5b);
        return at + 1;
      case 0x7d:
      case 0x5d:
        this.#close();
        return at + 1;
      case 0x2c:
        frame.next();
        return at + 1;
      case 0x3a:
      case 0x20:
      case 0x0a:
      case 0x0d:
      case 0x09:
        return at + 1;
      default:
        return this.#scalar(at);
    }
  }

  /** What is still open has no more members. */
  end(): void {
    while (this.#frames.length > 0) this.#finish(this.#frames.pop());
  }

  get #frame(): JsonFrame {
    return this.#frames.at(-1) ?? new JsonFrame(false, false);
  }

  #open(isArray: boolean): void {
    if (this.#frames.length > mostDepth) {
      this.#beyond += 1;
      return;
    }
    this.#frames.push(new JsonFrame(isArray, this.#isSecret()));
  }

  #close(): void {
    if (this.#beyond > 0) this.#beyond -= 1;
    else if (this.#frames.length > 1) this.#finish(this.#frames.pop());
    else this.#found.isOdd = true;
  }

  /** Whether the value that comes now is secret by its place. */
  #isSecret(): boolean {
    const { key, isSecret } = this.#frame;
    if (isSecret || (key !== undefined && isSecretName(key))) return true;
    const { path, redact } = this.#context;
    return redact.length > 0 && isRedacted(redact, [...path, ...pathOf(this.#frames)]);
  }

  #string(start: number): number {
    const text = this.#text;
    const end = stringEnd(text, start);
    const frame = this.#frame;
    const next = text.slice(end + 1, end + 65).search(/[^\s]/);
    if (!frame.isArray && next >= 0 && text.charAt(end + 1 + next) === ':') {
      frame.begin(unescaped(text.slice(start, Math.min(end, start + 256))).text);
      this.#looks(start, end);
      return end + 1;
    }
    this.#value(start, end);
    this.#looks(start, end);
    return end + 1;
  }

  #value(start: number, end: number): void {
    const frame = this.#frame;
    const { key } = frame;
    if (end === start) return;
    if (this.#isSecret()) {
      if (frame.isSecret && key !== undefined && kindNames.has(key)) return;
      return this.#mask(start, end, key);
    }
    const raw = this.#text.slice(start, end);
    frame.sees(start, end, raw);
    if (raw.length >= shortestJson && /^(?:\s|\\[nrt])*[{[]/.test(raw.slice(0, 64))) this.#inner(start, raw);
    else if (key !== undefined && base64Names.has(key)) this.#base64(start, end);
  }

  #mask(start: number, end: number, key: string | undefined): void {
    const parent = this.#frames.at(-2);
    const name = key ?? parent?.key;
    const isCookie = name !== undefined && isCookieName(name);
    const edits = isCookie ? cookieEdits(this.#text, start, end) : [masked(start, end)];
    for (const edit of edits) this.#edit(edit);
    if (!isCookie) this.#context.onSecret(unescaped(this.#text.slice(start, end)).text);
  }

  /** JSON in a string. */
  #inner(start: number, raw: string): void {
    const { places, text } = unescaped(raw);
    const path = [...this.#context.path, ...pathOf(this.#frames)];
    for (const edit of this.#context.inner(text, path)) {
      const place = (at: number) => start + (places === undefined ? at : (places[at] ?? raw.length));
      const escaped = JSON.stringify(edit.text).slice(1, -1);
      this.#edit({ start: place(edit.start), end: place(edit.end), text: escaped });
    }
  }

  #base64(start: number, end: number): void {
    if (end - start < shortestBase64) return;
    const path = [...this.#context.path, ...pathOf(this.#frames)];
    const text = this.#context.innerBase64(this.#text.slice(start, end), path);
    if (text !== undefined) this.#edit({ start, end, text });
  }

  #scalar(at: number): number {
    const text = this.#text;
    let end = at + 1;
    while (end < text.length && !isDelimiter(text.charCodeAt(end))) end += 1;
    const value = text.slice(at, Math.min(end, at + 400));
    const isNumber = /^-?\d[\d.eE+-]*$/.test(value);
    const frame = this.#frame;
    if (value === 'true' && frame.key === 'isBase64Encoded') frame.isBase64 = true;
    else if (isNumber && this.#isSecret()) this.#edit({ start: at, end, text: `"${mask}"` });
    else if (!isNumber && value !== 'true' && value !== 'false' && value !== 'null') this.#found.isOdd = true;
    return end;
  }

  #finish(frame: JsonFrame | undefined): void {
    if (frame === undefined) return;
    // Its own frame is gone, so the path is put together again.
    const under = (key: string, work: () => void) => {
      frame.begin(key);
      this.#frames.push(frame);
      work();
      this.#frames.pop();
    };
    const { body, named } = frame;
    if (frame.isBase64 && body) under('body', () => this.#base64(...body));
    if (named) under(named.key, () => this.#mask(named.start, named.end, named.key));
  }

  /** What looks like a secret in a string. */
  #looks(start: number, end: number): void {
    for (; ; this.#look++) {
      const edit = this.#byLooks[this.#look];
      if (edit === undefined || edit.start >= end) return;
      if (edit.end > start) this.#edit(masked(Math.max(start, edit.start), Math.min(end, edit.end)));
      if (edit.end > end) return;
    }
  }

  #edit(edit: Edit): void {
    const { edits, pointers } = this.#found;
    edits.push(edit);
    if (pointers.size < mostPointers) pointers.add(pointerOf(pathOf(this.#frames)));
  }
}

function isDelimiter(code: number): boolean {
  return code === 0x2c || code === 0x7d || code === 0x5d || code === 0x22 || code === 0x3a || code <= 0x20;
}
