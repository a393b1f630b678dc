// [1] The stub's settings from the module's environment variables, parsed once in the init phase.
import * as v from 'valibot';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { type StageSecret, secretTextPattern, stageSecretOf } from '../../protocol/stage-secret.ts';

const present = v.pipe(v.string(), v.minLength(1));
const url = v.pipe(present, v.url());

const environmentSchema = v.object({
  /** The stage this stub belongs to; the directory's partition key. */
  LIVE_DEBUG_STAGE: present,
  /** The function's name in the manifest. */
  LIVE_DEBUG_FUNCTION: present,
  /** The directory table. */
  LIVE_DEBUG_TABLE: present,
  /** The relay's stage URL: `https`, `wss`, or `http`, `ws` against an emulator. */
  LIVE_DEBUG_RELAY: v.pipe(url, v.regex(/^(https?|wss?):/)),
  /** The secret by which this stage's stubs authenticate to the client. */
  LIVE_DEBUG_SECRET: v.pipe(v.string(), v.regex(secretTextPattern)),
  /** The real function to invoke when nobody serves. */
  LIVE_DEBUG_FALLBACK_ARN: v.optional(v.string()),
  /** The invoke mode of the function's URL; by default, and for other callers, an answer is whole. */
  LIVE_DEBUG_INVOKE_MODE: v.optional(v.picklist(['BUFFERED', 'RESPONSE_STREAM'])),
  /** Overrides the directory's endpoint for the stub only, not for the function's own AWS SDK. */
  LIVE_DEBUG_DIRECTORY_ENDPOINT: v.optional(url),
  /** ARNs of queues and streams, with commas between them, whose event source mapping takes partial failures. */
  LIVE_DEBUG_PARTIAL_FAILURES: v.optional(v.string()),
  /** The stage may only be observed. */
  LIVE_DEBUG_OBSERVE_ONLY: v.optional(v.string()),
  /** How many times as long as on AWS an invocation waits for the table and the relay: for a machine that is busy. */
  LIVE_DEBUG_PATIENCE: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d?$/))),
  AWS_ENDPOINT_URL: v.optional(url),
  AWS_ENDPOINT_URL_DYNAMODB: v.optional(url),
  AWS_ENDPOINT_URL_LAMBDA: v.optional(url),
  AWS_REGION: present,
  AWS_ACCESS_KEY_ID: present,
  AWS_SECRET_ACCESS_KEY: present,
});

/** Everything that a stub needs to know, with the endpoints resolved. */
export interface StubSettings {
  readonly stage: string;
  readonly functionName: string;
  readonly tableName: string;
  readonly relayUrl: string;
  readonly secret: StageSecret;
  readonly region: string;
  readonly directoryEndpoint: string;
  readonly lambdaEndpoint: string;
  readonly fallbackArn: string | undefined;
  /** Responses are passed on while they are written. */
  readonly streams: boolean;
  /** Batches of these sources may be split: ARNs with commas between them, of which one may end in `*`. */
  readonly partialFailures: string | undefined;
  /** No client ever answers; those that observe get copies. */
  readonly observeOnly: boolean;
  /** A factor of the times that an invocation waits for the table and the relay; 1 on AWS. */
  readonly patience: number;
}

/** Throws LD_STUB_CONFIG with every variable that is missing or invalid; never shows values. */
export function readSettings(environment: NodeJS.ProcessEnv): StubSettings {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = v.safeParse(environmentSchema, set);
  if (!parsed.success) {
    const names = Object.keys(v.flatten(parsed.issues).nested ?? {}).join(', ');
    throw new LiveDebugError(
      'LD_STUB_CONFIG',
      `the stub's environment variables are missing or invalid: ${names}`,
      {
        remedy: 'take them from module.live_debug.environment["<function>"]',
      },
    );
  }
  const variables = parsed.output;
  const domain = variables.AWS_REGION.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return {
    stage: variables.LIVE_DEBUG_STAGE,
    functionName: variables.LIVE_DEBUG_FUNCTION,
    tableName: variables.LIVE_DEBUG_TABLE,
    relayUrl: variables.LIVE_DEBUG_RELAY,
    secret: stageSecretOf(variables.LIVE_DEBUG_SECRET),
    region: variables.AWS_REGION,
    directoryEndpoint:
      variables.LIVE_DEBUG_DIRECTORY_ENDPOINT ??
      variables.AWS_ENDPOINT_URL_DYNAMODB ??
      variables.AWS_ENDPOINT_URL ??
      `https://dynamodb.${variables.AWS_REGION}.${domain}`,
    lambdaEndpoint:
      variables.AWS_ENDPOINT_URL_LAMBDA ??
      variables.AWS_ENDPOINT_URL ??
      `https://lambda.${variables.AWS_REGION}.${domain}`,
    fallbackArn: variables.LIVE_DEBUG_FALLBACK_ARN,
    streams: variables.LIVE_DEBUG_INVOKE_MODE === 'RESPONSE_STREAM',
    partialFailures: variables.LIVE_DEBUG_PARTIAL_FAILURES,
    // Any value, since a typing mistake must not let a stage be served.
    observeOnly: variables.LIVE_DEBUG_OBSERVE_ONLY !== undefined,
    patience: Number(variables.LIVE_DEBUG_PATIENCE ?? 1),
  };
}
