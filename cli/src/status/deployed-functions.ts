// What `livectl status` asks Lambda for: each function's configuration, a few at a time.

import stubZip from 'embedded:stub.zip';
import { createHash } from 'node:crypto';
import { systemClock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { AwsIdentity } from '../aws/aws-identity.ts';
import { fewAtOnce } from '../aws/few-at-once.ts';
import { functionConfiguration } from '../aws/function-variables.ts';
import { deployedFunction } from './deployed-function.ts';
import type { ExpectedStub } from './expected-stub.ts';
import type { DeployedFunction } from './status-lines.ts';

/** Requests at once; GetFunctionConfiguration is throttled at 100 per second for an account (AWS: "Lambda quotas"). */
const atOnce = 8;

export interface AskedFunction {
  /** On AWS. */
  readonly functionName: string;
  readonly expected?: ExpectedStub;
}

/** What Lambda answered for one function. */
export interface DeployedAnswer {
  readonly found: DeployedFunction;
  /** Why its configuration could not be read; `found` then says the same. */
  readonly error?: unknown;
}

/** In the order of `functions`. Never rejects: if AWS refuses, the state is `missing` or `unknown`. */
export async function deployedFunctions(
  functions: readonly AskedFunction[],
  identity: AwsIdentity,
  http: HttpClient,
): Promise<DeployedFunction[]> {
  return (await readDeployed(functions, identity, http)).map(({ found }) => found);
}

/** The same, with the errors. */
export async function readDeployed(
  functions: readonly AskedFunction[],
  identity: AwsIdentity,
  http: HttpClient,
): Promise<DeployedAnswer[]> {
  // As Lambda's CodeSha256.
  const stubSha256 = createHash('sha256').update(stubZip).digest('base64');
  return fewAtOnce(functions, atOnce, (asked) => deployed(asked, stubSha256, identity, http));
}

async function deployed(
  { expected, functionName }: AskedFunction,
  stubSha256: string,
  identity: AwsIdentity,
  http: HttpClient,
): Promise<DeployedAnswer> {
  try {
    const configuration = await functionConfiguration(functionName, identity, http, systemClock);
    return { found: deployedFunction(functionName, configuration, stubSha256, expected) };
  } catch (error) {
    const isMissing = error instanceof LiveDebugError && error.code === 'LD_STAGE';
    const found = {
      function_name: functionName,
      state: isMissing ? 'missing' : 'unknown',
      problems: [messageOf(error)],
      ...(error instanceof LiveDebugError && error.remedy !== undefined ? { remedy: error.remedy } : {}),
    } as const;
    return { found, error };
  }
}
