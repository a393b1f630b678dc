// What does not happen on this machine with the layers of functions.
import type { CachedLayer } from '../layers/layer-cache.ts';
import { layerBounds } from '../layers/unzip-layer.ts';
import type { LayerUse } from './layer-uses.ts';

/** Words for `process.platform`. */
const systems: Readonly<Record<string, string>> = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' };

/** The machine that code runs on. */
export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/** One line for each thing; each layer is named once. */
export function layerNotices(
  layers: readonly (readonly [use: LayerUse, layer: CachedLayer])[],
  machine: Machine = process,
): string[] {
  return layers.flatMap(([use, layer]) => {
    const subject = `layer ${use.label} of ${use.functions.join(', ')}`;
    const notices: string[] = [];
    const { extensions, leftOut, machines } = layer;
    const runs = machine.platform === 'linux' && machines.includes(machine.arch);
    if (machines.length > 0 && !runs) {
      const here = `${systems[machine.platform] ?? machine.platform} on ${machine.arch}`;
      notices.push(
        `${subject} has programs or libraries for Linux on ${machines.join(' and ')}, which do not run on this machine (${here}): code that loads them fails here; install their packages in the project, which takes precedence`,
      );
    }
    if (extensions.length > 0)
      notices.push(
        `${subject} has extensions, which are not started on this machine: ${extensions.join(', ')}`,
      );
    if (leftOut.length > 0)
      notices.push(
        `${subject} has links that lead out of it or nowhere, which are left out: ${leftOut.join(', ')}`,
      );
    return notices;
  });
}

/** Whether the layers of one function are more than Lambda takes. */
export function areTooLarge(layers: readonly CachedLayer[]): boolean {
  return layers.reduce((sum, { bytes }) => sum + bytes, 0) > layerBounds.bytes;
}
