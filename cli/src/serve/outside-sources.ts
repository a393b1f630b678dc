// [1] What a wrapped function's plain JavaScript imports from outside its folder, such as `../shared/rate.js`: copied beside its
// folder's copy in the local cloud, at the same relative paths.
import { copyFile, mkdir, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/** Maximum for one function's imports; each file is read. */
const mostFiles = 10_000;

/**
 * Copies the files among `sources` that are outside `taskRoot` and outside packages to `place`, an empty folder. Returns the
 * folder for a copy of `taskRoot`: `place`, or one below it. Throws an Error for too many files.
 */
export async function copyOutsideSources(
  sources: ReadonlySet<string>,
  taskRoot: string,
  place: string,
): Promise<string> {
  const outside: string[] = [];
  for (const file of sources) if (isOutside(file, taskRoot) && (await isFile(file))) outside.push(file);
  if (outside.length === 0) return place;
  if (outside.length > mostFiles)
    throw new Error(`it imports more than ${mostFiles} files from outside ${taskRoot}`);
  const common = outside.map((file) => dirname(file)).reduce(commonFolder, taskRoot);
  const folders = new Set<string>();
  for (const file of [...outside, taskRoot]) {
    for (let folder = dirname(file); !folders.has(folder); folder = dirname(folder)) {
      folders.add(folder);
      if (folder === common) break;
    }
  }
  for (const folder of folders) {
    const copy = join(place, relative(common, folder));
    await mkdir(copy, { recursive: true, mode: 0o700 });
    // The folders in which their imports of packages and their formats are looked up.
    const packages = join(folder, 'node_modules');
    if (await exists(packages)) await symlink(packages, join(copy, 'node_modules'));
    const json = await packageJsonFor(folder, folder === common);
    if (json !== undefined) await copyFile(json, join(copy, 'package.json'));
  }
  for (const file of outside) await copyFile(file, join(place, relative(common, file)));
  return join(place, relative(common, taskRoot));
}

/** Not an installed package's file, which is found where it is, nor a setting that a build looks for in all parent folders. */
function isOutside(file: string, taskRoot: string): boolean {
  const isSetting = /^(?:package|tsconfig)\.json$/.test(basename(file));
  return !isSetting && !file.startsWith(taskRoot + sep) && !file.split(sep).includes('node_modules');
}

function commonFolder(one: string, other: string): string {
  let folder = one;
  while (other !== folder && !other.startsWith(folder.endsWith(sep) ? folder : folder + sep))
    folder = dirname(folder);
  return folder;
}

/** The folder's own package.json; with `above`, otherwise the nearest one above. */
async function packageJsonFor(folder: string, above: boolean): Promise<string | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (await isFile(file)) return file;
    if (!above || dirname(at) === at) return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
