// [1] The package of a wrapped function in the local cloud: a copy of its current folder, with its build.
import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, readdir, realpath, rm, symlink } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';

/** Unzipped, without layers; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const mostBytes = 250 * 1024 * 1024;
const mostFiles = 50_000;

/** Never part of a package. */
const leftOut = /^\.(git|terraform|livectl(-\d+)?)$/;

interface Room {
  bytes: number;
  files: number;
}

/**
 * Copies a folder's files. Installed packages, virtual environments and folders whose names begin with a dot become links. Rejects
 * with LD_CONFIG for more than Lambda allows.
 */
export async function copyPackage(from: string, to: string): Promise<void> {
  await copyFolder(from, to, { bytes: 0, files: 0 }, from);
}

async function copyFolder(from: string, to: string, taken: Room, root: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (leftOut.test(entry.name)) continue;
    if (entry.isSymbolicLink() || (entry.isDirectory() && (await isLinked(source, entry.name)))) {
      const real = await realpath(source).catch(() => undefined);
      if (real !== undefined) await symlink(real, target);
    } else if (entry.isDirectory()) await copyFolder(source, target, taken, root);
    else if (entry.isFile()) {
      taken.bytes += (await lstat(source)).size;
      taken.files += 1;
      if (taken.bytes > mostBytes || taken.files > mostFiles) throw tooLarge(root);
      await copyFile(source, target, constants.COPYFILE_FICLONE);
    }
  }
}

async function isLinked(folder: string, name: string): Promise<boolean> {
  if (name === 'node_modules' || name.startsWith('.')) return true;
  return lstat(join(folder, 'pyvenv.cfg')).then(
    () => true,
    () => false,
  );
}

function tooLarge(folder: string): LiveDebugError {
  return new LiveDebugError(
    'LD_CONFIG',
    `${folder} holds more than a Lambda package can: 250 MB or ${mostFiles} files`,
    { remedy: 'name the folder of the function alone as its source_dir, or write mode "replace"' },
  );
}

const endings = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx'];

/** Puts the built files into the copy in place of their sources, which a runtime would find first. */
export async function addBuild(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await addBuild(source, target);
    else {
      // Not for a source map, which is named for its script.
      if (/\.[cm]?js$/.test(target)) await removeSources(target.slice(0, -extname(target).length));
      await copyFile(source, target);
    }
  }
}

async function removeSources(stem: string): Promise<void> {
  for (const ending of endings) {
    const stats = await lstat(stem + ending).catch(() => undefined);
    // A folder of the same name stays.
    if (stats?.isFile() || stats?.isSymbolicLink()) await rm(stem + ending);
  }
}
