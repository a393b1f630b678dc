// [5] Changes handlers in a function's variables to the built ones: vendors' wrappers and tracers look for the file themselves,
// below LAMBDA_TASK_ROOT, and do not support TypeScript.
import { extname, isAbsolute, relative, resolve } from 'node:path';
import { isHandlerVariable, partsOf } from '../../manifest/node-handler.ts';
import type { FunctionCode } from '../contract.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * Only the variables that change: those that contain a handler that was built, e.g. `DD_LAMBDA_HANDLER`. With `NODE_OPTIONS`,
 * also the function's own `_HANDLER`, for what is loaded before the handler.
 */
export function builtHandlers(code: FunctionCode, variables: Variables): Record<string, string> {
  const built = code.runner.kind === 'node' ? code.runner.built : undefined;
  if (built === undefined) return {};
  const given = variables.NODE_OPTIONS ? { ...variables, _HANDLER: code.handler } : variables;
  const turned: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!isHandlerVariable(name)) continue;
    const parts = partsOf(value);
    const file = parts === undefined ? undefined : built[resolve(code.taskRoot, parts.place)];
    if (parts === undefined || file === undefined) continue;
    turned[name] = `${placeOf(file, code.taskRoot)}.${parts.exportPath}`;
  }
  return turned;
}

/** Without extension, as in a handler; relative to the task root, as most expect it, if it is below that. */
function placeOf(file: string, taskRoot: string): string {
  const stem = file.slice(0, -extname(file).length);
  const place = relative(taskRoot, stem);
  return place.startsWith('..') || isAbsolute(place) ? stem : place.replaceAll('\\', '/');
}
