// [1] With a fallback, the real function answers when nobody serves: one signed Invoke of the Lambda API.
import type { Clock } from '../../protocol/clock.ts';
import type { HttpClient } from '../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../protocol/live-debug-error.ts';
import { type AwsCredentials, Signer } from '../../protocol/signature.ts';
import { remoteError } from './remote-answer.ts';
import type { StubSettings } from './settings.ts';

interface FallbackCall {
  readonly settings: StubSettings;
  readonly functionArn: string;
  readonly http: HttpClient;
  readonly credentials: AwsCredentials;
  readonly clock: Clock;
  readonly event: Uint8Array;
  /** Milliseconds left to answer. */
  readonly timeoutMs: number;
}

/** The real function's result, byte for byte; throws its error unchanged, or LD_NO_CLIENT if it cannot be invoked. */
export async function invokeFallback(call: FallbackCall): Promise<Buffer> {
  const { settings, functionArn, http, credentials, clock, event: body, timeoutMs } = call;
  const path = `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`;
  const url = new URL(path, settings.lambdaEndpoint);
  const signer = new Signer({ service: 'lambda', region: settings.region });
  const request = { method: 'POST', url, headers: { 'content-type': 'application/json' }, body };
  const headers = signer.sign(request, credentials, clock.now());
  // Never repeated: the real function may have run when its connection is cut.
  const sent = http.send({ ...request, headers, timeoutMs, repeatable: false });
  const response = await sent.catch((error: unknown) => {
    throw cannotInvoke(functionArn, messageOf(error), error);
  });
  if (response.status !== 200) throw cannotInvoke(functionArn, `HTTP ${response.status}`);
  if (response.headers['x-amz-function-error'] !== undefined) throw remoteError(response.body);
  return response.body;
}

function cannotInvoke(functionArn: string, why: string, cause?: unknown): LiveDebugError {
  return new LiveDebugError(
    'LD_NO_CLIENT',
    `nobody is serving, and the fallback ${functionArn} can't be invoked: ${why}`,
    { remedy: 'check LIVE_DEBUG_FALLBACK_ARN and the role’s permission lambda:InvokeFunction', cause },
  );
}
