// [5] Variables that are lists of places: a function's own, between those of its layers and this machine's.
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { layerVariables } from '../../manifest/layers.ts';
import type { FunctionCode } from '../contract.ts';

type Variables = Readonly<Record<string, string>>;

const names = ['PATH', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'NODE_PATH', 'PYTHONPATH', 'GEM_PATH', 'RUBYLIB'];

/** Folders that Lambda's sandbox has and a laptop mostly has not. */
const sandboxFolder = /^\/(opt|var\/lang|var\/runtime)(\/|$)/;

/**
 * These variables for a function, where it or its layers have them; `path` is this machine's `PATH`. In what the function
 * sets `/var/task` stands for its own folder here, and a place that only Lambda's sandbox has is left out. Programs of this
 * machine are found still, or nothing would run.
 */
export function pathLists(code: FunctionCode, given: Variables, path: string): Record<string, string> {
  const lists: Record<string, string> = {};
  for (const name of names) {
    const value = given[name];
    if (value === undefined) continue;
    const places = placesOf(name, value, code.taskRoot);
    if (places !== '' || value === '') lists[name] = places;
  }
  const behindLayers = [lists.PATH, path].filter(Boolean).join(delimiter);
  const layered = layerVariables(code.layers ?? [], code.runtime, behindLayers);
  for (const name of names) {
    const own = lists[name];
    const ofLayers = layered[name];
    if (name === 'PATH' && own !== undefined) lists[name] = ofLayers ?? behindLayers;
    else if (own !== undefined && ofLayers !== undefined)
      lists[name] = own === '' ? ofLayers : `${ofLayers}${delimiter}${own}`;
  }
  return { ...layered, ...lists };
}

function placesOf(name: string, value: string, taskRoot: string): string {
  // On Lambda the delimiter is a colon, whatever it is here; the loader takes spaces as well.
  const places = value.split(name === 'LD_PRELOAD' ? /[: ]/ : ':');
  return places
    .map((place) => place.replace(/^\/var\/task(?=\/|$)/, () => taskRoot))
    .filter((place) => !sandboxFolder.test(place) || existsSync(place))
    .join(name === 'LD_PRELOAD' ? ':' : delimiter);
}
