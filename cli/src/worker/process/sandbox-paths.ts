// [5] Variables that name files of Lambda's sandbox: finds them in the project or in the folders of layers, and reports the
// others, which would otherwise be missing silently.
import { join, resolve } from 'node:path';
import { isHandlerVariable, isPlainJavaScript, partsOf, scriptAt } from '../../manifest/node-handler.ts';
import { kindOf } from '../../manifest/path-kind.ts';
import type { FunctionCode } from '../contract.ts';

type Variables = Readonly<Record<string, string>>;

/** A file below /opt in NODE_OPTIONS, as in `--require /opt/tracer.cjs` and `--import=/opt/tracer.mjs`. */
const fileInOptions = /(?<=^|[\s="'])\/opt\/[^\s"']+/g;

/** NODE_OPTIONS with files of layers replaced by their local paths; others are unchanged. */
export function optionsWithLayers(options: string, layers: readonly string[]): string {
  return options.replace(fileInOptions, (file) => fileInLayers(file, layers) ?? file);
}

/** What a function's variables ask for that does not happen here, each with a remedy. */
export function sandboxNotices(code: FunctionCode, given: Variables): string[] {
  const { functionName, layers = [], runner, taskRoot } = code;
  const notices: string[] = [];
  const wrapper = given.AWS_LAMBDA_EXEC_WRAPPER;
  if (wrapper) {
    notices.push(
      `${functionName}: the wrapper script ${wrapper} (AWS_LAMBDA_EXEC_WRAPPER) is not run on this machine; instead, set the variables that it sets for the function itself, e.g. NODE_OPTIONS that load the tracer from node_modules`,
    );
  }
  for (const [file] of (given.NODE_OPTIONS ?? '').matchAll(fileInOptions)) {
    if (kindOf(file) === 'file' || fileInLayers(file, layers) !== undefined) continue;
    notices.push(
      `${functionName}: NODE_OPTIONS names ${file}, a layer's file that does not exist here; name the layer’s ARN in "layers", or a folder of the project with its files in "layer_dirs"`,
    );
  }
  for (const [name, value] of Object.entries(runner.kind === 'node' ? given : {})) {
    const { place } = isHandlerVariable(name) ? (partsOf(value) ?? {}) : {};
    const file = place === undefined ? undefined : scriptAt(resolve(taskRoot, place));
    if (place === undefined || file === undefined || isPlainJavaScript(file)) continue;
    if (runner.kind === 'node' && runner.built?.[resolve(taskRoot, place)] !== undefined) continue;
    notices.push(
      `${functionName}: ${name} names ${place}, which is TypeScript and not built; name it in "esbuild": { "entry_points": [${JSON.stringify(place)}] }`,
    );
  }
  return notices;
}

/** A file below /opt in the folders of layers, where later ones take precedence; undefined if none has it. */
export function fileInLayers(file: string, layers: readonly string[]): string | undefined {
  const places = layers.toReversed().map((layer) => join(layer, file.slice('/opt/'.length)));
  return places.find((place) => kindOf(place) === 'file');
}
