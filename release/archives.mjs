// Archives of the executables: equal files give equal bytes, whoever builds them and when.
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { zipSync } from 'fflate';
import { pack } from 'tar-stream';

/** A file of an archive, by its name there. @typedef {{ name: string, file: string, mode: number }} Entry */

/** The first day of zip's calendar. */
const [year, month, day] = [1980, 0, 1];

/** Writes a zip for Windows, else a compressed tar. @param {string} archive @param {{ platform: string }} target @param {readonly Entry[]} entries */
export async function packed(archive, { platform }, entries) {
  if (platform === 'win32') await zipped(archive, entries);
  else await tarred(archive, entries);
}

/** @param {string} archive @param {readonly Entry[]} entries */
async function tarred(archive, entries) {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level: 6 }), createWriteStream(archive));
  for (const { file, mode, name } of entries) {
    const mtime = new Date(Date.UTC(year, month, day));
    const owner = { uid: 0, gid: 0, uname: 'root', gname: 'root' };
    const entry = tar.entry({ name, mode, mtime, size: statSync(file).size, ...owner });
    await pipeline(createReadStream(file), entry);
  }
  tar.finalize();
  await written;
}

/** @param {string} archive @param {readonly Entry[]} entries */
async function zipped(archive, entries) {
  /** @type {import('fflate').Zippable} */
  const files = {};
  for (const { file, mode, name } of entries) {
    // A zip's times are local ones.
    const settings = { mtime: new Date(year, month, day), attrs: ((mode | 0o100000) << 16) >>> 0, os: 3 };
    files[name] = [await readFile(file), { ...settings, level: 6 }];
  }
  await writeFile(archive, zipSync(files));
}
