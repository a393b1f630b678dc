// Notices about the functions' runtimes, each reported once: another local Node.js version, or an unknown family.

import type { FunctionSettings } from '../manifest/function-settings.ts';
import { isKnownRuntime, meantRuntime, nodeMajor } from '../manifest/runtimes.ts';
import { nodeVersion } from '../platform.ts';

/** One line for each deployed Node version other than the local one, and for each unknown runtime. */
export function runtimeNotices(functions: readonly FunctionSettings[]): string[] {
  return [...unknownRuntimes(functions), ...otherNodes(functions)];
}

function unknownRuntimes(functions: readonly FunctionSettings[]): string[] {
  return functions
    .filter(({ runtime }) => !isKnownRuntime(runtime))
    .map(({ command, name, runtime }) => {
      const known = meantRuntime(runtime);
      const meant = known === undefined ? '' : ` (did you mean ${known}?)`;
      const done = command
        ? `its "command" runs it`
        : 'livectl can run it only with a "command"; its invocations fail without one';
      return `${name}: livectl does not know the runtime ${JSON.stringify(runtime)}${meant}; ${done}`;
    });
}

function otherNodes(functions: readonly FunctionSettings[]): string[] {
  const local = nodeVersion();
  const other = new Map<number, string[]>();
  for (const { command, name, runtime } of functions) {
    const major = nodeMajor(runtime);
    if (command || major === undefined || local === undefined || local.startsWith(`${major}.`)) continue;
    other.set(major, [...(other.get(major) ?? []), name]);
  }
  return [...other].map(([major, names]) => {
    const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return `${names.slice(0, 3).join(', ')}${more}: deployed on Node.js ${major}, run here by ${local}`;
  });
}
