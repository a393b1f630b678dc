// `serve --inspect`: which functions a debugger can attach to, and the ports for them.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { debuggedFunctions } from '../worker/debug/debugged-functions.ts';
import { Debugging } from '../worker/debug/debugging.ts';

/** Opens a port for each Node and Python function, in the order of their names. Rejects with LD_PORT_IN_USE. */
export function openDebugging(functions: readonly FunctionSettings[], firstPort: number): Promise<Debugging> {
  return Debugging.open(debuggedFunctions(functions), firstPort);
}
