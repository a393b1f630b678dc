// `serve --inspect`: which functions a debugger can attach to, and the ports for them.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { nodeMajor } from '../manifest/runtimes.ts';
import { type DebuggedFunction, Debugging } from '../worker/debug/debugging.ts';

/** Opens a port for each Node and Python function, in the manifest's order. Rejects with LD_PORT_IN_USE. */
export function openDebugging(functions: readonly FunctionSettings[], firstPort: number): Promise<Debugging> {
  return Debugging.open(functions.flatMap(debugged), firstPort);
}

/** A program of its own has a debugger of its own, which its `command` may name. */
function debugged({ command, name: functionName, runtime }: FunctionSettings): DebuggedFunction[] {
  if (command !== undefined) return [];
  if (runtime.startsWith('python')) return [{ functionName, kind: 'python' }];
  return nodeMajor(runtime) === undefined ? [] : [{ functionName, kind: 'node' }];
}
