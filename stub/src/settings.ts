// [1] The stub's settings from the module's environment variables, parsed once in the init phase.
import * as v from 'valibot';
import {
  type CommonSettings,
  commonSettings,
  commonVariables,
  endpointOf,
  parseVariables,
  present,
  url,
} from './variables.ts';

const environmentSchema = v.object({
  ...commonVariables,
  /** The function's name in the manifest. */
  LIVE_DEBUG_FUNCTION: present,
  /** The real function to invoke when nobody serves. */
  LIVE_DEBUG_FALLBACK_ARN: v.optional(v.string()),
  /** The invoke mode of the function's URL; by default, and for other callers, an answer is whole. */
  LIVE_DEBUG_INVOKE_MODE: v.optional(v.picklist(['BUFFERED', 'RESPONSE_STREAM'])),
  /** ARNs of queues and streams, with commas between them, whose event source mapping takes partial failures. */
  LIVE_DEBUG_PARTIAL_FAILURES: v.optional(v.string()),
  /** The stage may only be observed. */
  LIVE_DEBUG_OBSERVE_ONLY: v.optional(v.string()),
  /** How many times as long as on AWS an invocation waits for the table and the relay: for a machine that is busy. */
  LIVE_DEBUG_PATIENCE: v.optional(v.pipe(v.string(), v.regex(/^[1-9]\d?$/))),
  AWS_ENDPOINT_URL_LAMBDA: v.optional(url),
});

/** Everything that a stub needs to know, with the endpoints resolved. */
export interface StubSettings extends CommonSettings {
  readonly functionName: string;
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
  const variables = parseVariables(environmentSchema, environment, {
    name: 'the stub',
    remedy: 'take them from module.live_debug.environment["<function>"]',
  });
  return {
    ...commonSettings(variables),
    functionName: variables.LIVE_DEBUG_FUNCTION,
    lambdaEndpoint:
      variables.AWS_ENDPOINT_URL_LAMBDA ??
      variables.AWS_ENDPOINT_URL ??
      endpointOf('lambda', variables.AWS_REGION),
    fallbackArn: variables.LIVE_DEBUG_FALLBACK_ARN,
    streams: variables.LIVE_DEBUG_INVOKE_MODE === 'RESPONSE_STREAM',
    partialFailures: variables.LIVE_DEBUG_PARTIAL_FAILURES,
    // Any value, since a typing mistake must not let a stage be served.
    observeOnly: variables.LIVE_DEBUG_OBSERVE_ONLY !== undefined,
    patience: Number(variables.LIVE_DEBUG_PATIENCE ?? 1),
  };
}
