// What the manifest says of one function, after parsing and defaults: plain data for every room.
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
  /** How it answers callers other than its function URL; undefined: as that, or whole. */
  readonly invokeMode?: 'BUFFERED' | 'RESPONSE_STREAM' | undefined;
  /** A durable function; what an execution may take in all, in seconds. */
  readonly durable?: { readonly executionTimeout: number } | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Relative to the manifest's root; default `.`. */
  readonly sourceDir: string;
  /** Run in the source directory before the function is, and after each change of a source. */
  readonly build?: readonly [string, ...string[]] | undefined;
  /** Patterns of further files whose changes count, or with `!` of those whose don't, relative to the source directory. */
  readonly watch?: readonly string[] | undefined;
  /** Local folders in the place of its layers, relative to the manifest's root. */
  readonly layerDirs?: readonly string[] | undefined;
  readonly command: readonly [string, ...string[]] | undefined;
  /** The interpreter of a Python function: a path relative to the manifest's root, or a command; default: found. */
  readonly python?: string | undefined;
  readonly esbuild: EsbuildSettings;
  /** It is in a VPC on AWS. */
  readonly inVpc: boolean;
  /** Undefined for a function that the stub replaces. */
  readonly wrap?: WrapSettings | undefined;
  /** What answers for a replaced function while nobody serves; undefined: an error does. */
  readonly fallbackArn?: string | undefined;
  /** Empty for a stage on AWS, where a `TriggerTargets` says what Terraform made of them. */
  readonly triggers: Triggers;
}
