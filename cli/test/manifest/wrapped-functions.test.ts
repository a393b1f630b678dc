// Which functions are wrapped, in livectl.json and in a stage's manifest, and which can't be.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Directory } from '../../../protocol/directory.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';
import { readStageManifest } from '../../src/manifest/stage-manifest.ts';

const role = { name: 'orders', arn: 'arn:aws:iam::123456789012:role/orders' };
const orders = { handler: 'src/orders.handler', runtime: 'nodejs22.x', function_name: 'orders', role };

describe('livectl.json', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'wrapped-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  async function load(fields: Record<string, unknown>) {
    const functions = { orders: { ...orders, ...fields } };
    await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions }));
    const manifest = await loadManifest({ root });
    return manifest.functions[0];
  }

  async function mistakes(fields: Record<string, unknown>): Promise<string[]> {
    const error = await load(fields).then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    const [first = '', ...others] = (error?.message ?? '').split('\n');
    const texts = others.length > 0 ? others : [first.slice(join(root, 'livectl.json').length + 2)];
    return texts.map((text) => text.trim());
  }

  it.each([
    ['nothing', {}, undefined],
    ['replace', { mode: 'replace' }, undefined],
    ['wrap', { mode: 'wrap' }, { execWrapper: undefined, init: 'eager' }],
    ['wrap, of the team', { mode: 'wrap', create: false }, { execWrapper: undefined, init: 'eager' }],
    [
      'all of it',
      { mode: 'wrap', exec_wrapper: '/opt/otel-handler', wrap_init: 'lazy' },
      { execWrapper: '/opt/otel-handler', init: 'lazy' },
    ],
    // The module takes them only where its own mode is wrap.
    [
      'a wrapper script',
      { exec_wrapper: '/opt/otel-handler' },
      { execWrapper: '/opt/otel-handler', init: 'eager' },
    ],
    ['lazy', { wrap_init: 'lazy' }, { execWrapper: undefined, init: 'lazy' }],
    ['null', { mode: null, exec_wrapper: null, wrap_init: null }, undefined],
  ])('records with %s how the function is live', async (_name, fields, wrap) => {
    expect((await load(fields))?.wrap).toEqual(wrap);
  });

  it.each(['nodejs20.x', 'nodejs22.x', 'nodejs24.x', 'nodejs26.x', 'python3.9', 'python3.14'])(
    'wraps %s',
    async (runtime) => {
      expect(await load({ runtime, mode: 'wrap' })).toMatchObject({ runtime, wrap: { init: 'eager' } });
    },
  );

  it.each(['nodejs18.x', 'python3.8', 'python2.7', 'java21', 'ruby3.4', 'dotnet8', 'provided.al2023'])(
    'does not wrap %s, and suggests replace',
    async (runtime) => {
      expect(await mistakes({ runtime, mode: 'wrap', command: ['./run'] })).toEqual([
        `functions.orders.runtime: is "${runtime}", which can't be wrapped: only managed Node.js (from nodejs20.x) and Python (from python3.9) runtimes can. Write mode "replace" for this function`,
      ]);
    },
  );

  it.each([
    [{ mode: 'proxy' }, 'functions.orders.mode: must be "replace" or "wrap", not the string "proxy"'],
    [
      { mode: 'wrap', wrap_init: 'late' },
      'functions.orders.wrap_init: must be "eager" or "lazy", not the string "late"',
    ],
    [
      { mode: 'wrap', exec_wrapper: 'otel-handler' },
      'functions.orders.exec_wrapper: "otel-handler" must be an absolute path without spaces, e.g. /opt/otel-handler',
    ],
    [
      { mode: 'wrap', exec_wrapper: '/opt/live-debug' },
      'functions.orders.exec_wrapper: must not be the wrapper of this module: write the function’s own wrapper, or leave it out',
    ],
    [
      { mode: 'wrap', create: true },
      'functions.orders.create: must not be true with mode "wrap": a wrapped function is your own aws_lambda_function',
    ],
    [
      { mode: 'wrap', fallback_arn: 'arn:aws:lambda:eu-west-1:123456789012:function:real' },
      'functions.orders.fallback_arn: is only for mode "replace": a wrapped function’s own code answers when nobody serves. Leave it out',
    ],
    [
      { mode: 'wrap', environment: { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' } },
      'functions.orders.environment.AWS_LAMBDA_EXEC_WRAPPER: would be overwritten by the module’s wrapper: write its value as exec_wrapper too, and the module’s wrapper starts it',
    ],
    [
      { mode: 'wrap', layers: Array.from({ length: 5 }, (_, at) => `arn:aws:lambda:layer:${at}`) },
      'functions.orders.layers: has 5 layers, and Lambda allows 5 including the wrapper’s: merge two of them, or write mode "replace" for this function',
    ],
    [
      {
        mode: 'wrap',
        vpc_config: { subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'], place_stub_in_vpc: true },
      },
      'functions.orders.vpc_config.place_stub_in_vpc: is only for functions that the module creates',
    ],
    [
      { mode: 'replace', wrap_init: 'lazy' },
      'functions.orders.wrap_init: is only for mode "wrap": leave it out',
    ],
    [
      { mode: 'replace', exec_wrapper: '/opt/otel-handler' },
      'functions.orders.exec_wrapper: is only for mode "wrap": leave it out',
    ],
  ])('refuses %j', async (fields, words) => {
    expect(await mistakes(fields)).toEqual([words]);
  });

  it.each(['nodejs22.x', 'python3.13'])('leaves names on AWS to Terraform: %s', async (runtime) => {
    const unnamed = { runtime, mode: 'wrap', function_name: null, role: null };
    expect(await load(unnamed)).toMatchObject({ name: 'orders', wrap: { init: 'eager' } });
  });

  it('accepts the variable of the function’s own wrapper beside exec_wrapper', async () => {
    const environment = { AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler' };
    const exec_wrapper = '/opt/otel-handler';
    expect(await load({ mode: 'wrap', environment, exec_wrapper })).toMatchObject({ environment });
  });

  it('allows a queue’s visibility timeout of the function’s own timeout', async () => {
    const triggers = { sqs: { visibility_timeout_seconds: 10 } };
    expect(await load({ mode: 'wrap', timeout: 10, triggers })).toMatchObject({ timeout: 10 });
    expect(await mistakes({ timeout: 10, triggers })).toHaveLength(1);
  });

  it('counts the stub beside a Python function among the names', async () => {
    const runtime = 'python3.13';
    const taken = { ...orders, function_name: 'live-debug-local-orders' };
    const functions = { orders: { ...orders, runtime, mode: 'wrap' }, taken };
    await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions }));
    await expect(loadManifest({ root })).rejects.toThrow(
      'names the Lambda function "live-debug-local-orders"',
    );
  });

  it('refuses an image, wrapped or not', async () => {
    const [mistake] = await mistakes({ mode: 'wrap', package_type: 'Image' });
    expect(mistake).toContain('functions.orders.package_type: must be "Zip"');
  });

  it('counts the variables of the wrapper, which are fewer than 4 KB', async () => {
    const fits = (length: number, fields: object) =>
      mistakes({ ...fields, environment: { BIG: 'x'.repeat(length) } });
    const [replaced] = await fits(4096, {});
    const [wrapped] = await fits(4096, { mode: 'wrap', exec_wrapper: '/opt/otel', wrap_init: 'lazy' });
    const bytes = (text = '') => Number(/has (\d+) bytes/.exec(text)?.[1]);
    const added = {
      AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
      LIVE_DEBUG_EXEC_WRAPPER: '/opt/otel',
      LIVE_DEBUG_WRAP_INIT: 'lazy',
    };
    // Without the braces, and with the comma before them.
    expect(bytes(wrapped) - bytes(replaced)).toBe(JSON.stringify(added).length - 1);
  });
});

