// Starts a function that nobody waits for: one signed Invoke of the type Event. Without the AWS SDK, whose loading would hold up
// a running serve for longer than the call takes.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type AwsCredentials, Signer } from '../../../protocol/signature.ts';
import { endpointOf } from './endpoints.ts';
import { explainCredentials } from './explain-credentials.ts';

export interface InvokeEventOptions {
  /** On AWS. */
  readonly functionName: string;
  readonly payload: unknown;
  readonly region: string;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly http: HttpClient;
  readonly clock: Clock;
  /** Whose policy allows it and who deploys the function, for the remedy. */
  readonly remedies: { readonly denied: string; readonly missing: string };
  readonly signal?: AbortSignal | undefined;
}

const timeoutMs = 10_000;

const refusalSchema = v.object({
  message: v.optional(v.string()),
  Message: v.optional(v.string()),
  __type: v.optional(v.string()),
});

/**
 * Resolves when Lambda has accepted the event (202). Rejects with LD_PERMISSION if the caller may not invoke the function, with
 * LD_STAGE if it does not exist, with LD_CREDENTIALS, and with LD_AWS for everything else. Not sent again by itself: the function
 * would run twice.
 */
export async function invokeEvent(options: InvokeEventOptions): Promise<void> {
  const { clock, credentials, functionName, http, payload, region, remedies, signal } = options;
  const path = `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`;
  const url = new URL(path, endpointOf('lambda', region));
  const headers = { 'content-type': 'application/json', 'x-amz-invocation-type': 'Event' };
  const request = { method: 'POST', url, headers, body: JSON.stringify(payload) };
  const signer = new Signer({ service: 'lambda', region });
  const signed = signer.sign(request, await credentials(), clock.now());
  const sent = { ...request, headers: signed, timeoutMs, signal, repeatable: false };
  const response = await http.send(sent).catch((cause: unknown) => {
    throw new LiveDebugError('LD_AWS', `no answer from ${url.host}: ${messageOf(cause)}`, {
      remedy: 'check the network and HTTPS_PROXY',
      cause,
    });
  });
  if (response.status === 202) return;
  const text = response.body.toString('utf8');
  const refusal = parseJsonAs(refusalSchema, text);
  const message = firstLine(refusal === undefined ? text : (refusal.message ?? refusal.Message ?? ''));
  const type = String(response.headers['x-amzn-errortype'] ?? refusal?.__type ?? '').split(/[:#]/)[0] ?? '';
  throw refused({ functionName, message, region, status: response.status, type }, remedies);
}

interface Refused {
  readonly functionName: string;
  readonly region: string;
  readonly status: number;
  /** E.g. `TooManyRequestsException`. */
  readonly type: string;
  readonly message: string;
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, "Errors". */
function refused(
  { functionName, message, region, status, type }: Refused,
  remedies: InvokeEventOptions['remedies'],
): LiveDebugError {
  const credentials = explainCredentials(type, message, undefined, undefined);
  if (credentials) return credentials;
  const words = message || type || `HTTP ${status}`;
  if (status === 403)
    return new LiveDebugError(
      'LD_PERMISSION',
      `AWS refuses lambda:InvokeFunction on ${functionName}: ${words}`,
      { remedy: remedies.denied },
    );
  if (status === 404)
    return new LiveDebugError('LD_STAGE', `there is no function ${functionName} in ${region}: ${words}`, {
      remedy: remedies.missing,
    });
  if (status === 429)
    return new LiveDebugError('LD_AWS', `Lambda throttles ${functionName}: ${words}`, {
      remedy:
        'try again; check that the account has unreserved concurrency left, and that the function’s reserved concurrency is not 0',
    });
  return new LiveDebugError('LD_AWS', `Lambda did not start ${functionName} (${status}): ${words}`, {
    remedy: status >= 500 ? 'try again' : 'fix what the message names; check --region and --profile',
  });
}
