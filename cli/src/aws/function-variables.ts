// The environment variables of a deployed function, for its code and for livectl vpn --check: one signed
// GetFunctionConfiguration.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';

const answerSchema = v.object({
  Environment: v.optional(v.object({ Variables: v.optional(v.record(v.string(), v.string()), {}) }), {}),
});

const timeoutMs = 10_000;

/**
 * The variables as they are set on AWS. Rejects with LD_PERMISSION where `lambda:GetFunctionConfiguration` is refused,
 * with LD_STAGE where there is no such function, with LD_AWS for a network that fails.
 */
export async function functionVariables(
  functionName: string,
  identity: AwsIdentity,
  http: HttpClient,
  clock: Clock,
): Promise<Readonly<Record<string, string>>> {
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
    const answer = v.safeParse(answerSchema, jsonIn(text));
    if (answer.success) return answer.output.Environment.Variables ?? {};
    // Not with the parser's own words, which quote the answer: there are secrets in it.
    throw new LiveDebugError('LD_AWS', `what ${url.host} answered is no function configuration`, {
      remedy: 'check HTTPS_PROXY and AWS_ENDPOINT_URL: something else than AWS answers there',
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
  if (response.status === 404) {
    throw new LiveDebugError('LD_STAGE', `there is no function ${functionName} in ${region}`, {
      remedy: 'terraform apply with enabled = true; check --stage, --name, --region and --profile',
    });
  }
  throw new LiveDebugError('LD_AWS', `Lambda answered ${response.status}: ${message}`, {
    remedy: 'try again; check --region and --profile',
  });
}

const refusalSchema = v.object({ message: v.optional(v.string()), Message: v.optional(v.string()) });

function messageIn(text: string): string {
  const refusal = v.safeParse(refusalSchema, jsonIn(text));
  return firstLine(refusal.success ? (refusal.output.message ?? refusal.output.Message ?? '') : text);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
