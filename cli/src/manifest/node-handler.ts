// Finds the source of a Node.js handler, in the project or in a layer's folder, and of the scripts beside it.
import { createRequire } from 'node:module';
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { nodeModulesOf } from './layers.ts';
import type { Mistake } from './mistakes.ts';
import { nearFile } from './near-file.ts';
import { kindOf } from './path-kind.ts';

/** Tried in this order: sources before the output of a compiler beside them, then as Lambda does. */
const extensions = ['.ts', '.mts', '.cts', '.tsx', '', '.js', '.mjs', '.cjs', '.jsx'];

/** All files that may contain the module at this path. */
export function scriptsOf(place: string): string[] {
  return extensions.map((extension) => place + extension);
}

/** A handler's file, and the part of the handler after it. */
interface NodeHandlerSource {
  /** Absolute. */
  readonly sourceFile: string;
  readonly exportPath: string;
}

interface NodeHandlerPlaces {
  readonly handler: string;
  readonly runtime: string;
  /** The folder livectl serves, absolute. */
  readonly root: string;
  /** Absolute. */
  readonly taskRoot: string;
  /** Local folders that stand in for the function's layers, absolute, in order. */
  readonly layers: readonly string[];
}

/** The handler's source, or what is wrong with the handler. */
export function findNodeHandler(places: NodeHandlerPlaces): NodeHandlerSource | Mistake {
  const { handler, layers, root, taskRoot } = places;
  // As Lambda does: https://github.com/aws/aws-lambda-nodejs-runtime-interface-client/blob/main/src/UserFunction.js
  if (handler.includes('..'))
    return { path: 'handler', text: `${JSON.stringify(handler)} must not contain ..` };
  const { exportPath, place: name } = partsOf(handler) ?? {};
  if (name === undefined || exportPath === undefined) {
    return {
      path: 'handler',
      text: `${JSON.stringify(handler)} must be a file without its extension, a dot and an exported name, for example src/hello.handler`,
    };
  }
  const inLayer = /^\/opt\/(.+)$/.exec(name)?.[1];
  if (inLayer !== undefined && scriptAt(name) === undefined) {
    const found = layers.toReversed().map((layer) => scriptAt(join(layer, inLayer)));
    const sourceFile = found.find((file) => file !== undefined);
    if (sourceFile !== undefined) return { sourceFile, exportPath };
    const where = layers.length === 0 ? '' : ` and is not in ${layers.join(', ')}`;
    return {
      path: 'handler',
      text: `${JSON.stringify(handler)} is a layer's file${where}: name the layer’s ARN in "layers", or a folder of the project with its files in "layer_dirs", e.g. ["layers/vendor"]`,
    };
  }
  const place = resolve(taskRoot, name);
  const sourceFile = scriptAt(place) ?? packageAt(name, places);
  if (sourceFile !== undefined) return { sourceFile, exportPath };
  const tried = `${relative(root, place) || place}{${extensions.filter(Boolean).join(',')}}`;
  const near = nearFile(taskRoot, name, extensions);
  const ofLayer = name.includes('/')
    ? ''
    : '; if it is in a layer, name the layer’s ARN in "layers", or a folder with its files in "layer_dirs"';
  const hint = near === undefined ? ofLayer : meant(`${near.place}.${exportPath}`, near.file);
  return {
    path: 'handler',
    text: `${JSON.stringify(handler)} names no file; looked for ${tried} in ${root}${hint}`,
  };
}

/** The end of a sentence about a handler that names no file. */
export function meant(handler: string, file: string): string {
  return `; did you mean ${JSON.stringify(handler)}, in ${JSON.stringify(file)}?`;
}

/**
 * The scripts to build beside the handler, absolute: those in `entry_points`, and those named by the variables of a vendor's
 * wrapper, such as `DD_LAMBDA_HANDLER`; a mistake if one does not exist.
 */
export function findEntryPoints(
  given: readonly string[],
  environment: Readonly<Record<string, string>>,
  taskRoot: string,
): readonly string[] | Mistake {
  const files = given.map((name) => scriptAt(resolve(taskRoot, name)));
  const missing = files.indexOf(undefined);
  if (missing >= 0) {
    return {
      path: `esbuild.entry_points[${missing}]`,
      text: `${JSON.stringify(given[missing])} names no file in ${taskRoot}`,
    };
  }
  const wrapped = Object.entries(environment).flatMap(([name, value]) => {
    const { place } = isHandlerVariable(name) ? (partsOf(value) ?? {}) : {};
    const file = place === undefined || isAbsolute(place) ? undefined : scriptAt(resolve(taskRoot, place));
    return file === undefined || isPlainJavaScript(file) ? [] : [file];
  });
  return [...new Set([...files.flatMap((file) => file ?? []), ...wrapped])];
}

/** Whether a variable, judged by its name, may hold the handler that another one wraps: vendors' names all end in this way. */
export function isHandlerVariable(name: string): boolean {
  return name.endsWith('HANDLER');
}

/** `src/hello` and `a.b` of `src/hello.a.b`; undefined if it is not a handler. */
export function partsOf(
  handler: string,
): { readonly place: string; readonly exportPath: string } | undefined {
  const [, moduleName, exportPath] = /^([^.]+)\.(.+)$/.exec(basename(handler)) ?? [];
  if (moduleName === undefined || exportPath === undefined) return undefined;
  return { place: join(dirname(handler), moduleName), exportPath };
}

/** Files that every Node runs: .js, .mjs and .cjs, and files without an extension. */
export function isPlainJavaScript(file: string): boolean {
  return /^(\.[cm]?js)?$/.test(extname(file));
}

/** The source file of a handler or another script, whose name may lack its extension; undefined if there is none. */
export function scriptAt(place: string): string | undefined {
  const candidates = [...(extname(place) === '' ? [] : [place]), ...extensions.map((one) => place + one)];
  return candidates.find((file) => kindOf(file) === 'file');
}

/** A handler may also be in an installed package, or in a package in a layer. */
function packageAt(name: string, { layers, runtime, taskRoot }: NodeHandlerPlaces): string | undefined {
  if (name.includes('/') && !name.startsWith('@')) return undefined;
  const paths = [
    taskRoot,
    ...layers.toReversed().flatMap((layer) => nodeModulesOf(layer, runtime).map(dirname)),
  ];
  try {
    const file = createRequire(join(taskRoot, 'noop.js')).resolve(name, { paths });
    return isAbsolute(file) ? file : undefined;
  } catch {
    return undefined;
  }
}
