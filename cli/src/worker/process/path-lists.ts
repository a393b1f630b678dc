// [5] Variables that are lists of paths: a function's own are placed between those of its layers and this machine's.
import { existsSync } from 'node:fs';
import { delimiter } from 'node:path';
import { layerVariables } from '../../manifest/layers.ts';
import type { FunctionCode } from '../contract.ts';

type Variables = Readonly<Record<string, string>>;

const names = ['PATH', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'NODE_PATH', 'PYTHONPATH', 'GEM_PATH', 'RUBYLIB'];

/** Folders of Lambda's sandbox that a laptop usually does not have. */
const sandboxFolder = /^\/(opt|var\/lang|var\/runtime)(\/|$)/;

/**
 * These variables for a function, if it or its layers have them; `path` is this machine's `PATH`. In the function's values
 * `/var/task` is replaced by its local folder, and paths that only Lambda's sandbox has are removed. This machine's programs are
 * still found, since nothing would run otherwise.
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
  // On Lambda the delimiter is a colon, whatever it is here; the loader also accepts spaces.
  const places = value.split(name === 'LD_PRELOAD' ? /[: ]/ : ':');
  return places
    .map((place) => place.replace(/^\/var\/task(?=\/|$)/, () => taskRoot))
    .filter((place) => !sandboxFolder.test(place) || existsSync(place))
    .join(name === 'LD_PRELOAD' ? ':' : delimiter);
}
