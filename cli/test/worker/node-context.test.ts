// The context object of a Node handler: the cases of AWS's own tests, for its older and its newer client.
import { describe, expect, it } from 'vitest';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce } = nodeRuntimes();

const env = {
  AWS_LAMBDA_FUNCTION_NAME: 'probe',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/probe',
  AWS_LAMBDA_LOG_STREAM_NAME: '2024/07/01/[$LATEST]abc',
};
const sent = {
  clientContext: '{"client":{"title":"Zoë"},\n"custom":{"del":"\u007f"}}',
  cognitoIdentity: '{"cognitoIdentityId":"id"}',
  tenantId: 'blue',
};
const fields = {
  awsRequestId: 'request-1',
  functionName: 'probe',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
  memoryLimitInMB: '256',
  logGroupName: '/aws/lambda/probe',
  logStreamName: '2024/07/01/[$LATEST]abc',
  clientContext: { client: { title: 'Zoë' }, custom: { del: '\u007f' } },
  identity: { cognitoIdentityId: 'id' },
  tenantId: 'blue',
};

it('has the values of the invocation and the environment', async () => {
  const process = await start('context.handler', { env });
  const before = performance.now();
  const context = (await process.invoke({}, sent)) as { remaining: number; methods: string[] };
  expect(context).toMatchObject({
    ...fields,
    callbackWaitsForEmptyEventLoop: true,
    traceId: 'Root=1-trace-1',
  });
  expect(context.methods.sort()).toEqual(['done', 'fail', 'getRemainingTimeInMillis', 'succeed']);
  // Of five seconds, all but what the test itself saw go by.
  expect(context.remaining).toBeGreaterThanOrEqual(5000 - (performance.now() - before) - 1);
  expect(context.remaining).toBeLessThanOrEqual(5000);
  expect(await process.invoke()).toMatchObject({ traceId: 'Root=1-trace-2' });
});

it('has no old methods from nodejs24 on, and the trace id', async () => {
  const context = (await (await start('context.handler', { ...node24, env })).invoke({}, sent)) as object;
  expect(context).toMatchObject({
    ...fields,
    xRayTraceId: 'Root=1-trace-1',
    methods: ['getRemainingTimeInMillis', 'w3c'],
  });
  expect(context).not.toHaveProperty('callbackWaitsForEmptyEventLoop');
});

it.each([['nodejs22.x'], ['nodejs24.x']])(
  'has neither client context nor identity nor tenant where the caller sent none, %s',
  async (runtime) => {
    const context = await invokeOnce('context.handler', {}, { runtime });
    for (const name of ['clientContext', 'identity', 'tenantId']) expect(context).not.toHaveProperty(name);
  },
);

it('returns a negative remaining time after the deadline', async () => {
  const process = await start('context.handler');
  const { outcome } = await process.api.dispatch({
    id: 'late',
    event: Buffer.from('{}'),
    deadlineMs: Date.now() - 1000,
    invokedFunctionArn: 'arn',
  });
  expect(outcome.ok && JSON.parse(Buffer.from(outcome.body).toString()).remaining).toBeLessThanOrEqual(-1000);
});

it('is an error if the client context or the identity is not JSON', async () => {
  const process = await start('context.handler');
  expect(await process.invoke({}, { clientContext: 'nonsense' })).toMatchObject({
    errorType: 'Error',
    errorMessage: expect.stringMatching(/^Cannot parse ClientContext as json: SyntaxError: /),
  });
  expect(await process.invoke({}, { cognitoIdentity: 'nonsense' })).toMatchObject({
    errorMessage: expect.stringMatching(/^Cannot parse CognitoIdentity as json: SyntaxError: /),
  });
});

describe('the caller’s trace context, from nodejs24 on', () => {
  it.each([
    [undefined, {}, undefined],
    [{ custom: { value: 'test' } }, {}, { custom: { value: 'test' } }],
    [{ w3c: { baggage: 'abc' } }, { baggage: 'abc' }, {}],
    [
      { custom: 1, w3c: { traceparent: '00-a-b-01', tracestate: 'x=1', baggage: 'u=ada' } },
      { traceparent: '00-a-b-01', tracestate: 'x=1', baggage: 'u=ada' },
      { custom: 1 },
    ],
    [{ w3c: { baggage: 'abc', traceparent: 42, tracestate: null } }, { baggage: 'abc' }, {}],
    [{ w3c: { baggage: 'abc', other: 'dropped', constructor: 'dropped' } }, { baggage: 'abc' }, {}],
    [{ w3c: 'not an object' }, {}, {}],
    [{ w3c: ['baggage=abc'] }, {}, {}],
  ])('of %j is %j', async (clientContext, expected, left) => {
    const process = await start('w3c.handler', node24);
    const more = clientContext === undefined ? {} : { clientContext: JSON.stringify(clientContext) };
    const answer = await process.invoke({}, more);
    expect(answer).toEqual({
      fields: expected,
      frozen: true,
      ...(left !== undefined && { clientContext: left }),
    });
  });
});

describe('AWS’s package for the invocation at hand', () => {
  it('knows it from nodejs24 on', async () => {
    const process = await start('invoke-store.handler', node24);
    const common = {
      before: [false, '-'],
      left: null,
      own: 'set by the handler',
      refused: 'Cannot modify protected Lambda context field: Symbol(_AWS_LAMBDA_REQUEST_ID)',
    };
    expect(await process.invoke({}, { tenantId: 'blue' })).toEqual({
      ...common,
      now: [true, 'request-1', 'Root=1-trace-1', 'blue'],
    });
    expect(await process.invoke()).toEqual({ ...common, now: [true, 'request-2', 'Root=1-trace-2', null] });
  });

  it('knows nothing of it up to nodejs22, or where the function wants no globals', async () => {
    const nothing = { now: [true, '-', null, null] };
    expect(await invokeOnce('invoke-store.handler')).toMatchObject(nothing);
    const env = { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: '1' };
    expect(await invokeOnce('invoke-store.handler', {}, { ...node24, env })).toMatchObject(nothing);
  });
});
