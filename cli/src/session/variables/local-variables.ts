// [4] Variables that this machine sets for functions: those of `.env`, `--env-file` and `--env`, over the functions' own.
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'dotenv';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import type { FunctionVariables } from './function-variables.ts';
import { linesLeftOut } from './left-out-lines.ts';
import type { Variables } from './sent-variables.ts';
import { type GivenVariable, whyNotSet } from './settable.ts';

/** `--env-file [FUNCTION:]FILE`, or `.env`. */
export interface GivenFile {
  /** Undefined: for every function. */
  readonly functionName: string | undefined;
  /** Absolute. */
  readonly path: string;
  /** How messages name it. */
  readonly label: string;
  /** It is read if it exists; otherwise it must. */
  readonly isOptional: boolean;
}

/** A file was saved with other variables. */
export interface VariablesChange {
  /** How messages name the file. */
  readonly label: string;
  /** Of the variables that it sets otherwise than before. */
  readonly names: readonly string[];
}

interface LocalVariablesOptions {
  /** Later ones win. */
  readonly files: readonly GivenFile[];
  /** Later ones win, and all of them over the files. */
  readonly given: readonly GivenVariable[];
  readonly onNotice: (message: string) => void;
}

/** Lambda takes 4 KB for all variables of a function; a file may have comments. */
const mostFileBytes = 256 * 1024;
/** Maximum number of names in a notice. */
const mostNames = 20;

interface ReadFile {
  readonly stamp: string;
  readonly variables: Variables;
}

/** Files are read again, for the next invocation, once they have changed. */
export class LocalVariables {
  readonly #options: LocalVariablesOptions;
  readonly #read = new Map<GivenFile, ReadFile>();
  /** Notices that were given, since each file is looked at for every invocation. */
  readonly #told = new Set<string>();
  #onChange: (change: VariablesChange) => void = () => undefined;

  /** Reads the files. Throws LD_CONFIG if one of `--env-file` cannot be read. */
  constructor(options: LocalVariablesOptions) {
    this.#options = options;
    for (const file of options.files) this.#read.set(file, this.#load(file));
  }

