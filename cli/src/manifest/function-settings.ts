// The settings of one function, after parsing and defaults: plain data for all rooms. No field is optional, so that tsc demands it
// of both sources: livectl.json and a stage's manifest.
import type { EsbuildSettings } from './esbuild-settings.ts';
import type { Triggers } from './trigger-schema.ts';
import type { WrapSettings } from './wrap-settings.ts';

export interface FunctionSettings {
  readonly name: string;
  readonly handler: string;
  readonly runtime: string;
  /** Seconds, 1 to 900; Lambda's default is 3. */
  readonly timeout: number;
  /** Megabytes, 128 to 10,240; Lambda's default is 128. */
  readonly memorySize: number;
  /** How it answers callers other than its function URL; undefined: as for the URL, or buffered. */
  readonly invokeMode: 'BUFFERED' | 'RESPONSE_STREAM' | undefined;
  /** Set for a durable function: the time that an execution may take in total, in seconds. */
  readonly durable: { readonly executionTimeout: number } | undefined;
  /** The alias or version that its triggers invoke; undefined: none is named. */
  readonly qualifier: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Relative to the manifest's root; default `.`. */
  readonly sourceDir: string;
  /** Run in the source directory at the start and after each change of a source. */
  readonly build: readonly [string, ...string[]] | undefined;
  /** Patterns, relative to the source directory, of files whose changes count, or, with `!`, do not count. */
  readonly watch: readonly string[] | undefined;
  /** The ARNs of its layers. */
  readonly layers: readonly string[];
  /** Folders with the files of its layers: relative to the manifest's root, or absolute where livectl has fetched them. */
  readonly layerDirs: readonly string[] | undefined;
  readonly command: readonly [string, ...string[]] | undefined;
  /** The interpreter of a Python function: a path relative to the manifest's root, or a command; default: the one found. */
  readonly python: string | undefined;
  readonly esbuild: EsbuildSettings;
  /** It is in a VPC on AWS. */
  readonly inVpc: boolean;
  /** The name of the tunnel through which its local code reaches private addresses; undefined: none. */
  readonly tunnel: string | undefined;
  /** Undefined for a function that the stub replaces. */
  readonly wrap: WrapSettings | undefined;
  /** What answers for a replaced function while nobody serves; undefined: an error. */
  readonly fallbackArn: string | undefined;
  /** Empty for a stage on AWS, whose `TriggerTargets` describe what Terraform created. */
  readonly triggers: Triggers;
}
