// The shipped file itself, and its settings.
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ReportedError } from './harness/ipc.ts';
import { answerOf, errorOf, stubEnvironment } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

describe('the built stub', () => {
  it('is at most 120 KB', async () => {
    expect((await readFile(world.built.indexFile)).length).toBeLessThanOrEqual(120 * 1024);
  });

  it('contains no AWS SDK and nothing of livectl', () => {
    const packages = world.built.inputs.map(
      (file) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file.split('/')[0],
    );
    expect([...new Set(packages)].sort()).toEqual([
      '@hpke/common',
      '@hpke/core',
      'protocol',
      'stub',
      'valibot',
      'ws',
    ]);
  });
});

describe('a stub that lacks settings', () => {
  const start = async (environment: Record<string, string>) => {
    const failure = await world
      .lambda({ environment })
      .catch((error: Error & { reported: ReportedError }) => error);
    if (!('reported' in failure)) throw new Error('it started');
    return failure.reported;
  };

  it('fails in its init phase with all their names and none of their values', async () => {
    const reported = await start({
      LIVE_DEBUG_STAGE: '',
      LIVE_DEBUG_RELAY: 'ftp://secret.example',
      LIVE_DEBUG_SECRET: 'secret of too few bytes',
      AWS_REGION: '',
    });
    expect(reported.errorType).toBe('LiveDebugStubConfigError');
    expect(reported.errorMessage).toBe(
      "the stub's environment variables are missing or invalid: LIVE_DEBUG_STAGE, LIVE_DEBUG_RELAY, LIVE_DEBUG_SECRET, AWS_REGION",
    );
    expect(reported.trace.join('\n')).not.toContain('secret');
  });

  it('does not start without a secret, either: it could not authenticate', async () => {
    const { errorMessage } = await start({ LIVE_DEBUG_SECRET: '' });
    expect(errorMessage).toMatch(/missing or invalid: LIVE_DEBUG_SECRET$/);
  });
});

describe('the directory’s endpoint', () => {
  const { AWS_ENDPOINT_URL_DYNAMODB: _, ...unset } = stubEnvironment('', '');
  const elsewhere = 'http://127.0.0.1:9';

  it.each<[string, (endpoint: string) => Record<string, string>]>([
    ['AWS_ENDPOINT_URL', (endpoint) => ({ AWS_ENDPOINT_URL_DYNAMODB: '', AWS_ENDPOINT_URL: endpoint })],
    [
      'AWS_ENDPOINT_URL_DYNAMODB',
      (endpoint) => ({ AWS_ENDPOINT_URL_DYNAMODB: endpoint, AWS_ENDPOINT_URL: elsewhere }),
    ],
    [
      'LIVE_DEBUG_DIRECTORY_ENDPOINT',
      (endpoint) => ({ LIVE_DEBUG_DIRECTORY_ENDPOINT: endpoint, AWS_ENDPOINT_URL_DYNAMODB: elsewhere }),
    ],
  ])('is taken from %s', async (_name, environmentOf) => {
    const client = await world.serve();
    const lambda = await world.lambda({
      environment: { ...unset, LIVE_DEBUG_RELAY: world.relay.url(), ...environmentOf(world.table.endpoint) },
    });
    const outcome = lambda.invoke({});
    await client.answer(await client.next('invoke'), '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('that does not answer is an error of the directory, not of the client', async () => {
    const lambda = await world.lambda({ environment: { AWS_ENDPOINT_URL_DYNAMODB: elsewhere } });
    const { errorType, errorMessage } = errorOf(await lambda.invoke({}));
    expect(errorType).toBe('LiveDebugDirectoryError');
    expect(errorMessage).toMatch(/^Query got no answer from 127\.0\.0\.1:9: connect ECONNREFUSED/);
  });

  it('that names a client with an invalid key is one as well', async () => {
    await world.serve({ publicKey: 'AAAA' });
    const { errorType, errorMessage } = errorOf(await (await world.lambda()).invoke({}));
    expect(errorType).toBe('LiveDebugDirectoryError');
    expect(errorMessage).toBe('the public key of ada on ada-laptop in item client#* is invalid');
  });
});
