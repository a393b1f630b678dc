// Unpacks the zip file of a layer: code that somebody else has packed. Nothing is written outside of the folder, nothing is
// overwritten, and its size, its number of files and their kinds are bounded.
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join, posix, sep } from 'node:path';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { machineOfElf } from './elf-machine.ts';

/** What is in an unpacked layer, as far as livectl says something about it. */
export interface LayerContent {
  /** Bytes of its files. */
  readonly bytes: number;
  /** The processors for which it has Linux programs or libraries, e.g. `arm64`. Not those of extensions. */
  readonly machines: readonly string[];
  /** Names of its extensions. */
  readonly extensions: readonly string[];
  /** Links that lead out of the layer or nowhere, which are left out. */
  readonly leftOut: readonly string[];
}

interface Bounds {
  readonly bytes: number;
  readonly entries: number;
}

/**
 * Lambda's limit for a function with all its layers, unzipped; it has none for the number of files. With the sizes bounded, the
 * ratio of compression does not matter.
 * https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
export const layerBounds: Bounds = { bytes: 250 * 1024 * 1024, entries: 100_000 };

const longestName = 1024;
const longestTarget = 1024;
const mostNamed = 20;

/** Kinds of files in a mode of Unix. */
const kinds = { mask: 0o170000, link: 0o120000, folder: 0o040000, file: 0o100000 };

// biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal would obey.
const control = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

/**
 * Unpacks into a folder, which must be empty and private. Files get mode 0400, programs 0500. Throws with the reason, in which
 * names are quoted, if the file is damaged or holds what a layer never does; what was unpacked until then must be removed.
 */
export async function unzipLayer(
  file: string,
  folder: string,
  bounds: Bounds = layerBounds,
): Promise<LayerContent> {
  const zip = await openPromise(file, { strictFileNames: true });
  try {
    return await new Unpacking(zip, realpathSync.native(folder), bounds).run();
  } finally {
    zip.close();
  }
}

class Unpacking {
  readonly #zip: ZipFile;
  readonly #root: string;
  readonly #bounds: Bounds;
  readonly #folders = new Set<string>();
  readonly #links = new Map<string, string>();
  readonly #machines = new Set<string>();
  readonly #extensions = new Set<string>();
  readonly #leftOut: string[] = [];
  #bytes = 0;

  constructor(zip: ZipFile, root: string, bounds: Bounds) {
    this.#zip = zip;
    this.#root = root;
    this.#bounds = bounds;
  }