describe('the manifest of a stage', () => {
  const entry = { ...orders, function_name: 'orders-dev', timeout: 3, memory_size: 128 };

  function read(fields: Record<string, unknown>) {
    const document = {
      version: 1,
      relay: { url: 'https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live' },
      functions: { orders: { ...entry, ...fields } },
    };
    const call = async () => ({ Item: { document: { S: JSON.stringify(document) } } });
    const directory = { tableName: 'live-debug-dev', call } as unknown as Directory;
    return readStageManifest(directory, 'dev', undefined, { region: 'eu-west-1', isEmulated: false });
  }

  it('has the mode of wrapped functions', async () => {
    const wrap = async (fields: Record<string, unknown>) => (await read(fields)).functions[0]?.wrap;
    expect(await wrap({})).toBeUndefined();
    expect(await wrap({ mode: null, exec_wrapper: null, wrap_init: null })).toBeUndefined();
    expect(await wrap({ mode: 'replace' })).toBeUndefined();
    expect(await wrap({ mode: 'wrap' })).toEqual({ execWrapper: undefined, init: 'eager' });
    expect(await wrap({ mode: 'wrap', exec_wrapper: '/opt/otel-handler', wrap_init: 'lazy' })).toEqual({
      execWrapper: '/opt/otel-handler',
      init: 'lazy',
    });
  });

  it('has the fallback of a replaced function', async () => {
    const fallback_arn = 'arn:aws:lambda:eu-west-1:123456789012:function:real';
    expect((await read({ fallback_arn })).functions[0]?.fallbackArn).toBe(fallback_arn);
    expect((await read({ fallback_arn: null })).functions[0]?.fallbackArn).toBeUndefined();
  });

  it.each([{ mode: 'proxy' }, { mode: 'wrap', wrap_init: 3 }, { fallback_arn: 'https://evil.example' }])(
    'is refused with %j',
    async (fields) => {
      await expect(read(fields)).rejects.toMatchObject({ code: 'LD_STAGE' });
    },
  );
});
