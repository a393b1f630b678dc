// [1] The environment variables that Lambda and the module set for a stub and for the tunnel function alike.
import * as v from 'valibot';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import type { AwsCredentials } from '../../protocol/signature.ts';
import { type StageSecret, secretTextPattern, stageSecretOf } from '../../protocol/stage-secret.ts';

export const present = v.pipe(v.string(), v.minLength(1));
export const url = v.pipe(present, v.url());

/** Entries of a schema for {@link parseVariables}. */
export const commonVariables = {
  /** The stage this function belongs to; the directory's partition key. */
  LIVE_DEBUG_STAGE: present,
  /** The directory table. */
  LIVE_DEBUG_TABLE: present,
  /** The relay's stage URL: `https`, `wss`, or `http`, `ws` against an emulator. */
  LIVE_DEBUG_RELAY: v.pipe(url, v.regex(/^(https?|wss?):/)),
  /** The secret by which this stage's functions authenticate to the client. */
  LIVE_DEBUG_SECRET: v.pipe(v.string(), v.regex(secretTextPattern)),
  /** Overrides the directory's endpoint for this function only, not for an AWS SDK in it. */
  LIVE_DEBUG_DIRECTORY_ENDPOINT: v.optional(url),
  AWS_ENDPOINT_URL: v.optional(url),
  AWS_ENDPOINT_URL_DYNAMODB: v.optional(url),
  AWS_REGION: present,
  AWS_ACCESS_KEY_ID: present,
  AWS_SECRET_ACCESS_KEY: present,
};

/** How to reach the relay and the directory, and the stage's secret. */
export interface CommonSettings {
  readonly stage: string;
  readonly tableName: string;
  readonly relayUrl: string;
  readonly secret: StageSecret;
  readonly region: string;
  readonly directoryEndpoint: string;
}

/** Whose variables they are, for a message: `the stub`; and where to take them from. */
interface Owner {
  readonly name: string;
  readonly remedy: string;
}

/** Throws LD_STUB_CONFIG with every variable that is missing or invalid; never shows values. An empty one counts as missing. */
export function parseVariables<T extends v.GenericSchema>(
  schema: T,
  environment: NodeJS.ProcessEnv,
  { name, remedy }: Owner,
): v.InferOutput<T> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = v.safeParse(schema, set);
  if (parsed.success) return parsed.output;
  const names = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
  const message = `${name}'s environment variables are missing or invalid: ${names}`;
  throw new LiveDebugError('LD_STUB_CONFIG', message, { remedy });
}

/** The settings in parsed variables, with the directory's endpoint resolved. */
export function commonSettings(
  variables: v.InferOutput<v.ObjectSchema<typeof commonVariables, undefined>>,
): CommonSettings {
  return {
    stage: variables.LIVE_DEBUG_STAGE,
    tableName: variables.LIVE_DEBUG_TABLE,
    relayUrl: variables.LIVE_DEBUG_RELAY,
    secret: stageSecretOf(variables.LIVE_DEBUG_SECRET),
    region: variables.AWS_REGION,
    directoryEndpoint:
      variables.LIVE_DEBUG_DIRECTORY_ENDPOINT ??
      variables.AWS_ENDPOINT_URL_DYNAMODB ??
      variables.AWS_ENDPOINT_URL ??
      endpointOf('dynamodb', variables.AWS_REGION),
  };
}

/** AWS's own endpoint of a service in a Region. */
export function endpointOf(service: string, region: string): string {
  return `https://${service}.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`;
}

/** The credentials that Lambda set for this instance. */
export function credentialsIn(environment: NodeJS.ProcessEnv): AwsCredentials {
  return {
    accessKeyId: environment.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: environment.AWS_SESSION_TOKEN,
  };
}
