// The scripts that a bundle's sources start by file: finds them, and changes the references to the built scripts by a plugin.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import type { Loader, Plugin } from 'esbuild';
import { readStamp } from './file-state.ts';
import {
  mayReferToThreads,
  type ReferencePlaces,
  type ThreadReference,
  threadReferences,
  withThreads,
} from './thread-references.ts';

const loaders: Readonly<Record<string, Loader>> = { '.jsx': 'jsx', '.tsx': 'tsx' };

export class Threads {
  readonly #places: Omit<ReferencePlaces, 'source'>;
  /** Returns a script's path relative to the entry point's output. */
  readonly #placeOf: (file: string) => string;
  /** Sources that were read, by their state; with the text if it may contain a reference. */
  readonly #read = new Map<string, { readonly stamp: string; readonly text: string | undefined }>();
  #references = new Map<string, readonly ThreadReference[]>();

  constructor(places: Omit<ReferencePlaces, 'source'>, placeOf: (file: string) => string) {
    this.#places = places;
    this.#placeOf = placeOf;
  }

  /** The scripts found so far, absolute. */
  get files(): string[] {
    const all = [...this.#references.values()].flat();
    return [...new Set(all.flatMap(({ file }) => file ?? []))].sort();
  }

  /** Whether a source refers to another script or to itself. */
  get isUsed(): boolean {
    return this.#references.size > 0;
  }

  /** Reads the sources of a build; returns true if it must be rebuilt because other sources have references now. */
  look(inputs: Iterable<string>): boolean {
    const references = new Map<string, readonly ThreadReference[]>();
    for (const file of inputs) {
      if (!/\.[cm]?[jt]sx?$/.test(file) || /[\\/]node_modules[\\/]/.test(file)) continue;
      const text = this.#textOf(file);
      const found = text === undefined ? [] : threadReferences(text, { ...this.#places, source: file });
      if (found.length > 0) references.set(file, found);
    }
    const targets = (all: typeof references) =>
      [...all].map(([file, found]) => `${file}\0${found.map((one) => one.file).join()}`).join('\n');
    const differs = targets(references) !== targets(this.#references);
    this.#references = references;
    return differs;
  }

  /** The text of a source with its references changed to the built scripts. */
  readonly prepare = (file: string, text: string): string => {
    if (!this.#references.has(file)) return text;
    const found = threadReferences(text, { ...this.#places, source: file });
    return withThreads(text, found, this.#placeOf);
  };

  /** esbuild's plugin for sources with references; esbuild reads all others itself, which is faster. */
  plugin(): Plugin {
    const names = [...this.#references.keys()].map((file) => file.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return {
      name: 'livectl-threads',
      setup: (build) => {
        build.onLoad(
          { filter: new RegExp(`^(?:${names.join('|')})$`), namespace: 'file' },
          async ({ path }) => {
            const contents = this.prepare(path, await readFile(path, 'utf8'));
            const loader = loaders[extname(path)] ?? (/\.[cm]?ts$/.test(path) ? 'ts' : 'js');
            return { contents, loader, resolveDir: dirname(path) };
          },
        );
      },
    };
  }

  #textOf(file: string): string | undefined {
    const stamp = readStamp(file);
    const known = this.#read.get(file);
    if (known?.stamp === stamp) return known.text;
    const text = textAt(file);
    const read = { stamp, text: text !== undefined && mayReferToThreads(text) ? text : undefined };
    this.#read.set(file, read);
    return read.text;
  }
}

function textAt(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
