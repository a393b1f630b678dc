// Masks what must not be written: in linear time, and so that everything else stays byte for byte.
import { gunzipSync, gzipSync } from 'node:zlib';
import { applied, type Edit, masked, merged } from './edits.ts';
import { jsonEdits } from './mask-json.ts';
import { namedValueEdits } from './named-values.ts';
import type { RedactPath } from './redact-paths.ts';
import { privateKeyEdits, schemeEdits, tokenEdits, urlPasswordEdits } from './secret-values.ts';

export interface Masked {
  readonly bytes: Uint8Array;
  /** Number of masked places. */
  readonly count: number;
  /** JSON pointers of the values with masked places, at most 100; empty for a text that is not JSON. */
  readonly pointers: readonly string[];
}

interface Found {
  readonly edits: readonly Edit[];
  readonly pointers: readonly string[];
}

/** JSON in a string in JSON in a string: SNS in SQS in base64. */
const mostDepth = 5;
const mostUnpackedBytes = 8 * 1024 * 1024;
/** Of the values that are looked for wherever they are. */
const shortestNeedle = 8;
const longestNeedle = 8192;
const surelyNoWord = 12;
const mostNeedles = 100;

type Path = readonly (string | number)[];

/** Masks one invocation: a secret that its event names is also masked where it is logged or returned. */
export class Masker {
  readonly #redact: readonly RedactPath[];
  readonly #needles = new Set<string>();

  /** `secrets` are masked wherever they are. */
  constructor(redact: readonly RedactPath[], secrets: Iterable<string> = []) {
    this.#redact = redact;
    for (const secret of secrets) this.#addNeedle(secret);
  }

  /** An event or an answer. Yields now and then, so that others may work. */
  *document(bytes: Uint8Array): Generator<void, Masked> {
    // One character for each byte, so that nothing is lost of what is not valid UTF-8.
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    const { edits, pointers } = yield* this.#documentEdits(text, [], 0);
    if (edits.length === 0) return { bytes, count: 0, pointers: [] };
    return { bytes: Buffer.from(applied(text, edits), 'latin1'), count: edits.length, pointers };
  }

  /** A line, a message, or another text of moderate length. */
  text(text: string): string {
    const edits = this.#looks(text);
    return edits.length === 0 ? text : applied(text, merged(edits));
  }

  *#documentEdits(text: string, path: Path, depth: number): Generator<void, Found> {
    const looks: Edit[] = [];
    for (const find of this.#finders) {
      looks.push(...find(text));
      yield;
    }
    const byLooks = merged(looks);
    if (!/^\s*["[{]/.test(text.slice(0, 256))) return { edits: byLooks, pointers: [] };
    const context = {
      redact: this.#redact,
      path,
      inner: (inner: string, at: Path) => (depth < mostDepth ? this.#inner(inner, at, depth + 1) : []),
      innerBase64: (inner: string, at: Path) =>
        depth < mostDepth ? this.#innerBase64(inner, at, depth + 1) : undefined,
      onSecret: (value: string) => this.#learn(Buffer.from(value, 'latin1').toString('utf8')),
    };
    const found = yield* jsonEdits(text, byLooks, context);
    const edits = merged(found.isOdd ? [...found.edits, ...byLooks] : found.edits);
    return { edits, pointers: [...found.pointers] };
  }

  #inner(text: string, path: Path, depth: number): readonly Edit[] {
    return finished(this.#documentEdits(text, path, depth)).edits;
  }

  /** Base64 again, of text, or of text that was compressed; undefined if nothing in it is masked, or it is neither. */
  #innerBase64(base64: string, path: Path, depth: number): string | undefined {
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(base64)) return undefined;
    const bytes = Buffer.from(base64, 'base64');
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    const content = isPacked ? unpacked(bytes) : bytes;
    if (content === undefined || content.subarray(0, 512).includes(0)) return undefined;
    const text = content.toString('latin1');
    const { edits } = finished(this.#documentEdits(text, path, depth));
    if (edits.length === 0) return undefined;
    const changed = Buffer.from(applied(text, edits), 'latin1');
    return (isPacked ? gzipSync(changed) : changed).toString('base64');
  }

  #looks(text: string): Edit[] {
    return this.#finders.flatMap((find) => find(text));
  }

  readonly #finders: readonly ((text: string) => Edit[])[] = [
    tokenEdits,
    schemeEdits,
    urlPasswordEdits,
    privateKeyEdits,
    namedValueEdits,
    (text) => this.#needleEdits(text),
  ];

  #needleEdits(text: string): Edit[] {
    const edits: Edit[] = [];
    for (const needle of this.#needles)
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length))
        edits.push(masked(at, at + needle.length));
    return edits;
  }

  /** A secret of the event; one that may be a common word is not looked for elsewhere. */
  #learn(secret: string): void {
    if (secret.length >= surelyNoWord || /\d/.test(secret)) this.#addNeedle(secret);
  }

  /** Adds it in the forms in which it may be written. */
  #addNeedle(secret: string): void {
    if (secret.length < shortestNeedle || secret.length > longestNeedle) return;
    const bytes = Buffer.from(secret);
    const forms = [
      secret,
      bytes.toString('latin1'),
      JSON.stringify(secret).slice(1, -1),
      JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
      uriEncoded(secret),
    ];
    for (const form of forms) if (this.#needles.size < mostNeedles) this.#needles.add(form);
  }
}

function uriEncoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half of a surrogate pair.
    return text;
  }
}

function unpacked(bytes: Buffer): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostUnpackedBytes });
  } catch {
    return undefined;
  }
}

function finished(work: Generator<void, Found>): Found {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}
