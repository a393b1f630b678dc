// The guide's input and output: facts of a stage, and sections with steps.
import type { StageTunnel } from '../manifest/tunnel-settings.ts';
import type { Vpc } from '../manifest/vpc.ts';

/** One step: what it does, and commands that can be run as they are except for words in capitals. */
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
  /** Undefined without a stage: words in capitals stand for its ids. */
  readonly stage: string | undefined;
  readonly region: string | undefined;
  /** AWS profile, if the stage was found with one. */
  readonly profile: string | undefined;
  readonly vpcs: readonly Vpc[];
  /** Functions in a VPC, by name. */
  readonly functions: readonly string[];
  /** By function: the tunnel of those that have one. */
  readonly tunnels: ReadonlyMap<string, StageTunnel>;
  /** A private endpoint that a function connects to, used in examples. */
  readonly target: { readonly host: string; readonly port: number } | undefined;
  /** `livectl vpn --check` for the same functions. */
  readonly checkCommand: string;
}

/** The flags of an `aws` command for Region and profile. */
export function awsFlags({ profile, region = 'REGION' }: GuideFacts): string {
  return [`--region ${region}`, ...(profile === undefined ? [] : [`--profile ${profile}`])].join(' ');
}
