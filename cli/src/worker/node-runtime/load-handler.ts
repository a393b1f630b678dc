// [5] Finds and imports the user's handler, by Lambda's rules and with Lambda's init errors.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeError, wrapError } from './error-report.ts';

/** The user's function; called with a callback on runtimes before nodejs24. */
export type Handler = (event: unknown, context: object, callback?: unknown) => unknown;

/** Where the handler is, and the string that names it in errors. */
export interface HandlerLocation {
  /** Absolute. */
  readonly moduleFile: string;
  readonly exportPath: string;
  readonly handlerString: string;
}

/** The extensions Lambda tries, in its order; the last ones are for TypeScript as Node and Deno run it. */
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
  const folder = handlerString.slice(0, handlerString.length - file.length);
  const withoutExtension = resolve(join(taskRoot, folder), file.slice(0, dot));
  const moduleFile = extensions.map((extension) => withoutExtension + extension).find(isFile);
  if (moduleFile === undefined) throw missingModule(file.slice(0, dot));
  return { moduleFile, exportPath: file.slice(dot + 1), handlerString };
}

/**
 * Imports the module and looks its handler up.
 * @throws `Runtime.ImportModuleError`, `Runtime.UserCodeSyntaxError`, `Runtime.HandlerNotFound`, or what the module threw
 */
export async function loadHandler(location: HandlerLocation): Promise<Handler> {
  const handler = findExport(await importModule(location.moduleFile), location.exportPath);
  if (typeof handler === 'function') return handler as Handler;
  const why =
    handler === undefined || handler === null ? 'is undefined or not exported' : 'is not a function';
  throw new RuntimeError('HandlerNotFound', `${location.handlerString} ${why}`);
}

async function importModule(moduleFile: string): Promise<unknown> {
  if (!isFile(moduleFile)) throw missingModule(moduleFile);
  try {
    // Not import() for both: Deno would take any .js for an ES module.
    if (isCommonJs(moduleFile)) return createRequire(moduleFile)(moduleFile);
    return await import(pathToFileURL(moduleFile).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw wrapError('UserCodeSyntaxError', error);
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') {
      throw wrapError('ImportModuleError', error);
    }
    throw error;
  }
}

/** By extension; for .js by the nearest package.json, as Node and Lambda decide it. */
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
    // Lambda's runtime, too, goes on as if there were no type.
    return false;
  }
}

function findExport(module: unknown, exportPath: string): unknown {
  return findIn(module, exportPath) ?? findIn(findIn(module, 'default'), exportPath);
}

function findIn(holder: unknown, exportPath: string): unknown {
  let value = holder;
  for (const key of exportPath.split('.')) {
    if (value === undefined || value === null) return undefined;
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
