// The Lambda host: the environment of a deployed stub, as AWS and the Terraform module would set it.
import { nodeOptionsVariable } from '../../../../protocol/sandbox-variables.ts';
import { partialFailureArns, partialFailuresVariable } from '../../manifest/partial-failures.ts';
import { accountId, type Principal, region } from '../aws-api/access.ts';
import type { CloudFunction } from '../cloud.ts';
import { namePrefix } from '../triggers/resources.ts';

/** The addresses of the module's resources, as a stub receives them. */
export interface StubPlace {
  readonly stage: string;
  readonly tableName: string;
  readonly relayUrl: string;
  /** The secret by which the stage's stubs authenticate. */
  readonly secret: string;
  readonly directoryUrl: string;
  /** Where a handler's own AWS SDK finds the event sources. */
  readonly endpointUrl: string;
  /** Services with their own address, by the variable that SDKs read, e.g. AWS_ENDPOINT_URL_KINESIS. */
  readonly serviceUrls: Readonly<Record<string, string>>;
  readonly role: Principal;
  /** How many times as long as on AWS an invocation waits for table and relay; default 1. */
  readonly patience?: number | undefined;
  /** No client may answer. */
  readonly observeOnly?: boolean | undefined;
}

/** From this process only what a program needs to start at all; never the developer's AWS settings. */
const inherited = ['PATH', 'HOME', 'SystemRoot', 'SystemDrive', 'PATHEXT'];

/** The function's own variables, then the module's, then Lambda's reserved ones: later ones win. */
export function stubEnvironment(
  deployed: CloudFunction,
  place: StubPlace,
  logStreamName: string,
): Record<string, string> {
  return {
    ...lambdaDefaults,
    ...stubsOwn(deployedVariables(deployed, place)),
    ...inheritedVariables(),
    ...stubVariables(deployed, place),
    ...lambdaVariables(deployed, place, logStreamName),
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
    _HANDLER: 'index.handler',
  };
}

/** What Lambda sets unless the function does. */
export const lambdaDefaults = { TZ: ':UTC', LANG: 'en_US.UTF-8' } as const;

/** This process's own variables that a program on this machine needs. */
export function inheritedVariables(): Record<string, string> {
  const basics = inherited.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(basics);
}

/** The module's variables for a stub and a wrapper. */
export function stubVariables(deployed: CloudFunction, place: StubPlace): Record<string, string> {
  return {
    LIVE_DEBUG_STAGE: place.stage,
    LIVE_DEBUG_FUNCTION: deployed.name,
    LIVE_DEBUG_TABLE: place.tableName,
    LIVE_DEBUG_RELAY: place.relayUrl,
    LIVE_DEBUG_SECRET: place.secret,
    ...invokeMode(deployed),
    ...partialFailures(deployed, place.stage),
    // Not AWS_ENDPOINT_URL: that is for the handler, which may use another emulator.
    LIVE_DEBUG_DIRECTORY_ENDPOINT: place.directoryUrl,
    ...(place.observeOnly ? { LIVE_DEBUG_OBSERVE_ONLY: 'true' } : {}),
    ...(place.patience === undefined ? {} : { LIVE_DEBUG_PATIENCE: String(place.patience) }),
  };
}

/** Lambda's reserved variables, except those that describe the code. */
export function lambdaVariables(
  deployed: CloudFunction,
  { role }: StubPlace,
  logStreamName: string,
): Record<string, string> {
  const { accessKeyId, secretAccessKey, sessionToken } = role.credentials;
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_LAMBDA_FUNCTION_NAME: deployed.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(deployed.memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${deployed.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: logStreamName,
  };
}

/** A function's own variables, preceded by this cloud's endpoints. */
export function deployedVariables(
  deployed: CloudFunction,
  place: Pick<StubPlace, 'endpointUrl' | 'serviceUrls'>,
): Record<string, string> {
  return { ...endpointsOf(deployed, place, process.env), ...deployed.environment };
}

/** This cloud's endpoint for every service; the environment of livectl takes precedence, so that another emulator can be used. */
function endpointsOf(
  deployed: CloudFunction,
  place: Pick<StubPlace, 'endpointUrl' | 'serviceUrls'>,
  own: NodeJS.ProcessEnv,
): Record<string, string> {
  const given = Object.fromEntries(
    Object.entries(own).filter(
      (entry): entry is [string, string] => /^AWS_ENDPOINT_URL(_|$)/.test(entry[0]) && Boolean(entry[1]),
    ),
  );
  // An endpoint for all services is meant for these as well.
  const isElsewhere = 'AWS_ENDPOINT_URL' in { ...deployed.environment, ...given };
  return { ...ownEndpoints(isElsewhere ? { ...place, serviceUrls: {} } : place), ...given };
}

/** Where SDKs find this cloud. */
export function ownEndpoints({
  endpointUrl,
  serviceUrls,
}: Pick<StubPlace, 'endpointUrl' | 'serviceUrls'>): Record<string, string> {
  return { AWS_ENDPOINT_URL: endpointUrl, ...serviceUrls };
}

/** A stub streams its answer if a caller may accept a stream. */
function invokeMode({ invokeMode, triggers: { function_url } }: CloudFunction): Record<string, string> {
  const streams = [invokeMode, function_url?.invoke_mode].includes('RESPONSE_STREAM');
  return streams ? { LIVE_DEBUG_INVOKE_MODE: 'RESPONSE_STREAM' } : {};
}

function partialFailures({ name, triggers }: CloudFunction, stage: string): Record<string, string> {
  const arns = partialFailureArns(name, triggers, { prefix: namePrefix(stage), region, accountId });
  return arns.length > 0 ? { [partialFailuresVariable]: arns.join() } : {};
}

/** Renamed as by the module: the stub would not start with what the function's NODE_OPTIONS load. */
export function stubsOwn({ NODE_OPTIONS, ...others }: CloudFunction['environment']): Record<string, string> {
  return NODE_OPTIONS === undefined ? others : { ...others, [nodeOptionsVariable]: NODE_OPTIONS };
}

/** A stub outlives its function's timeout, which livectl enforces; Lambda allows 900 seconds. A wrapped function keeps its own. */
export function deployedTimeout(deployed: CloudFunction): number {
  if (deployed.wrap) return deployed.timeout;
  return Math.min(900, deployed.timeout + 5);
}
