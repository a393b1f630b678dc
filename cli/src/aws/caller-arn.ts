// The ARN of the principal that serves: one signed GetCallerIdentity, which needs no permission.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';
import { explainCredentials } from './explain-credentials.ts';
import { elementOf } from './xml-element.ts';

const answerSchema = v.object({
  GetCallerIdentityResponse: v.object({ GetCallerIdentityResult: v.object({ Arn: v.string() }) }),
});
const refusalSchema = v.object({
  Error: v.object({ Code: v.optional(v.string(), ''), Message: v.optional(v.string(), '') }),
});

const timeoutMs = 2000;

/** The caller's ARN; undefined if STS does not answer, since serving does not depend on it. */
export async function callerArn(
  identity: AwsIdentity,
  http: HttpClient,
  clock: Clock,
): Promise<string | undefined> {
  try {
    return await askCaller({ identity, http, clock });
  } catch {
    return undefined;
  }
}

interface AskCallerOptions {
  readonly identity: AwsIdentity;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Receives the time in the answer. */
  readonly skew?: ClockSkew;
  /** `--profile`, for the remedy. */
  readonly profile?: string | undefined;
}

/**
 * The caller's ARN; undefined if the answer has none. Rejects with LD_CREDENTIALS or LD_CLOCK if AWS does not accept the
 * credentials, otherwise with LD_AWS.
 */
export async function askCaller(options: AskCallerOptions): Promise<string | undefined> {
  const { clock, http, identity, profile, skew } = options;
  const url = new URL('/', endpointOf('sts', identity.region));
  const request = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  };
  const signer = new Signer({ service: 'sts', region: identity.region });
  const credentials = await identity.credentials();
  const sentMs = clock.now();
  const headers = signer.sign(request, credentials, sentMs);
  const response = await http.send({ ...request, headers, timeoutMs }).catch((cause: unknown) => {
    throw new LiveDebugError('LD_AWS', `no answer from ${url.host}: ${messageOf(cause)}`, {
      remedy: 'check the network and HTTPS_PROXY',
      cause,
    });
  });
  const dateMs = Date.parse(response.headers.date ?? '');
  if (!Number.isNaN(dateMs)) skew?.answered(dateMs, sentMs, clock.now());
  const text = response.body.toString('utf8');
  // AWS answers JSON if asked to; emulators answer XML regardless.
  if (response.status === 200) {
    if (!text.startsWith('{')) return elementOf('Arn', text);
    return parseJsonAs(answerSchema, text)?.GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
  }
  const refusal = parseJsonAs(refusalSchema, text)?.Error;
  const type = refusal?.Code || elementOf('Code', text) || '';
  const words = firstLine(refusal?.Message || elementOf('Message', text) || `HTTP ${response.status}`);
  const explained = explainCredentials(type, `${type}: ${words}`, profile, undefined);
  if (explained) throw explained;
  throw new LiveDebugError('LD_AWS', `${url.host} answered ${response.status}: ${type} ${words}`, {
    remedy: 'check the network and HTTPS_PROXY',
  });
}
