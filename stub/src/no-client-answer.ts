// [1] Nobody serves: an HTTP caller gets a message that says what to do, every other source a failure that it can retry.
import * as v from 'valibot';
import type { ClientItem } from '../../protocol/directory.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';

const eventSchema = v.looseObject({
  version: v.optional(v.unknown()),
  httpMethod: v.optional(v.unknown()),
  multiValueHeaders: v.optional(v.unknown()),
  methodArn: v.optional(v.unknown()),
  routeArn: v.optional(v.unknown()),
  requestContext: v.looseObject({ http: v.optional(v.unknown()), elb: v.optional(v.unknown()) }),
});

type HttpShape = 'http-api' | 'rest-api' | 'load-balancer' | 'load-balancer-multi-value';

/**
 * The shape of an HTTP event: payload format 2.0 (HTTP API, function URL), 1.0 (REST API, HTTP API) or a load balancer's;
 * undefined for all others, including authorizers, which must answer with a policy instead of a status.
 */
function httpShape(event: unknown): HttpShape | undefined {
  const parsed = v.safeParse(eventSchema, event);
  if (!parsed.success) return undefined;
  const { version, httpMethod, multiValueHeaders, methodArn, routeArn, requestContext } = parsed.output;
  if (methodArn !== undefined || routeArn !== undefined) return undefined;
  if (requestContext.elb !== undefined) {
    return multiValueHeaders === undefined ? 'load-balancer' : 'load-balancer-multi-value';
  }
  if (version === '2.0' && requestContext.http !== undefined) return 'http-api';
  if (typeof httpMethod === 'string') return 'rest-api';
  return undefined;
}

/**
 * The error of a function that nobody serves, with the command to run; `absent` is a client with a valid lease whose connection is
 * gone and that has not come back in time.
 */
export function noClientError(stage: string, functionName: string, absent?: ClientItem): LiveDebugError {
  const remedy = `run: livectl serve --stage ${stage}`;
  const what = `function ${functionName} of stage ${stage}`;
  const message = absent
    ? `livectl of ${absent.user} on ${absent.host}, which serves ${what}, is reconnecting and was not back in time; if it has ended, ${remedy}`
    : `nobody is serving ${what} (no live lease, or its connection is gone); ${remedy}`;
  return new LiveDebugError('LD_NO_CLIENT', message, { remedy });
}

/** A 503 with a JSON body for HTTP-shaped events; throws the error for all others, so that their source retries. */
export function answerWithoutClient(event: unknown, error: LiveDebugError): object {
  const shape = httpShape(event);
  if (shape === undefined) throw error;
  const contentType = 'application/json';
  const body = JSON.stringify({ code: error.code, message: error.message, remedy: error.remedy });
  const answer = { statusCode: 503, isBase64Encoded: false, body };
  switch (shape) {
    case 'http-api':
    case 'rest-api':
      return { ...answer, headers: { 'content-type': contentType, 'retry-after': '5' } };
    case 'load-balancer':
      return {
        ...answer,
        statusDescription: '503 Service Unavailable',
        headers: { 'content-type': contentType },
      };
    case 'load-balancer-multi-value':
      return {
        ...answer,
        statusDescription: '503 Service Unavailable',
        multiValueHeaders: { 'content-type': [contentType] },
      };
  }
}
