// [5] Finds and imports the user's handler, following Lambda's rules and with its init errors.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeError, wrapError } from './error-report.ts';
import type { HandlerModel } from './handler-model.ts';

/** The user's function; receives a callback on runtimes before nodejs24. */
export type Handler = (event: unknown, context: object, callback?: unknown) => unknown;

/** Where the handler is, and the string that names it in errors. */
export interface HandlerLocation {
  /** Absolute. */
  readonly moduleFile: string;
  readonly exportPath: string;
  readonly handlerString: string;
}

/** The extensions that Lambda tries, in its order; the last ones are TypeScript's, for Node and Deno. */
const extensions = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts'];

/**
 * Resolves a handler string such as `src/app.handler` under the task root.
 * @throws `Runtime.MalformedHandlerName` or `Runtime.ImportModuleError`
 */
export function locateHandler(taskRoot: string, handlerString: string): HandlerLocation {
  if (handlerString.includes('..')) {
    throw new RuntimeError(
      'MalformedHandlerName',
      `'${handlerString}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  const file = basename(handlerString);
  const dot = file.indexOf('.');
  if (dot < 0) throw new RuntimeError('MalformedHandlerName', 'Bad handler');
  const folder = resolve(taskRoot, handlerString.slice(0, handlerString.length - file.length));
  const moduleName = file.slice(0, dot);
  const withoutExtension = join(folder, moduleName);
  const moduleFile =
    extensions.map((extension) => withoutExtension + extension).find(isFile) ??
    findModule(moduleName, [taskRoot, folder]);
  return { moduleFile, exportPath: file.slice(dot + 1), handlerString };
}

/** What `require` finds by the name: a handler may also be in an installed package. */
function findModule(moduleName: string, folders: readonly string[]): string {
  try {
    return createRequire(import.meta.url).resolve(moduleName, { paths: [...folders] });
  } catch {
    throw missingModule(moduleName);
  }
}

/**
 * Imports the module and looks up its handler.
 * @throws `Runtime.ImportModuleError`, `Runtime.UserCodeSyntaxError`, `Runtime.HandlerNotFound`, or what the module threw
 */
export async function loadHandler(location: HandlerLocation, model: HandlerModel): Promise<Handler> {
  const module = await importModule(location.moduleFile, model);
  const handler = findExport(module, location.exportPath, model);
  if (typeof handler === 'function') return handler as Handler;
  const why = handler ? 'is not a function' : 'is undefined or not exported';
  throw new RuntimeError('HandlerNotFound', `${location.handlerString} ${why}`);
}

async function importModule(moduleFile: string, model: HandlerModel): Promise<unknown> {
  if (!isFile(moduleFile)) throw missingModule(moduleFile);
  const require = createRequire(moduleFile);
  try {
    // Without an extension it is CommonJS, in any package: up to nodejs22 Lambda uses `require`.
    const isRequired = extname(moduleFile) === '' || isCommonJs(moduleFile);
    if (model === 'callbacks' && isRequired) return require(moduleFile);
    try {
      return await import(pathToFileURL(moduleFile).href);
    } catch (error) {
      // Deno imports every .js file as an ES module.
      if (isCommonJs(moduleFile) && missesCommonJs(error)) return { default: require(moduleFile) };
      throw error;
    }
  } catch (error) {
    if (error instanceof SyntaxError) throw wrapError('UserCodeSyntaxError', error);
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw wrapError('ImportModuleError', error);
    }
    throw error;
  }
}

function missesCommonJs(error: unknown): boolean {
  return error instanceof ReferenceError && /^(exports|module|require) is not defined$/.test(error.message);
}

/** Decided by extension, and for .js by the nearest package.json, as in Node and Lambda. */
function isCommonJs(moduleFile: string): boolean {
  const extension = extname(moduleFile);
  if (extension !== '.js' && extension !== '') return extension === '.cjs';
  for (let folder = dirname(moduleFile); basename(folder) !== 'node_modules'; folder = dirname(folder)) {
    const packageFile = join(folder, 'package.json');
    if (existsSync(packageFile)) return !isModulePackage(packageFile);
    if (folder === dirname(folder)) break;
  }
  return true;
}

function isModulePackage(packageFile: string): boolean {
  try {
    const settings: unknown = JSON.parse(readFileSync(packageFile, 'utf8'));
    return (settings as { type?: unknown } | null)?.type === 'module';
  } catch {
    // Lambda's runtime, too, continues as if there were no type.
    return false;
  }
}

/** From nodejs24 on, a handler may also be a property of the default export. */
function findExport(module: unknown, exportPath: string, model: HandlerModel): unknown {
  const found = findIn(module, exportPath);
  if (found || model === 'callbacks') return found;
  return findIn(findIn(module, 'default'), exportPath);
}

function findIn(holder: unknown, exportPath: string): unknown {
  let value = holder;
  for (const key of exportPath.split('.')) {
    if (!value) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

function missingModule(name: string): RuntimeError {
  return new RuntimeError('ImportModuleError', `Error: Cannot find module '${name}'`);
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
