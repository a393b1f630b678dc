// Finds the file that a handler probably means, if it names none.
import { type Dirent, opendirSync } from 'node:fs';
import { basename, isAbsolute, join } from 'node:path';
import { closest } from './did-you-mean.ts';

/** Entries of a folder that are looked at: it may have been generated. */
const mostEntries = 2000;

interface NearFile {
  /** `path` as it should be written, without an extension. */
  readonly place: string;
  /** The file, relative to the folder. */
  readonly file: string;
}

/**
 * The script below `folder` whose path, without its extension, is most like `path`; folders may be misspelled as well. Undefined
 * if none is close, or if `path` leads out of the folder. `extensions` are tried in order, with their dots.
 */
export function nearFile(folder: string, path: string, extensions: readonly string[]): NearFile | undefined {
  const steps = path.split('/').filter((step) => step !== '' && step !== '.');
  const last = steps.pop();
  if (last === undefined || isAbsolute(path) || steps.includes('..')) return undefined;
  const found: string[] = [];
  for (const step of steps) {
    const names = entriesOf(join(folder, ...found)).flatMap((each) => (isFolder(each) ? [each.name] : []));
    const name = names.includes(step) ? step : closest(step, names);
    if (name === undefined) return undefined;
    found.push(name);
  }
  const files = entriesOf(join(folder, ...found)).flatMap((each) => (each.isFile() ? [each.name] : []));
  const stems = new Map<string, string>();
  for (const extension of extensions.filter(Boolean)) {
    for (const name of files) {
      const stem = basename(name, extension);
      // Of `hello.test.ts` and `hello.d.ts`, no handler can name the file.
      if (stem !== name && !stem.includes('.') && !stems.has(stem)) stems.set(stem, name);
    }
  }
  const stem = stems.has(last) ? last : closest(last, [...stems.keys()]);
  const name = stem === undefined ? undefined : stems.get(stem);
  if (stem === undefined || name === undefined) return undefined;
  return { place: [...found, stem].join('/'), file: [...found, name].join('/') };
}

function isFolder(entry: Dirent): boolean {
  return entry.isDirectory() && entry.name !== 'node_modules';
}

/** Without hidden ones; none if it cannot be read. */
function entriesOf(folder: string): Dirent[] {
  const entries: Dirent[] = [];
  try {
    const opened = opendirSync(folder);
    try {
      for (let read = 0; read < mostEntries; read++) {
        const entry = opened.readSync();
        if (entry === null) break;
        if (!entry.name.startsWith('.')) entries.push(entry);
      }
    } finally {
      opened.closeSync();
    }
  } catch {
    return [];
  }
  // The order of a folder's entries differs between machines.
  return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
}
