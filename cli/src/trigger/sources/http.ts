// `livectl trigger http` and `function_url`: a request as a caller sends it; signed if the URL uses IAM.

import type { HttpResponse } from '../../../../protocol/http-attempt.ts';
import { CutOffError } from '../../../../protocol/http-attempt.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import { Signer } from '../../../../protocol/signature.ts';
import { hasEmulator } from '../../aws/endpoints.ts';
import type { Aws } from '../aws.ts';
import { type Given, wrong } from '../given.ts';
import { baggageName, markedBaggage } from './mark.ts';
import { checkSignedHost, type SignedService } from './signed-host.ts';
import type { Missing, Published, Source } from './source.ts';

const flags = ['method', 'path', 'header', 'as', 'query', 'body'] as const;

/** The maximum duration of a function, plus some for the way. */
const answerBoundMs = 910_000;

export const http: Source<'http'> = {
  flags,
  missing(given, { resource: { path } }): Missing[] {
    if (given.has('path') || !path?.includes('{')) return [];
    return [{ flag: 'path', question: `Path, as ${path}` }];
  },
  async publish(given, { functionName, resource }, aws) {
    const path = given.text('path');
    // The $default stage of an HTTP API does not appear in the path.
    const url = path === undefined ? new URL(resource.url) : new URL(absolute(path), resource.url);
    const method = resource.method === 'ANY' ? undefined : resource.method;
    const { authorization_type: authorization } = resource;
    if (authorization === 'JWT' && !hasToken(given)) {
      throw wrong(
        `the route of ${functionName} accepts requests with a token only (authorization_type JWT)`,
        "pass one of its issuer's: --header 'authorization: Bearer TOKEN'",
      );
    }
    return send({ given, url, method, signing: authorization === 'AWS_IAM' ? ofRoute : undefined, aws });
  },
};

export const functionUrl: Source<'function_url'> = {
  flags,
  missing: () => [],
  publish(given, { resource }, aws) {
    // The local cloud's function URLs have their own path, below which the function's path begins.
    const base = resource.url.endsWith('/') ? resource.url : `${resource.url}/`;
    const url = new URL(`.${absolute(given.text('path') ?? '/')}`, base);
    const signing = resource.authorization_type === 'AWS_IAM' ? ofFunctionUrl : undefined;
    return send({ given, url, method: undefined, signing, aws });
  },
};

function absolute(path: string): string {
  if (path.startsWith('/') && !path.startsWith('//')) return path;
  throw wrong(`--path must begin with a single /, not ${path}`);
}

function hasToken(given: Given): boolean {
  return given.pairs('header', ':').some(({ name }) => name.toLowerCase() === 'authorization');
}

/** How a request is signed, and how its refusal is recognized and explained. */
interface Signing {
  readonly service: string;
  readonly host: SignedService;
  readonly isRefusal: (response: HttpResponse) => boolean;
  readonly remedy: string;
}

/** https://ID.lambda-url.REGION.on.aws/ */
const ofFunctionUrl: Signing = {
  service: 'lambda',
  host: 'lambda-url',
  isRefusal: ({ headers }) => headers['x-amzn-errortype'] === 'AccessDeniedException',
  remedy: 'allow your role lambda:InvokeFunctionUrl and lambda:InvokeFunction on the function',
};

/** https://ID.execute-api.REGION.amazonaws.com/ */
const ofRoute: Signing = {
  service: 'execute-api',
  host: 'execute-api',
  // API Gateway says no more; a function that answers exactly this is treated the same.
  isRefusal: ({ body }) => body.toString('utf8') === '{"message":"Forbidden"}',
  remedy: 'allow your role execute-api:Invoke on the API, as developer_policy_json of the module does',
};

interface Call {
  readonly given: Given;
  readonly url: URL;
  /** The route's method, if there is a route. */
  readonly method: string | undefined;
  /** Undefined if nothing is signed. */
  readonly signing: Signing | undefined;
  readonly aws: Aws;
}

async function send({ aws, given, method: fixedMethod, signing, url }: Call): Promise<Published> {
  for (const { name, value } of given.pairs('query', '=')) url.searchParams.append(name, value);
  const body = await given.body('body');
  const method = given.text('method') ?? fixedMethod ?? (body === undefined ? 'GET' : 'POST');
  const headers = headersOf(given, body);
  const request = { method, url, headers, ...(body === undefined ? {} : { body }) };
  const response = await sendOnce(
    signing === undefined ? request : { ...request, headers: await sign(request, signing, aws) },
    aws,
  );
  if (signing && response.status === 403 && signing.isRefusal(response)) {
    throw new LiveDebugError('LD_PERMISSION', `${url.origin} refuses the request: ${response.body}`, {
      remedy: signing.remedy,
    });
  }
  const header = (name: string) => String(response.headers[name] ?? '');
  const requestId = header('apigw-requestid') || header('x-amzn-requestid');
  return {
    to: `${method} ${url.href}`,
    ids: requestId === '' ? {} : { request_id: requestId },
    traces: requestId === '' ? [] : [requestId],
    answer: response,
  };
}

function headersOf(given: Given, body: Buffer | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { name, value } of given.pairs('header', ':')) headers[name.toLowerCase()] = value;
  const baggage = markedBaggage(given, headers[baggageName]);
  if (baggage !== undefined) headers[baggageName] = baggage;
  if (body !== undefined) headers['content-type'] ??= isJson(body) ? 'application/json' : 'text/plain';
  return headers;
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

async function sign(
  request: { method: string; url: URL; headers: Record<string, string>; body?: Buffer },
  { host, service }: Signing,
  aws: Aws,
): Promise<Record<string, string>> {
  const { region } = aws;
  checkSignedHost(request.url, host, { region, isEmulated: hasEmulator() });
  const signer = new Signer({ service, region });
  return signer.sign(request, await aws.credentials(), Date.now());
}

async function sendOnce(
  request: {
    readonly method: string;
    readonly url: URL;
    readonly headers: Record<string, string>;
    readonly body?: Buffer;
  },
  aws: Aws,
): Promise<HttpResponse & { readonly cutOff?: true }> {
  try {
    // Only the function knows what a second request would do.
    return await aws.http.send({ ...request, repeatable: false, timeoutMs: answerBoundMs });
  } catch (cause) {
    if (cause instanceof CutOffError) return { ...cause.begun, cutOff: true };
    throw new LiveDebugError('LD_PUBLISH', `no answer from ${request.url.origin}: ${messageOf(cause)}`, {
      remedy: 'check the network, and whether the stage still exists: livectl status',
      cause,
    });
  }
}
