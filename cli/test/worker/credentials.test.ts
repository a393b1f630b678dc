// Credentials that are renewed while a worker lives, as the AWS SDKs themselves find them.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { CredentialsEndpoint } from '../../src/worker/runtime-api/credentials-endpoint.ts';
import { type RuntimeApi, startRuntimeApi } from '../../src/worker/runtime-api/runtime-api.ts';
import { builtRuntime, denoCommand, handlersFolder } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';
import { python } from './python-interpreter.ts';

const runtime = builtRuntime();
const folder = join(handlersFolder, 'credentials');
const probe = spawnSync(python, ['-c', 'import botocore']);
const missing = probe.status === 0 ? undefined : `${python} has no botocore`;
if (missing !== undefined && process.env.CI) throw new Error(`under CI nothing may be skipped: ${missing}`);

const role = (name: string) => ({
  environment: {
    AWS_ACCESS_KEY_ID: `key-${name}`,
    AWS_SECRET_ACCESS_KEY: `secret-${name}`,
    AWS_SESSION_TOKEN: `token-${name}`,
    AWS_REGION: 'eu-central-1',
  },
});

/** Answers say that they expire so many seconds earlier than they would. */
const early = (seconds: number) => ({ ...systemClock, now: () => Date.now() - seconds * 1000 });

interface Found {
  readonly pid: number;
  readonly names: readonly string[];
}

describe('a program', () => {
  const custom = { taskRoot: folder, runtime: 'provided.al2023', handler: 'any.thing' };
  const programs = [
    ['botocore', [python, 'runtime.py'], 0, missing],
    // It keeps an answer until it has expired, and renews it in the background from 5 minutes before that on.
    ['the SDK for JavaScript', [process.execPath, 'runtime.mjs'], 6 * 60 + 1, undefined],
    ['the SDK for JavaScript on Deno', [...denoCommand, 'runtime.mjs'], 6 * 60 + 1, undefined],
  ] as const;

  it.each(programs.filter(([, , , skip]) => skip === undefined))(
    'has its credentials renewed without a restart, as %s finds them',
    async (_, [program, ...args], seconds) => {
      const harness = new PoolHarness(runtime.file, { clock: early(seconds) });
      harness.use('program', { kind: 'command', command: [program, ...args] }, custom);
      const first = (await harness.answer('program', {}, role('one'))) as Found;
      expect(first).toMatchObject({ key: 'key-one', secret: 'secret-one', token: 'token-one' });
      expect(first.names).toEqual(
        expect.arrayContaining(['AWS_CONTAINER_CREDENTIALS_FULL_URI', 'AWS_CONTAINER_AUTHORIZATION_TOKEN']),
      );
      expect(first.names).not.toEqual(expect.arrayContaining([expect.stringMatching(/KEY|SESSION/)]));
      const second = (await harness.answer('program', {}, role('two'))) as Found;
      expect(second).toMatchObject({
        key: 'key-two',
        secret: 'secret-two',
        token: 'token-two',
        pid: first.pid,
      });
      expect(harness.messages().join('\n')).not.toContain('secret-');
    },
  );

  it('is restarted when anything else changes, and when credentials are added or removed', async () => {
    const harness = new PoolHarness(runtime.file);
    harness.use('program', { kind: 'command', command: [process.execPath, 'runtime.mjs'] }, custom);
    const { environment } = role('one');
    const pid = async (more: Record<string, string>) =>
      ((await harness.answer('program', {}, { environment: { ...environment, ...more } })) as Found).pid;
    const first = await pid({});
    expect(await pid({})).toBe(first);
    const second = await pid({ GREETING: 'hi' });
    expect(second).not.toBe(first);
    const without = (await harness.answer('program', {}, { environment: { GREETING: 'hi' } })) as {
      errorType: string;
    };
    // Nothing to find: neither the role's before, nor the developer's own.
    expect(without.errorType).toBe('Runtime.ExitError');
  });
});

describe('the endpoint', () => {
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' };

  async function started(): Promise<{ api: RuntimeApi; uri: string; token: string }> {
    const endpoint = new CredentialsEndpoint(credentials, { ...systemClock, now: () => 1_000_000 });
    const api = await startRuntimeApi({ handle: (request, response) => endpoint.handle(request, response) });
    const variables = endpoint.variables(api.address);
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '', AWS_CONTAINER_AUTHORIZATION_TOKEN: token = '' } =
      variables;
    return { api, uri, token };
  }

  it('answers in the words of the container credentials provider', async () => {
    const { api, uri, token } = await started();
    const response = await fetch(uri, { headers: { authorization: token } });
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await response.json()).toEqual({
      AccessKeyId: 'key',
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration: new Date(1_000_000 + 6 * 60_000).toISOString(),
    });
    await api.close();
  });

  it.each([
    ['without a token', undefined, undefined],
    ['with another token', 'x'.repeat(43), undefined],
    ['from a web page', 'right', 'http://evil.example'],
  ])('refuses who asks %s', async (_, authorization, origin) => {
    const { api, uri, token } = await started();
    const response = await fetch(uri, {
      headers: {
        ...(authorization && { authorization: authorization === 'right' ? token : authorization }),
        ...(origin && { origin }),
      },
    });
    expect([401, 403]).toContain(response.status);
    const text = await response.text();
    expect(text).not.toContain('secret');
    expect(text).not.toContain(token);
    await api.close();
  });
});

describe('a session made outside of the handler', () => {
  it.skipIf(missing)('takes the newest credentials in Python, a minute later at the latest', async () => {
    const harness = new PoolHarness(runtime.file);
    const interpreter = { kind: 'python', interpreter: python } as const;
    harness.use('py', interpreter, { handler: 'boto.handler', taskRoot: folder, runtime: 'python3.13' });
    expect(await harness.answer('py', {}, role('one'))).toEqual({ key: 'key-one' });
    expect(await harness.answer('py', { age: 62 }, role('two'))).toEqual({ key: 'key-two' });
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });

  it('takes the newest in JavaScript, 16 minutes later at the latest', async () => {
    const harness = new PoolHarness(runtime.file);
    const moduleFile = join(folder, 'sdk.mjs');
    harness.use('js', { kind: 'node', moduleFile, exportPath: 'handler' });
    const first = (await harness.answer('js', {}, role('one'))) as { key: string; expires: number };
    expect(first).toMatchObject({ key: 'key-one' });
    // No invocation, which takes 15 minutes at most, may see them expire.
    expect(first.expires).toBeGreaterThan(15.5 * 60_000);
    expect(await harness.answer('js', { age: 16 * 60 + 2 }, role('two'))).toMatchObject({ key: 'key-two' });
    expect(harness.ofType('worker_started')).toHaveLength(1);
  });
});
