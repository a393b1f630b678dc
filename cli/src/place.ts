// Where the stage of `trigger` and `invoke` is, as their flags say it and as flags say it back.
import { UsageError } from 'clipanion';
import type { StageOptions } from './aws/stage.ts';

/** Where the stage is: in AWS, or what a `serve --local` of this machine runs. */
export type Place =
  | ({ readonly kind: 'stage' } & StageOptions)
  | { readonly kind: 'local'; readonly root: string; readonly config: string | undefined };

/** Prefix of a stage's table where none is given: the module's own default. */
const defaultName = 'live-debug';

/** What both commands' flags give. */
export interface PlaceFlags {
  readonly local: boolean;
  readonly stage: string | undefined;
  readonly stageName: string;
  readonly profile: string | undefined;
  readonly region: string | undefined;
  readonly root: string;
  readonly config: string | undefined;
}

/** Throws a UsageError where they contradict each other or say nothing. */
export function placeOf(flags: PlaceFlags): Place {
  const { config, local, profile, region, root, stage, stageName: name } = flags;
  if (local && stage !== undefined)
    throw new UsageError('--local and --stage exclude each other: where is the stage?');
  if (local) return { kind: 'local', root, config };
  if (stage === undefined) throw new UsageError('say where the stage is: --stage NAME on AWS, or --local');
  return { kind: 'stage', stage, name, profile, region };
}

/** The flags that say the same as `place`, those left out that are so by default. */
export function placeArgs(place: Place): string[] {
  const given = (flag: string, value: string | undefined, byDefault?: string) =>
    value === undefined || value === byDefault ? [] : [flag, value];
  if (place.kind === 'local')
    return ['--local', ...given('--root', place.root, '.'), ...given('--config', place.config)];
  return [
    ...['--stage', place.stage, ...given('--name', place.name, defaultName)],
    ...given('--profile', place.profile),
    ...given('--region', place.region),
  ];
}

/** Throws a UsageError for anything but the two formats. */
export function formatOf(format: string): 'pretty' | 'json' {
  if (format === 'pretty' || format === 'json') return format;
  throw new UsageError(`--format is pretty or json, not ${format}`);
}

/** Seconds of `--wait`; 0 with `--no-wait`. Throws a UsageError. */
export function secondsOf(wait: string, noWait: boolean): number {
  const seconds = Number(wait);
  if (!/^\d+$/.test(wait) || seconds > 3600)
    throw new UsageError(`--wait takes whole seconds, at most 3600, not ${wait}`);
  return noWait ? 0 : seconds;
}
