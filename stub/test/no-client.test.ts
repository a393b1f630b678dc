// The shipped stub while nobody serves: who gets a 503, who gets an error, and what the fallback changes.
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stageSecret } from '../../protocol/test/stage-secrets.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

const message =
  'nobody is serving function hello of stage dev-ada (no live lease, or its connection is gone); run: livectl serve --stage dev-ada';
const body = { code: 'LD_NO_CLIENT', message, remedy: 'run: livectl serve --stage dev-ada' };

describe('a livectl of 0.1, which cannot authenticate senders', () => {
  it('is sealed for as in 0.1, which is logged once; no other client is', async () => {
    const old = await world.serve({ capabilities: undefined, version: '0.1.0', host: 'old-laptop' });
    const lambda = await world.manualLambda();
    const answeredBy = async (client: FakeClient) => {
      const outcome = lambda.invoke({});
      const received = await client.next('invoke');
      await client.answer(received, '1');
      expect(answerOf(await outcome)).toBe(1);
      return received.channel.secretId;
    };
    expect([await answeredBy(old), await answeredBy(old)]).toEqual([undefined, undefined]);
    // Words of later versions are none of its business.
    const young = await world.serve({ capabilities: 'filters psk' });
    lambda.advance(2001);
    expect(await answeredBy(young)).toBe(stageSecret.id);
    const said = lambda.output.split('\n').filter((line) => line.includes('without the stage’s secret'));
    expect(said.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ user: 'ada', host: 'old-laptop', version: '0.1.0' }),
    ]);
  });
});

describe('an event', () => {
  let lambda: Lambda;
  beforeEach(async () => {
    lambda = await world.lambda();
  });

  const requestContext = { requestId: 'r' };
  const headers = { 'content-type': 'application/json', 'retry-after': '5' };
  const balanced = { statusDescription: '503 Service Unavailable' };
  const httpShapes: [string, object, object][] = [
    ['a REST API', { resource: '/', httpMethod: 'GET', requestContext, multiValueHeaders: {} }, { headers }],
    ['an HTTP API, format 1.0', { version: '1.0', httpMethod: 'GET', requestContext }, { headers }],
    ['an HTTP API, format 2.0', { version: '2.0', requestContext: { http: { method: 'GET' } } }, { headers }],
    [
      'a function URL',
      {
        version: '2.0',
        routeKey: '$default',
        requestContext: { accountId: 'anonymous', http: { method: 'GET' } },
      },
      { headers },
    ],
    [
      'a load balancer',
      { requestContext: { elb: { targetGroupArn: 'a' } }, httpMethod: 'GET', headers: {} },
      { ...balanced, headers: { 'content-type': 'application/json' } },
    ],
    [
      'a load balancer with multi-value headers',
      { requestContext: { elb: { targetGroupArn: 'a' } }, httpMethod: 'GET', multiValueHeaders: {} },
      { ...balanced, multiValueHeaders: { 'content-type': ['application/json'] } },
    ],
  ];

  it('of HTTP is answered with 503 and the command to run, in the form of its source', async () => {
    for (const [source, event, shape] of httpShapes) {
      const answer = answerOf(await lambda.invoke(event)) as { body: string };
      expect({ source, ...answer, body: JSON.parse(answer.body) }).toEqual({
        source,
        statusCode: 503,
        isBase64Encoded: false,
        ...shape,
        body,
      });
    }
  });

  const authorizer = {
    methodArn: 'arn:aws:execute-api:eu-west-1:1:a/b/GET/',
    httpMethod: 'GET',
    requestContext,
  };
  const others: [string, unknown][] = [
    ['SQS', { Records: [{ eventSource: 'aws:sqs', body: 'x' }] }],
    ['SNS', { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'x' } }] }],
    ['EventBridge', { version: '0', 'detail-type': 'x', source: 'a', detail: {} }],
    ['a REST authorizer', { type: 'REQUEST', ...authorizer }],
    ['a token authorizer', { type: 'TOKEN', methodArn: authorizer.methodArn, authorizationToken: 't' }],
    [
      'an HTTP API authorizer',
      { version: '2.0', routeArn: 'arn', requestContext: { http: { method: 'GET' } } },
    ],
    ['a WebSocket API', { requestContext: { routeKey: '$connect', connectionId: 'c=' } }],
    ['nothing in particular', null],
    ['a text', 'text'],
  ];

  it('of any other source fails by name, so that the source retries', async () => {
    for (const [source, event] of others) {
      const { errorType, errorMessage } = errorOf(await lambda.invoke(event));
      expect({ source, errorType, errorMessage }).toEqual({
        source,
        errorType: 'LiveDebugNoClientError',
        errorMessage: message,
      });
    }
  });

  it('fails while the only lease is expired', async () => {
    const client = await world.serve({ leaseUntil: Date.now() - 1 });
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
    expect(client.received).toEqual([]);
  });

  it('is served from the moment a client registers', async () => {
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
    const client = await world.serve();
    const outcome = lambda.invoke({});
    await client.answer(await client.next('invoke'), '1');
    expect(answerOf(await outcome)).toBe(1);
  });
});

