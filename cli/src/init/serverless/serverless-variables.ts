// The variables of serverless.yml: `${self:...}`, `${opt:...}`, `${file(...)}` with their defaults; the rest only a deployment knows.
import { realpathSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import { messageOf } from '../../../../protocol/live-debug-error.ts';
import { readConfigFile } from '../config-file.ts';
import { isRecord, textOf, unknownValue } from '../written-settings.ts';

const deepest = 30;
const longestText = 100_000;
/** Values of one file; references may fan out. */
const mostSteps = 50_000;
const mostFiles = 100;

/** A value within a text that is no text itself: its number between two characters of Unicode's private use. */
const placeholder = /\uE000(\d{1,6})\uE001/;

export class ServerlessVariables {
  readonly #folder: string;
  readonly #root: Readonly<Record<string, unknown>>;
  readonly #notices: Set<string>;
  readonly #files = new Map<string, unknown>();
  readonly #held: unknown[] = [];
  #steps = 0;

  /** `root` is the content of serverless.yml in `folder`, which included files must not leave. */
  constructor(folder: string, root: Readonly<Record<string, unknown>>, notices: Set<string>) {
    this.#folder = realpathSync(folder);
    this.#root = root;
    this.#notices = notices;
  }

  /** The value; `unknownValue` in it or for it where only a deployment knows. */
  valueOf(value: unknown, depth = 0): unknown {
    if (typeof value === 'string') return this.#text(value, depth);
    if (depth > deepest || ++this.#steps > mostSteps) return unknownValue;
    if (Array.isArray(value)) return value.map((each) => this.valueOf(each, depth + 1));
    if (!isRecord(value)) return value;
    // CloudFormation's functions, which the framework passes on.
    const [name = ''] = Object.keys(value);
    if (name === 'Ref' || name.startsWith('Fn::')) return unknownValue;
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, this.valueOf(each, depth + 1)]),
    );
  }

  /** The innermost variable first, until none is left. */
  #text(written: string, depth: number): unknown {
    if (!written.includes('${')) return written;
    if (written.length > longestText || /[\uE000\uE001]/.test(written)) return unknownValue;
    let text = written;
    for (;;) {
      if (depth > deepest || ++this.#steps > mostSteps || text.length > longestText) return unknownValue;
      const match = /\$\{([^${}]{1,500})\}/.exec(text);
      if (match === null) break;
      const [whole, inner = ''] = match;
      const value = this.#variable(inner, depth + 1);
      const plain = textOf(value);
      const isWhole = whole.length === text.length;
      if (isWhole) return value;
      const inserted = plain ?? `\uE000${this.#held.push(value) - 1}\uE001`;
      text = text.slice(0, match.index) + inserted + text.slice(match.index + whole.length);
    }
    // What is left of `${` is CloudFormation's or malformed.
    return placeholder.test(text) || text.includes('${') ? unknownValue : text;
  }

  /** `self:custom.name, 'default'`: the first that is known. */
  #variable(inner: string, depth: number): unknown {
    let result: unknown = unknownValue;
    for (const part of partsOf(inner)) {
      result = this.#one(part, depth);
      if (result !== unknownValue && result !== undefined && result !== null) return result;
    }
    return result ?? unknownValue;
  }

  #one(part: string, depth: number): unknown {
    const held = placeholder.exec(part);
    if (held !== null) return held[0] === part ? this.#held[Number(held[1])] : unknownValue;
    const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(part);
    if (quoted !== null) return quoted[1] ?? quoted[2];
    if (part === 'true' || part === 'false') return part === 'true';
    if (part === 'null') return undefined;
    if (/^-?\d{1,15}$/.test(part)) return Number(part);
    const file = /^file\(([^()]{1,300})\)(?::(.{1,300}))?$/.exec(part);
    if (file !== null) return this.#included(file[1] ?? '', file[2], depth);
    const at = part.indexOf(':');
    const [source, address] = [part.slice(0, at), part.slice(at + 1)];
    if (source === 'self') return this.#at(this.#root, address, depth);
    // `serverless deploy` without --stage and without provider.stage.
    if (part === 'sls:stage') return this.stage;
    if (part === 'aws:region') return this.#at(this.#root, 'provider.region', depth);
    return unknownValue;
  }

  get stage(): unknown {
    const stage = this.#at(this.#root, 'provider.stage', 1);
    return stage === undefined || stage === unknownValue ? 'dev' : stage;
  }

  #at(root: unknown, address: string, depth: number): unknown {
    let value: unknown = root;
    for (const name of address.trim() === '' ? [] : address.trim().split('.')) {
      // A part of the way may be a variable itself.
      if (typeof value === 'string') value = this.#text(value, depth);
      if (value === unknownValue) return unknownValue;
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
      value = (value as Readonly<Record<string, unknown>>)[name];
    }
    return this.valueOf(value, depth);
  }

  #included(path: string, address: string | undefined, depth: number): unknown {
    const content = this.#file(path.trim());
    return content === unknownValue ? content : this.#at(content, address ?? '', depth);
  }

  #file(path: string): unknown {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    let content: unknown = unknownValue;
    if (!/\.(?:ya?ml|json)$/.test(path)) this.#notices.add(`${path} is code, which livectl does not run`);
    else if (this.#files.size >= mostFiles) this.#notices.add(`only ${mostFiles} included files are read`);
    else {
      try {
        const real = realpathSync(resolve(this.#folder, path));
        if (real.startsWith(`${this.#folder}${sep}`)) content = readConfigFile(real) ?? unknownValue;
        else this.#notices.add(`${path} is not read, since it is outside of the project`);
      } catch (error) {
        const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
        this.#notices.add(isMissing ? `${path}, an included file, does not exist` : messageOf(error));
      }
    }
    this.#files.set(path, content);
    return content;
  }
}

/** By commas that are not in quotes or parentheses. */
function partsOf(text: string): string[] {
  const parts: string[] = [];
  let quote = '';
  let open = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (quote !== '') quote = character === quote ? '' : quote;
    else if (character === "'" || character === '"') quote = character;
    else if (character === '(') open++;
    else if (character === ')') open--;
    else if (character === ',' && open === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return [...parts, text.slice(start).trim()];
}
