// The flags of one `livectl trigger`: strings, bodies from a flag, a file or stdin, and pairs of a name and a value.

import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';

/** Enough for every event source; S3's larger objects are for `aws s3 cp`. */
const maxBodyBytes = 100 * 1024 * 1024;

/** A flag's value on the command line; an array if it may be repeated. */
export type FlagValue = string | readonly string[] | undefined;

/** Reads stdin to its end. */
export type ReadStdin = (maxBytes: number) => Promise<Buffer>;

/** A name and a value, with a type between them if one was given: `price:Number=3`. */
export interface Pair {
  readonly name: string;
  readonly type: string | undefined;
  readonly value: string;
}

/** The given values, by the flag's name without dashes. */
export class Given {
  readonly #flags: ReadonlyMap<string, FlagValue>;
  readonly #readStdin: ReadStdin;
  #stdinTakenBy: string | undefined;

  constructor(flags: Readonly<Record<string, FlagValue>>, readStdin: ReadStdin) {
    this.#flags = new Map(Object.entries(flags).filter(([, value]) => value !== undefined));
    this.#readStdin = readStdin;
  }

  /** The flags that were given. */
  get names(): string[] {
    return [...this.#flags.keys()];
  }

  has(flag: string): boolean {
    return this.#flags.has(flag);
  }

  /** A copy with the answer to a question. */
  with(flag: string, value: string): Given {
    return new Given({ ...Object.fromEntries(this.#flags), [flag]: value }, this.#readStdin);
  }

  /** The flag's string, unchanged. */
  text(flag: string): string | undefined {
    const value = this.#flags.get(flag);
    return typeof value === 'string' ? value : value?.[0];
  }

  /** A body: the flag's string, the bytes of a file for `@FILE`, or all of stdin for `-`; `@@` begins a text with an @. Rejects with LD_CONFIG. */
  async body(flag: string): Promise<Buffer | undefined> {
    const text = this.text(flag);
    if (text === undefined) return undefined;
    if (text === '-') return this.#stdin(flag);
    if (text.startsWith('@@')) return Buffer.from(text.slice(1));
    return text.startsWith('@') ? readBodyFile(`--${flag}`, text.slice(1)) : Buffer.from(text);
  }

  /** A body that must be text. */
  async bodyText(flag: string): Promise<string | undefined> {
    const bytes = await this.body(flag);
    if (bytes !== undefined && !isUtf8(bytes)) throw wrong(`--${flag} must be text in UTF-8`);
    return bytes?.toString('utf8');
  }

  /** A body that must be JSON: its text, unchanged. */
  async json(flag: string): Promise<string | undefined> {
    const text = await this.bodyText(flag);
    if (text !== undefined) parseJson(flag, text);
    return text;
  }

  /** A body that must be a JSON object, and its text, unchanged. */
  async jsonObject(
    flag: string,
  ): Promise<{ readonly text: string; readonly value: Readonly<Record<string, unknown>> } | undefined> {
    const text = await this.bodyText(flag);
    if (text === undefined) return undefined;
    const value = parseJson(flag, text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrong(`--${flag} must be a JSON object`);
    return { text, value: value as Record<string, unknown> };
  }

  /** All values of a repeatable flag, split at the first `separator`. Throws LD_CONFIG for a value without one. */
  pairs(flag: string, separator: '=' | ':'): Pair[] {
    const value = this.#flags.get(flag) ?? [];
    return (typeof value === 'string' ? [value] : value).map((text) => {
      const at = text.indexOf(separator);
      if (at < 1)
        throw wrong(
          `--${flag} ${text}: write it as name${separator}value`,
          'for more than one, repeat the flag',
        );
      const [name = '', type] = separator === '=' ? text.slice(0, at).split(':', 2) : [text.slice(0, at)];
      return { name, type, value: text.slice(at + 1).replace(separator === ':' ? /^ +/ : '', '') };
    });
  }

  async #stdin(flag: string): Promise<Buffer> {
    if (this.#stdinTakenBy !== undefined)
      throw wrong(`--${this.#stdinTakenBy} and --${flag} can't both be read from stdin`);
    this.#stdinTakenBy = flag;
    return this.#readStdin(maxBodyBytes);
  }
}

/** A file's bytes. Rejects with LD_CONFIG, naming the flag, if it cannot be read or is larger than 100 MB. */
export async function readBodyFile(flag: string, path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size > maxBodyBytes) throw new Error(`it has ${size} bytes, more than ${maxBodyBytes}`);
    return await readFile(path);
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${flag}: ${path} can't be read: ${messageOf(cause)}`, {
      remedy: 'name a file that exists; to pass text that begins with @, write @@',
      cause,
    });
  }
}

/** An invalid flag. */
export function wrong(message: string, remedy?: string): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', message, remedy === undefined ? {} : { remedy });
}

function parseJson(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `--${flag} is not valid JSON: ${messageOf(cause)}`, {
      remedy: `write it as in --${flag} '{"id":"1"}', --${flag} @FILE or, from stdin, --${flag} -`,
      cause,
    });
  }
}