describe('with a fallback', () => {
  const fallbackArn = 'arn:aws:lambda:eu-west-1:123456789012:function:real-hello:live';
  let api: Server;
  let calls: { request: IncomingMessage; body: string }[];
  let answer: { status: number; headers?: Record<string, string>; body: string };

  beforeEach(async () => {
    calls = [];
    answer = { status: 200, body: '{"from":"the real one"}' };
    api = createServer((request, response) => {
      let text = '';
      request.on('data', (part: Buffer) => {
        text += part;
      });
      request.on('end', () => {
        calls.push({ request, body: text });
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    api.closeAllConnections();
    await new Promise((resolve) => api.close(resolve));
  });

  /** `AWS_ENDPOINT_URL` alone: the directory's own endpoint is more specific and wins. */
  const start = () =>
    world.lambda({
      environment: {
        LIVE_DEBUG_FALLBACK_ARN: fallbackArn,
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
      },
    });

  it('the real function answers, by a signed call of Lambda’s API', async () => {
    const lambda = await start();
    expect(answerOf(await lambda.invoke({ requestContext: { http: {} }, version: '2.0' }))).toEqual({
      from: 'the real one',
    });
    const [{ request, body: sent } = {}] = calls;
    expect(request?.url).toBe(`/2015-03-31/functions/${encodeURIComponent(fallbackArn)}/invocations`);
    expect(request?.headers.authorization).toMatch(/\/eu-west-1\/lambda\/aws4_request/);
    expect(JSON.parse(sent ?? '')).toEqual({ requestContext: { http: {} }, version: '2.0' });
  });

  it('its error is thrown unchanged', async () => {
    const error = {
      errorType: 'RangeError',
      errorMessage: 'too far',
      trace: ['RangeError: too far', '    at f'],
    };
    answer = { status: 200, headers: { 'x-amz-function-error': 'Unhandled' }, body: JSON.stringify(error) };
    expect(errorOf(await (await start()).invoke({}))).toEqual(error);
  });

  it('that cannot be invoked, the error says so and why', async () => {
    answer = { status: 403, body: '{"Message":"x-amz-security-token:test-token"}' };
    const lambda = await start();
    expect(errorOf(await lambda.invoke({}))).toMatchObject({
      errorType: 'LiveDebugNoClientError',
      errorMessage: `nobody is serving, and the fallback ${fallbackArn} can't be invoked: HTTP 403`,
    });
    await new Promise((resolve) => {
      api.closeAllConnections();
      api.close(resolve);
    });
    expect(errorOf(await lambda.invoke({})).errorMessage).toContain("can't be invoked: connect ECONNREFUSED");
  });

  it('it is not invoked while somebody serves', async () => {
    const client = await world.serve();
    const lambda = await start();
    const outcome = lambda.invoke({});
    await client.answer(await client.next('invoke'), '"local"');
    expect(answerOf(await outcome)).toBe('local');
    expect(calls).toEqual([]);
  });
});
