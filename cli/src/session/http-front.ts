// [4] Which HTTP front an event comes from, and how it treats the answer.
import { errorName } from '../../../protocol/live-debug-error.ts';
import { type HttpFrontKind, readHttpAnswer, refusedStatus } from '../worker/runtime-api/http-answer.ts';
import type { LambdaEvent } from './lambda-event.ts';

/** How such events begin, for those that are too large to parse; an authorizer's has a type there. */
const heads: readonly (readonly [string, HttpFrontKind])[] = [
  ['{"version":"2.0","routeKey":', 'http_api'],
  ['{"version":"1.0","resource":', 'http_api_1'],
  ['{"resource":', 'rest_api'],
];

/** Undefined for every other source, including authorizers and WebSocket APIs. */
export function httpFrontOf(event: LambdaEvent | undefined, bytes: Uint8Array): HttpFrontKind | undefined {
  if (event === undefined) {
    const start = Buffer.from(bytes.subarray(0, 64)).toString('utf8');
    return heads.find(([head]) => start.startsWith(head))?.[1];
  }
  const { httpMethod, methodArn, requestContext, routeArn, version } = event;
  const isAuthorizer = methodArn !== undefined || routeArn !== undefined;
  if (requestContext === undefined || isAuthorizer) return undefined;
  if (requestContext.http?.method !== undefined) return isOfUrl(requestContext) ? 'function_url' : 'http_api';
  if (httpMethod === undefined || requestContext.elb !== undefined) return undefined;
  return version === '1.0' ? 'http_api_1' : 'rest_api';
}

/** On AWS `ID.lambda-url.REGION.on.aws`; the local cloud uses the function's name as the API's id. */
function isOfUrl({ apiId, domainName = '', routeKey }: NonNullable<LambdaEvent['requestContext']>): boolean {
  if (/\.lambda-url\./.test(domainName)) return true;
  return routeKey === '$default' && !domainName.includes('.execute-api.') && apiId !== localApi;
}

/** The local cloud's HTTP API. */
const localApi = 'localhttp0';

/** The outcome for the caller. */
export interface HttpEnd {
  readonly status: number | undefined;
  /** Set if the front refuses the answer. */
  readonly error?: { readonly name: string; readonly message: string };
}

/** How the front treats an answer. */
export function httpEnd(body: Uint8Array, front: HttpFrontKind): HttpEnd {
  const read = readHttpAnswer(body, front);
  // The stub, a Node.js function, passes on anything but JSON as a string, which becomes the body.
  if (read.kind === 'text') {
    const isBody = front === 'http_api' || front === 'function_url';
    return isBody
      ? { status: 200 }
      : refused('the answer must be an object with a statusCode, not text', front);
  }
  if (read.kind === 'fault') return refused(read.fault, front);
  return { status: read.kind === 'answer' ? read.answer.statusCode : 200 };
}

/** HTTP APIs do not stream. */
export function takesStreams(front: HttpFrontKind): boolean {
  return front !== 'http_api' && front !== 'http_api_1';
}

/** The outcome of an answer with this fault. */
export function refused(fault: string, front: HttpFrontKind): HttpEnd & Required<Pick<HttpEnd, 'error'>> {
  const status = refusedStatus[front];
  const who = front === 'function_url' ? 'the function URL' : 'API Gateway';
  const message = `${who} refuses the answer and returns ${status}: ${fault}`;
  return { status, error: { name: errorName('LD_ANSWER'), message } };
}
