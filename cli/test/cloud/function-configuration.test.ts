// GetFunctionConfiguration of the local cloud, by AWS's client: what a stage's stubs and wrapped functions have, and for whom.
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Credentials } from '../../src/cloud/cloud.ts';
import { deployed, startTestCloud, type TestCloud } from './test-cloud.ts';

let started: TestCloud;

beforeAll(async () => {
  const common = { environment: { NODE_OPTIONS: '--no-warnings' }, runtime: 'nodejs20.x' };
  const wrap = { execWrapper: '/opt/vendor', init: 'lazy' as const };
  // Nothing is run of them.
  started = await startTestCloud('none.mjs', {
    functions: [deployed('hello', common), deployed('orders', { ...common, wrap })],
  });
});
afterAll(() => started.close());

async function ask(FunctionName: string, credentials: Credentials = started.cloud.developerCredentials) {
  const { endpointUrl: endpoint, region } = started.cloud;
  const client = new LambdaClient({ endpoint, region, credentials, maxAttempts: 1 });
  try {
    return await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
  } finally {
    client.destroy();
  }
}

const stub = { LIVE_DEBUG_STAGE: 'test', LIVE_DEBUG_TABLE: 'live-debug-test' };

test('a stub has the stub’s settings, and the function’s variables', async () => {
  const found = await ask('hello');
  expect(found).toMatchObject({ Handler: 'index.handler', Timeout: 8, LastUpdateStatus: 'Successful' });
  expect(found.CodeSha256).toMatch(/^[\w+/]{43}=$/);
  const variables = { ...stub, LIVE_DEBUG_FUNCTION: 'hello', LIVE_DEBUG_NODE_OPTIONS: '--no-warnings' };
  expect(found.Environment?.Variables).toMatchObject(variables);
  expect(found.Environment?.Variables).not.toHaveProperty('NODE_OPTIONS');
});

test('a wrapped function has its own, and the wrapper’s', async () => {
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:orders';
  const found = await ask(arn);
  expect(found).toMatchObject({
    ...{ FunctionArn: arn, Handler: 'src/app.handler', Runtime: 'nodejs20.x', Timeout: 3, MemorySize: 256 },
    Layers: [{ Arn: 'arn:aws:lambda:us-east-1:000000000000:layer:live-debug-test-wrapper:1' }],
  });
  expect(found.Environment?.Variables).toMatchObject({
    ...{ ...stub, LIVE_DEBUG_FUNCTION: 'orders', NODE_OPTIONS: '--no-warnings' },
    AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
    LIVE_DEBUG_EXEC_WRAPPER: '/opt/vendor',
    LIVE_DEBUG_WRAP_INIT: 'lazy',
  });
});

test('is for developers, and for functions that are there', async () => {
  await expect(ask('other')).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
    message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:other',
  });
  await expect(ask('hello', started.cloud.stubCredentials)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining('lambda:GetFunctionConfiguration'),
  });
});
