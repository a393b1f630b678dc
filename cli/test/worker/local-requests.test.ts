// An SDK that does not read AWS_ENDPOINT_URL, as aws-sdk v2: in the local cloud its requests do not reach AWS.
import { expect, it } from 'vitest';
import { localKeyPrefix } from '../../src/worker/runtime-api/local-credentials.ts';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();
const ofLocalCloud = { environment: { AWS_ACCESS_KEY_ID: `${localKeyPrefix}012345678` } };

it('is refused with what to write, and nothing else is', async () => {
  const harness = new PoolHarness(runtime.file);
  harness.use('app', 'signed-request.mjs');
  const answer = (event: object) => harness.answer('app', event, ofLocalCloud);
  expect(await answer({})).toMatch(
    /^livectl refused a request to sqs\.us-east-1\.amazonaws\.com: .*new AWS\.SQS\(\{ endpoint: process\.env\.AWS_ENDPOINT_URL \}\)/,
  );
  expect(await answer({ host: 'sqs.cn-north-1.amazonaws.com.cn' })).toMatch(/^livectl refused/);
  expect(await answer({ host: 'emulator.example.com' })).toBe('it was let through');
  expect(await answer({ key: 'AKIAOWN' })).toBe('it was let through');
});

it('is let through with the credentials of a stage', async () => {
  const harness = new PoolHarness(runtime.file);
  harness.use('app', 'signed-request.mjs');
  expect(await harness.answer('app')).toBe('it was let through');
});
