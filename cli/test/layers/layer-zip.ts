// Zip files of layers for tests, also ones that no packer writes.
import { type Zippable, zipSync } from 'fflate';

/** An entry's content, and its mode as Unix has it; 0: none. */
export type ZipEntry = string | Uint8Array | readonly [content: string | Uint8Array, mode: number];

/** By path; a path that ends with a slash is a folder. */
export function layerZip(entries: Readonly<Record<string, ZipEntry>>): Buffer {
  const files: Zippable = {};
  for (const [path, entry] of Object.entries(entries)) {
    const [content, mode] =
      typeof entry === 'string' || entry instanceof Uint8Array ? [entry, 0o100644] : entry;
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    files[path] = [bytes, { mtime: new Date(1980, 0, 1), os: 3, attrs: (mode << 16) >>> 0 }];
  }
  return Buffer.from(zipSync(files));
}

/** The header of a Linux program for a processor (`e_machine`). */
export function elf(machine: number): Buffer {
  const head = Buffer.alloc(64);
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  head.writeUInt16LE(machine, 18);
  return head;
}
