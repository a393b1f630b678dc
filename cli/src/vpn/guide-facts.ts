// What the guide is made of: facts of a stage in, sections and steps out.
import type { Vpc } from '../manifest/vpc.ts';

/** One step: what it does, and commands that are right as they stand but for words in capitals. */
export interface Step {
  readonly title: string;
  readonly text: readonly string[];
  readonly commands: readonly string[];
}

export interface Section {
  readonly title: string;
  readonly text: readonly string[];
  readonly steps: readonly Step[];
}

export interface GuideFacts {
  /** Undefined where no stage is asked: the words in capitals stand for its ids. */
  readonly stage: string | undefined;
  readonly region: string | undefined;
  /** AWS profile, where the stage was found by one. */
  readonly profile: string | undefined;
  readonly vpcs: readonly Vpc[];
  /** Functions in a VPC, by name. */
  readonly functions: readonly string[];
  /** A private endpoint that a function connects to, for the examples. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
  /** `livectl vpn --check` for the same functions. */
  readonly checkCommand: string;
}

/** The flags of an `aws` command that say where. */
export function awsFlags({ profile, region = 'REGION' }: GuideFacts): string {
  return [`--region ${region}`, ...(profile === undefined ? [] : [`--profile ${profile}`])].join(' ');
}
