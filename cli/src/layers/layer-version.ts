// Where a layer version can be fetched from: one signed GetLayerVersionByArn, for which IAM asks lambda:GetLayerVersion.
import * as v from 'valibot';
import type { Clock } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { parseJsonAs } from '../../../protocol/json.ts';
import { firstLine, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { type AwsCredentials, Signer } from '../../../protocol/signature.ts';
import { endpointOf } from '../aws/endpoints.ts';
import { explainCredentials } from '../aws/explain-credentials.ts';
import type { LayerVersionArn } from '../manifest/layer-arn.ts';

const answerSchema = v.object({
  Content: v.object({
    Location: v.pipe(v.string(), v.url()),
    CodeSha256: v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{43}=$/)),
    CodeSize: v.pipe(v.number(), v.integer(), v.minValue(0)),
  }),
});

const refusalSchema = v.object({
  __type: v.optional(v.string()),
  message: v.optional(v.string()),
  Message: v.optional(v.string()),
});

/** The zip file of a layer version. */
export interface LayerVersion {
  /** Signed, valid for 10 minutes. It gives access to the layer, so it must not be shown. */
  readonly location: URL;
  /** SHA-256 of the zip file, in hexadecimal. */
  readonly sha256: string;
  /** Bytes of the zip file. */
  readonly size: number;
}

/** How to call AWS as the developer. */
export interface LayerConnection {
  readonly credentials: () => Promise<AwsCredentials>;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly profile: string | undefined;
}

const timeoutMs = 10_000;

/**
 * Asks the layer's own Region. Rejects with LD_PERMISSION if the action is refused, with LD_RESOURCE if there is no such version,
 * with LD_CREDENTIALS or LD_CLOCK if AWS does not accept the signature, and with LD_AWS for anything else.
 */
export async function layerVersion(
  { arn, region }: LayerVersionArn,
  { clock, credentials, http, profile }: LayerConnection,
): Promise<LayerVersion> {
  const url = new URL('/2018-10-31/layers', endpointOf('lambda', region));
  url.search = `find=LayerVersion&Arn=${encodeURIComponent(arn)}`;
  const request = { method: 'GET', url, headers: {} };
  const headers = new Signer({ service: 'lambda', region }).sign(request, await credentials(), clock.now());
  const response = await http.send({ ...request, headers, timeoutMs }).catch((cause: unknown) => {
    throw new LiveDebugError('LD_AWS', `no answer from ${url.host}: ${messageOf(cause)}`, {
      remedy: 'check the network and HTTPS_PROXY',
      cause,
    });
  });
  if (response.status === 200) {
    const answer = parseJsonAs(answerSchema, response.body);
    // Not with the answer itself, whose link is a secret.
    if (answer === undefined) throw unexpected(url.host);
    const { CodeSha256, CodeSize, Location } = answer.Content;
    const sha256 = Buffer.from(CodeSha256, 'base64').toString('hex');
    return { location: new URL(Location), sha256, size: CodeSize };
  }
  const text = response.body.toString('utf8');
  const refusal = parseJsonAs(refusalSchema, text);
  const message = firstLine(refusal === undefined ? text : (refusal.message ?? refusal.Message ?? ''));
  const header = response.headers['x-amzn-errortype'];
  const [type = ''] = (refusal?.__type ?? (typeof header === 'string' ? header : '')).split(':');
  const explained = explainCredentials(type.replace(/^.{0,200}#/, ''), message, profile, undefined);
  if (explained !== undefined) throw explained;
  if (response.status === 403) {
    throw new LiveDebugError('LD_PERMISSION', message || 'AWS refused lambda:GetLayerVersion', {
      remedy: `allow lambda:GetLayerVersion on ${arn}, as the module’s developer_policy_json does; a layer of another account needs its owner’s permission too`,
    });
  }
  if (response.status === 404) {
    throw new LiveDebugError('LD_RESOURCE', `there is no such layer version in ${region}`, {
      remedy:
        'name a version that exists: one that was deleted runs on in functions that have it, but cannot be fetched',
    });
  }
  throw new LiveDebugError('LD_AWS', `Lambda answered ${response.status}: ${message}`, {
    remedy: 'start again; check --region and --profile',
  });
}

function unexpected(host: string): LiveDebugError {
  return new LiveDebugError('LD_AWS', `the answer of ${host} is not a layer version`, {
    remedy: 'check HTTPS_PROXY and AWS_ENDPOINT_URL: something other than AWS answers there',
  });
}
