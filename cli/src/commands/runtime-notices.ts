// Where the local Node differs from the deployed runtime, said once: the code may behave differently.
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { nodeMajor } from '../manifest/runtimes.ts';
import { nodeVersion } from '../platform.ts';

/** One line for each deployed Node version that is not the local one. */
export function runtimeNotices(functions: readonly FunctionSettings[]): string[] {
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
