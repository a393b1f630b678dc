// The stage of a `livectl tunnel` without --stage: the only one that this machine serves.
import type { StageOptions } from '../aws/stage.ts';
import { readServeStates } from '../control/serve-state.ts';

/** How many of them a message names. */
const mostNamed = 4;

/** Which stage is meant, or why none is: for a message after `pass --stage NAME`. */
export type ServedStage = { readonly stage: StageOptions } | { readonly why: string };

/** Of those whose table has this prefix, in this Region if one is given. */
export async function servedStage(flags: Omit<StageOptions, 'stage'>): Promise<ServedStage> {
  const served = new Map<string, StageOptions>();
  for (const { place } of await readServeStates()) {
    if (place.kind !== 'stage' || place.table !== `${flags.name}-${place.stage}`) continue;
    if (flags.region !== undefined && flags.region !== place.region) continue;
    served.set(`${place.stage} in ${place.region}`, { ...flags, stage: place.stage, region: place.region });
  }
  const [only] = served.values();
  if (only !== undefined && served.size === 1) return { stage: only };
  if (served.size === 0) return { why: 'this machine serves no stage' };
  const names = [...served.keys()];
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  return { why: `this machine serves several: ${names.slice(0, mostNamed).join(', ')}${more}` };
}