  async run(): Promise<LayerContent> {
    if (this.#zip.entryCount > this.#bounds.entries)
      throw new Error(`it has more than ${this.#bounds.entries} files`);
    for await (const entry of this.#zip.eachEntry()) {
      const name = nameOf(entry);
      if (name === '') continue;
      try {
        await this.#unpack(entry, name);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        // Also where the file system takes two names for one, such as `A` and `a` on macOS and Windows.
        const isTaken = code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR';
        throw isTaken ? new Error(`${quoted(name)} is in it twice on this file system`) : error;
      }
    }
    // Only now: until here there are no links that a file could be written through.
    this.#link();
    return {
      bytes: this.#bytes,
      machines: [...this.#machines].sort(),
      extensions: [...this.#extensions].sort().slice(0, mostNamed),
      leftOut: this.#leftOut.slice(0, mostNamed),
    };
  }

  async #unpack(entry: Entry, name: string): Promise<void> {
    const mode = modeOf(entry);
    const isFolder = entry.fileName.endsWith('/');
    const kind = mode & kinds.mask || (isFolder ? kinds.folder : kinds.file);
    const path = join(this.#root, name);
    if (entry.isEncrypted()) throw new Error(`${quoted(name)} is encrypted`);
    if (kind === kinds.folder || isFolder) {
      if (kind !== kinds.folder) throw new Error(`${quoted(name)} is neither a file nor a folder`);
      this.#folder(path);
      return;
    }
    if (kind !== kinds.file && kind !== kinds.link)
      throw new Error(`${quoted(name)} is neither a file nor a folder`);
    this.#bytes += entry.uncompressedSize;
    if (this.#bytes > this.#bounds.bytes)
      throw new Error(`it has more than ${this.#bounds.bytes} bytes unpacked, Lambda’s limit`);
    this.#folder(dirname(path));
    if (kind === kinds.link) {
      if (entry.uncompressedSize > longestTarget)
        throw new Error(`${quoted(name)} is a link that is too long`);
      if (this.#links.has(name)) throw new Error(`${quoted(name)} is in it twice`);
      this.#links.set(name, (await this.#read(entry)).toString('utf8'));
      return;
    }
    const isProgram = (mode & 0o111) !== 0;
    // Never with the bits that run a program as another user.
    const target = openSync(path, 'wx', isProgram ? 0o500 : 0o400);
    try {
      const machine = machineOfElf(await this.#write(entry, target));
      const [top, second, ...rest] = name.split('/');
      const isExtension = top === 'extensions' && second !== undefined;
      if (isExtension && rest.length === 0 && isProgram) this.#extensions.add(second);
      if (machine !== undefined && !isExtension) this.#machines.add(machine);
    } finally {
      closeSync(target);
    }
  }

  #folder(path: string): void {
    if (this.#folders.has(path)) return;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#folders.add(path);
  }

  /**
   * Writes an entry's content; returns how it begins. Not by promises, of which three for each of thousands of small files take
   * longer than the files.
   */
  async #write(entry: Entry, target: number): Promise<Buffer> {
    let head: Buffer = Buffer.alloc(0);
    for await (const part of await this.#contentOf(entry)) {
      if (head.length < longestHead) head = Buffer.concat([head, part.subarray(0, longestHead)]);
      for (let done = 0; done < part.length; ) done += writeSync(target, part, done);
    }
    return head;
  }

  async #read(entry: Entry): Promise<Buffer> {
    const parts: Buffer[] = [];
    for await (const part of await this.#contentOf(entry)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** Fails as soon as there is more, or if there is less, than the entry's stated size. */
  async #contentOf(entry: Entry): Promise<AsyncIterable<Buffer>> {
    return (await this.#zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>;
  }

  #link(): void {
    for (const [name, target] of this.#links) {
      const path = join(this.#root, name);
      if (lstatSync(path, { throwIfNoEntry: false })) throw new Error(`${quoted(name)} is in it twice`);
      const way = this.#targetOf(name, target);
      if (way === undefined || !made(path, way)) this.#leftOut.push(name);
    }
    // Where a link leads is known only now: through other links, even `a/..` may lead elsewhere.
    for (let isSettled = false; !isSettled; ) {
      isSettled = true;
      for (const name of this.#links.keys()) {
        const path = join(this.#root, name);
        if (!lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() || this.#leadsInside(path))
          continue;
        unlinkSync(path);
        this.#leftOut.push(name);
        isSettled = false;
      }
    }
  }

  /** A relative path in the folder; undefined if it leads out of it. A layer's own files are below /opt on Lambda. */
  #targetOf(name: string, target: string): string | undefined {
    if (target === '' || control.test(target) || target.includes('\\')) return undefined;
    const folder = posix.dirname(name);
    const way = target.startsWith('/opt/')
      ? posix.relative(`/opt/${folder}`, posix.normalize(target))
      : target;
    if (way === '' || posix.isAbsolute(way)) return undefined;
    return posix.normalize(posix.join(folder, way)).split('/')[0] === '..' ? undefined : way;
  }

  #leadsInside(path: string): boolean {
    try {
      // No step of the way may be outside, even if a later one leads back.
      if (readlinkSync(path).startsWith(sep)) return false;
      // Not `realpathSync`, which takes `a/..` for `.` even if `a` is a link.
      const real = realpathSync.native(path);
      return real === this.#root || real.startsWith(this.#root + sep);
    } catch {
      return false;
    }
  }
}

/** Enough for the header of an ELF file. */
const longestHead = 64;

/** Whether the link was created; false where this user may not, as on Windows. */
function made(path: string, target: string): boolean {
  try {
    symlinkSync(target, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    return false;
  }
}

/** A relative path without `.`; throws for one that is not. */
function nameOf({ fileName, fileNameRaw }: Entry): string {
  if (fileName.length > longestName) throw new Error('it has a file whose path is over 1,024 characters');
  // Of an older encoding, control characters are shown as signs.
  if (control.test(fileName) || fileNameRaw.some((byte) => byte < 0x20 || byte === 0x7f))
    throw new Error(`${quoted(fileName)} has control characters in its name`);
  const parts = fileName.split('/').filter((part) => part !== '' && part !== '.');
  if (fileName.startsWith('/') || fileName.includes('\\') || parts.includes('..'))
    throw new Error(`${quoted(fileName)} leads out of it`);
  if (process.platform === 'win32' && parts.some((part) => /[:*?"<>|]|[. ]$/.test(part)))
    throw new Error(`${quoted(fileName)} is not a name on Windows`);
  return parts.join('/');
}

/** 0 if the zip was not made on Unix. */
function modeOf({ externalFileAttributes, versionMadeBy }: Entry): number {
  const system = versionMadeBy >>> 8;
  return system === 3 || system === 19 ? externalFileAttributes >>> 16 : 0;
}

/** With every character that a terminal could obey encoded. */
function quoted(name: string): string {
  const short = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return JSON.stringify(short).replace(
    /[^\x20-\x7e…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
