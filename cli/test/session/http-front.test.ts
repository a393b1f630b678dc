// Which HTTP front an event comes from, by the shapes that AWS documents.
import { expect, test } from 'vitest';
import { httpApiId } from '../../src/cloud/aws-api/access.ts';
import { httpFrontOf } from '../../src/session/http-front.ts';
import { parseLambdaEvent } from '../../src/session/lambda-event.ts';

const http = { method: 'GET', path: '/' };
const long = 'x'.repeat(300_000);

const events: readonly (readonly [string, unknown, string | undefined])[] = [
  [
    'an HTTP API',
    {
      version: '2.0',
      routeKey: 'GET /',
      requestContext: { http, domainName: 'a.execute-api.eu-west-1.amazonaws.com', apiId: 'a' },
    },
    'http_api',
  ],
  [
    'the $default route of an HTTP API',
    {
      version: '2.0',
      requestContext: {
        http,
        routeKey: '$default',
        domainName: 'a.execute-api.eu-west-1.amazonaws.com',
        apiId: 'a',
      },
    },
    'http_api',
  ],
  [
    'the local HTTP API',
    {
      version: '2.0',
      requestContext: { http, routeKey: '$default', domainName: 'localhost', apiId: httpApiId },
    },
    'http_api',
  ],
  [
    'a function URL',
    {
      version: '2.0',
      requestContext: { http, routeKey: '$default', domainName: 'a.lambda-url.eu-west-1.on.aws', apiId: 'a' },
    },
    'function_url',
  ],
  [
    'a local function URL',
    {
      version: '2.0',
      requestContext: { http, routeKey: '$default', domainName: '127.0.0.1', apiId: 'hello' },
    },
    'function_url',
  ],
  ['format 1.0', { version: '1.0', httpMethod: 'GET', requestContext: { apiId: 'a' } }, 'http_api_1'],
  ['a REST API', { resource: '/', httpMethod: 'GET', requestContext: { apiId: 'a' } }, 'rest_api'],
  ['a load balancer', { httpMethod: 'GET', requestContext: { elb: { targetGroupArn: 'a' } } }, undefined],
  ['an authorizer', { version: '2.0', type: 'REQUEST', routeArn: 'a', requestContext: { http } }, undefined],
  [
    'another authorizer',
    { type: 'REQUEST', methodArn: 'a', httpMethod: 'GET', requestContext: {} },
    undefined,
  ],
  ['a WebSocket API', { requestContext: { connectionId: 'a', routeKey: '$default' } }, undefined],
  ['a queue', { Records: [{ eventSource: 'aws:sqs' }] }, undefined],
  ['anything else', { a: 1 }, undefined],
  ['a large event of an HTTP API', { version: '2.0', routeKey: 'GET /', body: long }, 'http_api'],
  ['a large event in format 1.0', { version: '1.0', resource: '/', body: long }, 'http_api_1'],
  ['a large event of a REST API', { resource: '/', body: long }, 'rest_api'],
  ['a large event of an authorizer', { version: '2.0', type: 'REQUEST', body: long }, undefined],
];

test.each(events)('%s', (_name, event, front) => {
  const bytes = Buffer.from(JSON.stringify(event));
  expect(httpFrontOf(parseLambdaEvent(bytes), bytes)).toBe(front);
});
