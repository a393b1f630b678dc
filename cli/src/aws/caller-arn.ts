// The ARN of the principal that serves: one signed GetCallerIdentity, which needs no permission.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { Signer } from '../../../protocol/signature.ts';
import type { AwsIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';

const answerSchema = v.object({
  GetCallerIdentityResponse: v.object({ GetCallerIdentityResult: v.object({ Arn: v.string() }) }),
});

const timeoutMs = 2000;

/** The caller's ARN; undefined if STS does not answer, since serving does not depend on it. */
export async function callerArn(
  identity: AwsIdentity,
  http: HttpClient,
  clock: Clock,
): Promise<string | undefined> {
  try {
    const url = new URL('/', endpointOf('sts', identity.region));
    const request = {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    };
    const signer = new Signer({ service: 'sts', region: identity.region });
    const headers = signer.sign(request, await identity.credentials(), clock.now());
    const response = await http.send({ ...request, headers, timeoutMs });
    const text = response.body.toString('utf8');
    // AWS answers JSON if asked to; emulators answer XML regardless.
    if (!text.startsWith('{')) return /<Arn>([^<]+)<\/Arn>/.exec(text)?.[1];
    return parseJsonAs(answerSchema, text)?.GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
  } catch {
    return undefined;
  }
}
