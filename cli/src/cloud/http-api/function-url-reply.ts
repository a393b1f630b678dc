// The HTTP API: one request to a function URL, buffered or streamed, signed or not.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { accountId, iamAuthorizer, type Principal } from '../aws-api/access.ts';
import { lambdaLimits } from '../aws-api/aws-limits.ts';
import { readBody } from '../aws-api/loopback-server.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { corsHeaders, preflightResponse } from './cors.ts';
import type { UrlCall } from './function-urls.ts';
import { httpEvent } from './http-event.ts';
import { type FrontResponse, httpResponse, type ResponseRules } from './http-response.ts';
import { StreamedReply } from './streamed-reply.ts';

interface FunctionUrlRequest {
  readonly call: UrlCall;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly verifier: SigV4Verifier;
  /** The identity of unsigned requests. */
  readonly developer: Principal;
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

const failure: FrontResponse = {
  status: 502,
  headers: { 'Content-Type': 'text/plain' },
  body: 'Internal Server Error',
};
const rules: ResponseRules = { front: 'function_url', contentType: 'application/json', failure };
const tooLarge: FrontResponse = {
  status: 413,
  headers: { 'Content-Type': 'application/json' },
  body: '{"Message":"Request Entity Too Large"}',
};

/** The response to send at once; undefined if it has been streamed. */
export async function functionUrlReply(front: FunctionUrlRequest): Promise<FrontResponse | undefined> {
  const { call, request, response, host, id, time } = front;
  const { cors, invoke_mode } = call.settings;
  const asked = cors && preflightResponse(cors, request);
  if (asked) {
    request.resume();
    return asked;
  }
  const body = await readBody(request, lambdaLimits.eventBytes);
  if (body === undefined) return tooLarge;
  const caller = callerOf(front, body);
  if ('status' in caller) return caller;
  const port = request.socket.localPort ?? 0;
  const functionUrl = { url: call.url, ...caller };
  const json = httpEvent({ request, match: call, functionUrl, body, requestId: id, time, port });
  const event = Buffer.from(json);
  if (event.length > lambdaLimits.eventBytes) return tooLarge;
  const extra = cors ? corsHeaders(cors, request) : {};
  if (invoke_mode !== 'RESPONSE_STREAM') {
    const answer = httpResponse(await host.invoke(call.functionName, event, { id }), rules);
    return { ...answer, headers: { ...answer.headers, ...extra } };
  }
  const reply = new StreamedReply(response, { ...extra, 'x-amzn-requestid': id });
  const outcome = await host.invoke(call.functionName, event, {
    id,
    responseSink: (bytes, contentType) => reply.write(bytes, contentType),
  });
  return reply.end(outcome) ? undefined : { ...failure, headers: { ...failure.headers, ...extra } };
}

/** With AWS_IAM, a signature must be valid if there is one; curl, which sends none, counts as the developer. */
function callerOf(
  { call, request, verifier, developer }: FunctionUrlRequest,
  body: Buffer,
): FrontResponse | { readonly accountId: string; readonly authorizer?: object } {
  if (call.settings.authorization_type === 'NONE') return { accountId: 'anonymous' };
  const { method = 'GET', url = '/', headers } = request;
  const signed = headers.authorization?.startsWith('AWS4-') || url.includes('X-Amz-Signature=');
  const verified = signed ? verifier.verify({ method, url, headers }, 'lambda', body) : undefined;
  if (verified?.ok === false) {
    return {
      status: 403,
      headers: { 'Content-Type': 'application/json', 'x-amzn-ErrorType': verified.failure },
      body: JSON.stringify({ Message: verified.message }),
    };
  }
  return { accountId, authorizer: iamAuthorizer(verified?.principal ?? developer) };
}
