// Where the stage is that a command works on, and the flags that say so again; commands/place-command.ts reads them.
import type { StageOptions } from './aws/stage.ts';

/** The functions of a folder's livectl.json. */
export interface Folder {
  readonly root: string;
  /** Default: livectl.json in `root`. */
  readonly config: string | undefined;
}

/** A stage on AWS, or the one that a `serve --local` of this machine runs for a folder. */
export type Place = ({ readonly kind: 'stage' } & StageOptions) | ({ readonly kind: 'local' } & Folder);

/** Prefix of a stage's table where none is given: the module's own default. */
export const defaultName = 'live-debug';

/** The flags that say the same as `place`, without those that are so by default. */
export function placeArgs(place: Place): string[] {
  if (place.kind === 'local') return ['--local', ...folderArgs(place)];
  return [
    ...['--stage', place.stage, ...flag('--name', place.name, defaultName)],
    ...flag('--profile', place.profile),
    ...flag('--region', place.region),
  ];
}

/** The flags of a folder alone. */
export function folderArgs({ config, root }: Folder): string[] {
  return [...flag('--root', root, '.'), ...flag('--config', config)];
}

function flag(name: string, value: string | undefined, byDefault?: string): string[] {
  return value === undefined || value === byDefault ? [] : [name, value];
}
