// The configuration of a deployed function, for its code, livectl vpn --check and livectl status: one signed
// GetFunctionConfiguration.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';

const answerSchema = v.object({
  CodeSha256: v.nullish(v.string(), ''),
  Environment: v.nullish(v.object({ Variables: v.nullish(v.record(v.string(), v.string()), {}) }), {}),
  Handler: v.nullish(v.string(), ''),
  LastUpdateStatus: v.nullish(v.string(), ''),
  LastUpdateStatusReason: v.nullish(v.string(), ''),
  Layers: v.nullish(v.array(v.object({ Arn: v.nullish(v.string(), '') })), []),
  Runtime: v.nullish(v.string(), ''),
});

/** A function's configuration in Lambda; texts that Lambda leaves out are empty. */
export interface FunctionConfiguration {
  /** SHA-256 of the deployed package, in base64. */
  readonly codeSha256: string;
  readonly handler: string;
  readonly runtime: string;
  /** ARNs. */
  readonly layers: readonly string[];
  /** May contain secrets: must not be shown. */
  readonly variables: Readonly<Record<string, string>>;
  /** `Successful`, `InProgress` or `Failed`. */
  readonly updateStatus: string;
  readonly updateReason: string;
}

const timeoutMs = 10_000;

/** The variables as set on AWS. Rejects as `functionConfiguration` does. */
export async function functionVariables(
  ...args: Parameters<typeof functionConfiguration>
): Promise<Readonly<Record<string, string>>> {
  return (await functionConfiguration(...args)).variables;
}

/**
 * The configuration of `$LATEST`. Rejects with LD_PERMISSION if `lambda:GetFunctionConfiguration` is refused, with LD_STAGE
 * if there is no such function, and with LD_AWS if the network fails.
 */
export async function functionConfiguration(
  functionName: string,
  identity: AwsIdentity,
  http: HttpClient,
  clock: Clock,
): Promise<FunctionConfiguration> {
  refuseOtherKinds(functionName);
  const { credentials, region } = identity;
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/configuration`;
  const url = new URL(path, endpointOf('lambda', region));
  const request = { method: 'GET', url, headers: {} };
  const headers = new Signer({ service: 'lambda', region }).sign(request, await credentials(), clock.now());
  const response = await http.send({ ...request, headers, timeoutMs }).catch((cause: unknown) => {
    throw new LiveDebugError('LD_AWS', `no answer from ${url.host}: ${messageOf(cause)}`, {
      remedy: 'check the network and HTTPS_PROXY',
      cause,
    });
  });
  const text = response.body.toString('utf8');
  if (response.status === 200) {
    const answer = parseJsonAs(answerSchema, text);
    if (answer !== undefined) return configurationOf(answer);
    // Not with the parser's own message, which quotes the answer and its secrets.
    throw new LiveDebugError('LD_AWS', `the answer of ${url.host} is not a function configuration`, {
      remedy: 'check HTTPS_PROXY and AWS_ENDPOINT_URL: something other than AWS answers there',
    });
  }
  const message = messageIn(text);
  if (response.status === 403) {
    throw new LiveDebugError(
      'LD_PERMISSION',
      message || `AWS refused lambda:GetFunctionConfiguration on ${functionName}`,
      {
        remedy:
          'attach the module’s output developer_policy_json to that principal, or check --stage, --name and --profile',
      },
    );
  }
  // A 404 from anything but Lambda has another message.
  if (response.status === 404 && message.startsWith('Function not found')) {
    throw new LiveDebugError('LD_STAGE', `there is no function ${functionName} in ${region}`, {
      remedy: 'terraform apply with enabled = true; check --stage, --name, --region and --profile',
    });
  }
  throw new LiveDebugError('LD_AWS', `Lambda answered ${response.status}: ${message}`, {
    remedy: 'try again; check --region and --profile',
  });
}

/** Lambda has ARNs for more than functions. Throws LD_STAGE for those that have no Runtime API. */
function refuseOtherKinds(functionName: string): void {
  // arn:PARTITION:lambda:REGION:ACCOUNT:KIND/...
  const [, , , , , kind = ''] = functionName.slice(0, 256).split(':');
  const isMicroVm = kind.startsWith('microvm');
  if (!isMicroVm && !kind.startsWith('web-function')) return;
  const what = isMicroVm ? 'a Lambda MicroVM' : 'a Web Function';
  throw new LiveDebugError(
    'LD_STAGE',
    `${functionName} is ${what}, which live debugging cannot replace or wrap`,
    {
      remedy:
        'it is an HTTP server without a handler and without the Runtime API: run the server on this machine',
    },
  );
}

function configurationOf(answer: v.InferOutput<typeof answerSchema>): FunctionConfiguration {
  return {
    codeSha256: answer.CodeSha256,
    handler: answer.Handler,
    runtime: answer.Runtime,
    layers: answer.Layers.map(({ Arn }) => Arn),
    variables: answer.Environment.Variables ?? {},
    updateStatus: answer.LastUpdateStatus,
    updateReason: answer.LastUpdateStatusReason,
  };
}

const refusalSchema = v.object({ message: v.optional(v.string()), Message: v.optional(v.string()) });

function messageIn(text: string): string {
  const refusal = parseJsonAs(refusalSchema, text);
  return firstLine(refusal === undefined ? text : (refusal.message ?? refusal.Message ?? ''));
}
