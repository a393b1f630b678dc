// [5] Which functions a debugger can attach to, and the port that each has under `--inspect`.
import type { FunctionSettings } from '../../manifest/function-settings.ts';
import { nodeMajor } from '../../manifest/runtimes.ts';
import type { DebugKind } from './debug-port.ts';

/** A function whose process can be debugged. */
export interface DebuggedFunction {
  readonly functionName: string;
  readonly kind: DebugKind;
  /** How far its port is from the first one; default: its place among those that are opened. */
  readonly offset?: number;
}

/**
 * Node and Python functions, in the order of their ports. That is the order of their names, in code units: a stage's manifest comes
 * from Terraform, which sorts it so, and a function must have the same port whether it is served from there or from `livectl.json`,
 * alone or with others: those that are not `served` keep theirs.
 */
export function debuggedFunctions(
  all: readonly FunctionSettings[],
  served: readonly FunctionSettings[] = all,
): Required<DebuggedFunction>[] {
  const names = new Set(served.map(({ name }) => name));
  return all
    .flatMap(debugged)
    .sort((one, other) => (one.functionName < other.functionName ? -1 : 1))
    .map((each, offset) => ({ ...each, offset }))
    .filter(({ functionName }) => names.has(functionName));
}

/** A program of its own has a debugger of its own, which its `command` may name. */
function debugged({ command, name: functionName, runtime }: FunctionSettings): DebuggedFunction[] {
  if (command !== undefined) return [];
  if (runtime.startsWith('python')) return [{ functionName, kind: 'python' }];
  return nodeMajor(runtime) === undefined ? [] : [{ functionName, kind: 'node' }];
}
