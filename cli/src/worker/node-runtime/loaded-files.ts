// [5] Which files the function has loaded: its modules, and files read while they were loaded. livectl watches them.
import fs from 'node:fs';
import * as nodeModule from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The functions that open a file, with its path as the first argument. */
const readers = ['readFileSync', 'readFile', 'openSync', 'open', 'createReadStream', 'existsSync'] as const;
const listers = ['readdirSync', 'readdir'] as const;

/** More than any function loads; anything beyond is not reported. */
const maxPaths = 20_000;

type Functions = Record<string, unknown>;
type Hooks = {
  registerHooks?: (hooks: {
    resolve: (
      specifier: string,
      context: object,
      next: (specifier: string, context: object) => { url: string },
    ) => { url: string };
  }) => void;
};

/** The body of `POST /livectl/loaded`; absolute paths. */
interface LoadedReport {
  readonly files: readonly string[];
  readonly folders: readonly string[];
  readonly complete: boolean;
  readonly failed: boolean;
}

export class LoadedFiles {
  readonly #files = new Set<string>();
  readonly #folders = new Set<string>();
  readonly #restores: (() => void)[] = [];
  /** Whether ES modules are included, which only newer versions of Node.js report. */
  readonly #complete: boolean;
  #required = 0;
  #reported = 0;

  /** Starts recording: files until {@link loaded}, modules as long as the process lives. */
  constructor() {
    for (const functions of [fs, fs.promises] as unknown as Functions[]) {
      for (const name of readers) this.#watch(functions, name, this.#files);
      for (const name of listers) this.#watch(functions, name, this.#folders);
    }
    sync();
    const { registerHooks } = nodeModule as unknown as Hooks;
    this.#complete = registerHooks !== undefined;
    registerHooks?.({
      resolve: (specifier, context, next) => {
        const resolved = next(specifier, context);
        if (resolved.url.startsWith('file:')) this.#add(this.#files, pathOf(resolved.url));
        return resolved;
      },
    });
  }

  /** The handler is loaded: files read from now on are data. */
  loaded(): void {
    for (const restore of this.#restores.splice(0)) restore();
    sync();
  }

  /** Everything recorded; undefined if that has been reported already. */
  report(failed: boolean): LoadedReport | undefined {
    const required = Object.keys(requireCache());
    if (required.length !== this.#required) for (const file of required) this.#add(this.#files, file);
    this.#required = required.length;
    const count = this.#files.size + this.#folders.size;
    if (count === this.#reported) return undefined;
    this.#reported = count;
    const { files, folders } = { files: [...this.#files], folders: [...this.#folders] };
    return { files, folders, complete: this.#complete, failed };
  }

  #watch(functions: Functions, name: string, into: Set<string>): void {
    const original = functions[name];
    if (typeof original !== 'function') return;
    const watched = new Proxy(original, {
      apply: (target, self, args: unknown[]) => {
        if (name !== 'openSync' && name !== 'open') this.#add(into, pathOf(args[0]));
        else if (readsOnly(args[1])) this.#add(into, pathOf(args[0]));
        return Reflect.apply(target, self, args);
      },
    });
    functions[name] = watched;
    this.#restores.push(() => {
      // A library may have installed its own in the meantime, which calls ours.
      if (functions[name] === watched) functions[name] = original;
    });
  }

  #add(into: Set<string>, path: string | undefined): void {
    if (path === undefined || into.size >= maxPaths || /[\\/]node_modules[\\/]/.test(path)) return;
    into.add(path);
  }
}

function requireCache(): object {
  return nodeModule.createRequire(import.meta.url).cache;
}

/** Updates `import { readFileSync } from 'node:fs'` to the current functions. */
function sync(): void {
  nodeModule.syncBuiltinESMExports();
}

/** Undefined for a descriptor, or anything else but a path. */
function pathOf(given: unknown): string | undefined {
  try {
    if (given instanceof URL) return fileURLToPath(given);
    if (typeof given === 'string') return given.startsWith('file:') ? fileURLToPath(given) : resolve(given);
    return Buffer.isBuffer(given) ? resolve(given.toString()) : undefined;
  } catch {
    return undefined;
  }
}

function readsOnly(flags: unknown): boolean {
  if (typeof flags === 'number') return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) === 0;
  return typeof flags !== 'string' || flags === 'r' || flags === 'rs';
}
