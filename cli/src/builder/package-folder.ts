// Properties of a package in node_modules: its folder, whether it has native code, and how Node.js reads one of its files.
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, extname, join, sep } from 'node:path';
import { kindOf } from '../manifest/path-kind.ts';

/** Dependencies with which a package finds its compiled part at run time. */
const nativeHelpers = [
  'bindings',
  'node-gyp-build',
  'node-gyp-build-optional-packages',
  'node-pre-gyp',
  '@mapbox/node-pre-gyp',
  'prebuild-install',
  'pkg-prebuilds',
];

/** Matches the end of a package name for the compiled part of one platform, e.g. `@img/sharp-linux-x64`. */
const platformName = /[-.](?:linux|darwin|win32|freebsd|android)[-.](?:x64|arm64|ia32|arm)\b/;

interface PackageJson {
  readonly type?: unknown;
  readonly gypfile?: unknown;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly os?: unknown;
  readonly cpu?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The folder of the innermost package that contains `file`, e.g. `/p/node_modules/@a/b`; undefined outside node_modules. */
export function packageFolderOf(file: string): string | undefined {
  const mark = `${sep}node_modules${sep}`;
  const at = file.lastIndexOf(mark);
  if (at < 0) return undefined;
  const [scope = '', name = ''] = file.slice(at + mark.length).split(sep);
  return file.slice(0, at + mark.length) + (scope.startsWith('@') ? join(scope, name) : scope);
}

/** The name of the package in which a specifier such as `@a/b/c.js` is looked up. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The real folder in which Node.js finds a package from a file in `folder`, or undefined. */
export function findPackageFolder(folder: string, name: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    const candidate = join(current, 'node_modules', name);
    if (kindOf(candidate) === 'folder') return realpathSync(candidate);
    if (dirname(current) === current) return undefined;
  }
}

/**
 * Whether the package in `folder` has a compiled part, which cannot be bundled: judged by its package.json, and by the files
 * that builds of such packages leave.
 */
export function isNative(folder: string): boolean {
  const json = packageJsonIn(folder) ?? {};
  if (json.gypfile || json.binary || json.napi) return true;
  if (json.os !== undefined && json.cpu !== undefined) return true;
  if (nativeHelpers.some((name) => json.dependencies?.[name] !== undefined)) return true;
  if (Object.keys(json.optionalDependencies ?? {}).some((name) => platformName.test(name))) return true;
  const names = namesIn(folder);
  if (names.includes('binding.gyp') || names.includes('prebuilds')) return true;
  return names.some((name) => name.endsWith('.node')) || hasAddon(join(folder, 'build', 'Release'));
}

/** The module kind as which Node.js reads a package's file; undefined for files it cannot read, e.g. TypeScript or CSS. */
export function formatOfPackaged(file: string, folder: string): 'esm' | 'cjs' | undefined {
  const extension = extname(file);
  if (extension === '.mjs') return 'esm';
  if (extension === '.cjs') return 'cjs';
  if (extension !== '.js' && extension !== '') return undefined;
  for (let current = dirname(file); current.length >= folder.length; current = dirname(current)) {
    const json = packageJsonIn(current);
    if (json) return json.type === 'module' ? 'esm' : 'cjs';
  }
  return 'cjs';
}

function packageJsonIn(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageJson;
  } catch {
    return undefined;
  }
}

function hasAddon(folder: string): boolean {
  return namesIn(folder).some((name) => name.endsWith('.node'));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
