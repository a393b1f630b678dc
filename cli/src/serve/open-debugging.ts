// `serve --inspect`: which functions a debugger can attach to, and the ports for them.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { debuggedFunctions } from '../worker/debug/debugged-functions.ts';
import { Debugging } from '../worker/debug/debugging.ts';

/**
 * Opens a port for each Node and Python function that is served, in the order of the names of `all`. Rejects with LD_PORT_IN_USE.
 */
export function openDebugging(
  served: readonly FunctionSettings[],
  all: readonly FunctionSettings[],
  firstPort: number,
): Promise<Debugging> {
  return Debugging.open(debuggedFunctions(all, served), firstPort);
}