  /** Over the variables of a function. Never throws: a file that has become unreadable counts as it was. */
  of(functionName: string): Variables {
    const { files, given } = this.#options;
    const all: Record<string, string> = {};
    for (const file of files) {
      if (isFor(file, functionName)) Object.assign(all, this.#current(file));
    }
    for (const each of given) if (isFor(each, functionName)) all[each.name] = each.value;
    return all;
  }

  /** Absolute paths of the files that count. */
  get paths(): readonly string[] {
    return this.#options.files.map(({ path }) => path);
  }

  /** `onChange` is called for each saved file that sets something else, also from within {@link of}, before that returns. */
  watch(onChange: (change: VariablesChange) => void): void {
    this.#onChange = onChange;
  }

  /** Reads the files that have changed. */
  look(): void {
    for (const file of this.#options.files) this.#current(file);
  }

  /** What is set from where, by name only: a sentence for each source that sets something. */
  summary(): string[] {
    const { files, given } = this.#options;
    const ofFiles = files.flatMap((file) => {
      const names = Object.keys(this.#read.get(file)?.variables ?? {});
      return names.length === 0 ? [] : [`${file.label} sets ${some(names)}${forWhom(file)}`];
    });
    const functions = [...new Set(given.map(({ functionName }) => functionName))];
    const ofFlags = functions.map((functionName) => {
      const names = given.filter((each) => each.functionName === functionName).map(({ name }) => name);
      return `--env sets ${some([...new Set(names)])}${forWhom({ functionName })}`;
    });
    return [...ofFiles, ...ofFlags];
  }

  #current(file: GivenFile): Variables {
    const known = this.#read.get(file);
    try {
      if (known !== undefined && known.stamp === stampOf(file)) return known.variables;
      const read = this.#load(file);
      this.#read.set(file, read);
      const names = changedNames(known?.variables ?? {}, read.variables);
      if (names.length > 0) this.#onChange({ label: file.label, names });
      return read.variables;
    } catch (error) {
      if (known?.stamp !== unusable) this.#tell(`${messageOf(error)}; its last content counts`);
      return known?.variables ?? {};
    }
  }

  /** Throws LD_CONFIG if a file that was named cannot be read. A `.env` may be something else: it is left out, which is reported. */
  #load(file: GivenFile): ReadFile {
    try {
      const stamp = stampOf(file);
      return { stamp, variables: stamp === missing ? {} : this.#variablesOf(file) };
    } catch (error) {
      if (!file.isOptional || this.#read.has(file)) throw error;
      this.#tell(`${messageOf(error)}, and sets no variables`);
      return { stamp: unusable, variables: {} };
    }
  }

  #variablesOf({ label, path }: GivenFile): Variables {
    const variables: Record<string, string> = {};
    const text = textOf(path, label).toString();
    const left = linesLeftOut(text);
    if (left.length > 0) this.#tell(`${label}${whichLines(left)}`);
    for (const [name, value] of Object.entries(parse(text))) {
      const why = whyNotSet(name);
      // A .env serves other programs as well, so it may have names that are not for functions.
      if (why === undefined) variables[name] = value;
      else this.#tell(`${label}: ${JSON.stringify(name.slice(0, 80))} ${why}, and is left out`);
    }
    return variables;
  }

  #tell(message: string): void {
    if (this.#told.has(message) || this.#told.size >= mostNames) return;
    this.#told.add(message);
    this.#options.onNotice(message);
  }
}

/** As `variables` gives them, and over those what this machine sets. */
export function withLocal(variables: FunctionVariables, local: LocalVariables): FunctionVariables {
  /** By function, of its last invocation. */
  const lastOwn = new Map<string, Variables>();
  const set = (functionName: string, own: Variables) => {
    lastOwn.set(functionName, own);
    return { ...own, ...local.of(functionName) };
  };
  return {
    of(functionName, sent) {
      const own = variables.of(functionName, sent);
      return own instanceof Promise ? own.then((all) => set(functionName, all)) : set(functionName, own);
    },
    latest(functionName) {
      const own = lastOwn.get(functionName);
      return own && { ...own, ...local.of(functionName) };
    },
  };
}

const missing = 'missing';
const unusable = 'unusable';

/** Differs after every save. Throws LD_CONFIG if it cannot be used. */
function stampOf({ isOptional, label, path }: GivenFile): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined && isOptional) return missing;
  const mistake =
    stats === undefined
      ? 'does not exist'
      : !stats.isFile()
        ? 'is not a file'
        : stats.size > mostFileBytes
          ? `is over ${mostFileBytes / 1024} KB`
          : undefined;
  if (mistake === undefined) return `${stats?.mtimeMs}:${stats?.ctimeMs}:${stats?.size}:${stats?.ino}`;
  throw new LiveDebugError('LD_CONFIG', `${label} ${mistake}`, {
    remedy: 'Name a file of lines NAME=value, e.g. --env-file .env.test.',
  });
}

/** Throws LD_CONFIG if it cannot be read. */
function textOf(path: string, label: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new LiveDebugError('LD_CONFIG', `${label} cannot be read: ${messageOf(cause)}`, {
      remedy: 'Name a file that you may read.',
      cause,
    });
  }
}

/** The end of a sentence that begins with the file's name: never what is in the lines, which may be a secret. */
function whichLines(numbers: readonly number[]): string {
  if (numbers.length === 1) return `:${numbers[0]} is not NAME=value, and is left out`;
  const rest = numbers.length - mostNames;
  const more = rest > 0 ? ` and ${rest} more` : '';
  return `: lines ${numbers.slice(0, mostNames).join(', ')}${more} are not NAME=value, and are left out`;
}

function isFor({ functionName }: Pick<GivenFile, 'functionName'>, name: string): boolean {
  return functionName === undefined || functionName === name;
}

function forWhom({ functionName }: Pick<GivenFile, 'functionName'>): string {
  return functionName === undefined ? '' : ` for ${functionName}`;
}

function changedNames(before: Variables, after: Variables): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (name) => before[name] !== after[name],
  );
}

/** Names for a message, at most 20 of them. */
export function some(names: readonly string[]): string {
  const rest = names.length - mostNames;
  return names.slice(0, mostNames).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}
