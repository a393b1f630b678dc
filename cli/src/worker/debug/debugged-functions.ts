// [5] Which functions a debugger can attach to, and the port that each has under `--inspect`.
import type { FunctionSettings } from '../../manifest/function-settings.ts';
import { nodeMajor } from '../../manifest/runtimes.ts';
import type { DebugKind } from './debug-port.ts';

/** A function whose process can be debugged. */
export interface DebuggedFunction {
  readonly functionName: string;
  readonly kind: DebugKind;
}

/**
 * Node and Python functions, in the order of their ports. That is the order of their names, in code units: a stage's manifest comes
 * from Terraform, which sorts it so, and a function must have the same port whether it is served from there or from `livectl.json`.
 */
export function debuggedFunctions(functions: readonly FunctionSettings[]): DebuggedFunction[] {
  return functions.flatMap(debugged).sort((one, other) => (one.functionName < other.functionName ? -1 : 1));
}

/** A program of its own has a debugger of its own, which its `command` may name. */
function debugged({ command, name: functionName, runtime }: FunctionSettings): DebuggedFunction[] {
  if (command !== undefined) return [];
  if (runtime.startsWith('python')) return [{ functionName, kind: 'python' }];
  return nodeMajor(runtime) === undefined ? [] : [{ functionName, kind: 'node' }];
}
