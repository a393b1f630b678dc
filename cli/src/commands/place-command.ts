// The flags that select the stage, and their validation, shared by all commands with such flags.
import { Option, UsageError } from 'clipanion';
import type { StageOptions } from '../aws/stage.ts';
import { defaultName, type Folder, type Place } from '../place.ts';
import { describeFlag } from './flag-help.ts';
import { defaultRoot, LivectlCommand } from './livectl-command.ts';

/** Each returns the option for a command's field of that name; `--name` is the field `stageName`. */
export const placeFlags = {
  local: () =>
    Option.Boolean('--local', false, {
      description: describeFlag('Where', 'Use a local cloud instead of AWS'),
    }),
  stage: () =>
    Option.String('--stage', {
      description: describeFlag('Where', 'NAME', 'The stage on AWS: the module’s `stage`'),
    }),
  stageName: () =>
    Option.String('--name', defaultName, {
      description: describeFlag(
        'Where',
        'PREFIX',
        'Prefix of the stage’s table: the module’s `name`; default live-debug',
      ),
    }),
  profile: () =>
    Option.String('--profile', {
      description: describeFlag('Where', 'NAME', 'AWS profile; default AWS_PROFILE'),
    }),
  region: () =>
    Option.String('--region', {
      description: describeFlag('Where', 'REGION', 'AWS Region; default AWS_REGION or the profile’s'),
    }),
  root: () =>
    Option.String('--root', defaultRoot, {
      description: describeFlag(
        'Where',
        'DIR',
        'Folder that handler paths are relative to; default the current one, or the nearest above it with a livectl.json',
      ),
    }),
  config: () =>
    Option.String('--config', {
      description: describeFlag('Where', 'FILE', 'The manifest; default livectl.json in --root'),
    }),
} as const;

/** A command with all of them. */
export abstract class PlaceCommand extends LivectlCommand {
  local = placeFlags.local();
  stage = placeFlags.stage();
  stageName = placeFlags.stageName();
  profile = placeFlags.profile();
  region = placeFlags.region();
  root = placeFlags.root();
  config = placeFlags.config();

  /** Throws a UsageError if the flags contradict each other or select no stage. */
  protected parsePlace(): Place {
    return parsePlace(this);
  }
}

/** The flags that select a stage on AWS. */
export interface StageFlags {
  readonly stage: string | undefined;
  readonly stageName: string;
  readonly profile: string | undefined;
  readonly region: string | undefined;
}

export interface PlaceFlags extends StageFlags, Folder {
  readonly local: boolean;
}

/** Throws a UsageError if the flags contradict each other or select no stage. */
export function parsePlace(flags: PlaceFlags): Place {
  const { config, local, root, stage } = flags;
  if (!local) return { kind: 'stage', ...parseStage(flags) };
  if (stage !== undefined) throw new UsageError('--local and --stage cannot be combined');
  return { kind: 'local', root, config };
}

/** Throws a UsageError if there is no stage, or if its name is invalid for a table. */
export function parseStage({ profile, region, stage, stageName: name }: StageFlags): StageOptions {
  if (stage === undefined) throw new UsageError('pass --stage NAME (AWS) or --local');
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(stage))
    throw new UsageError(`${JSON.stringify(stage)} is not a valid stage name (1 to 64 of A-Z a-z 0-9 _ . -)`);
  return { stage, name, profile, region };
}
