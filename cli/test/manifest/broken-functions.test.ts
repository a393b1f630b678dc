// Functions with mistakes beside good ones: who is to blame, and what is deployed of them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadManifest } from '../../src/manifest/load-manifest.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'broken-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const good = { handler: 'src/good.handler', runtime: 'nodejs22.x' };

async function load(value: unknown, functions?: string[]) {
  await writeFile(join(root, 'livectl.json'), typeof value === 'string' ? value : JSON.stringify(value));
  return loadManifest({ root, functions, allowBroken: true });
}

/** Of the function `bad` beside a good one, and of one after it. */
async function broken(bad: unknown, more: object = {}) {
  const manifest = await load({ functions: { first: good, bad, ...more } });
  const settings = manifest.functions.find(({ name }) => name === 'bad');
  const mistakes = [...(manifest.broken ?? [])].map(([name, all]) => [name, all.map(({ path }) => path)]);
  return { settings, mistakes, names: manifest.functions.map(({ name }) => name) };
}

describe('a mistake in one function', () => {
  it.each([
    [{ ...good, timeout: 9999 }, ['functions.bad.timeout']],
    [{ ...good, timeot: 5 }, ['functions.bad.timeot']],
    [{ ...good, 'a b': 5 }, ['functions.bad["a b"]']],
    [{ runtime: 'nodejs22.x' }, ['functions.bad.handler']],
    [5, ['functions.bad']],
    [null, ['functions.bad']],
    [{ ...good, environment: { AWS_REGION: 'x' } }, ['functions.bad.environment.AWS_REGION']],
    [{ ...good, timeout: 0, memory_size: 1 }, ['functions.bad.timeout', 'functions.bad.memory_size']],
    [{ ...good, mode: 'wrap', python: 'python3' }, ['functions.bad.python']],
  ])('%j', async (bad, paths) => {
    const { mistakes, names, settings } = await broken(bad);
    expect(mistakes).toEqual([['bad', paths]]);
    expect(names).toEqual(['first', 'bad']);
    expect(settings).toMatchObject({ timeout: 3, environment: {}, wrap: undefined });
  });

  it('what is valid of its settings stays, so that what invokes it reaches it', async () => {
    const triggers = { http: { path: '/bad/{id}' }, sqs: { batch_size: -1 }, sns: {} };
    const { settings } = await broken({ ...good, timeout: 9999, memory_size: 256, triggers });
    expect(settings).toMatchObject({ memorySize: 256, triggers: { http: { path: '/bad/{id}' } } });
    expect(settings?.triggers.sqs).toBeUndefined();
    expect(settings?.triggers.sns).toBeDefined();
  });

  it('of two that cannot be deployed together, the later one; a broken one never takes a good one’s place', async () => {
    const withPath = { ...good, triggers: { http: { path: '/same' } } };
    const later = await load({ functions: { one: withPath, two: withPath } });
    expect([...(later.broken?.keys() ?? [])]).toEqual(['two']);
    const functions = { two: { ...withPath, timeout: 'x' }, one: withPath };
    const earlier = await load({ functions });
    expect([...(earlier.broken?.keys() ?? [])]).toEqual(['two']);
    const [two, one] = earlier.functions;
    expect(one).toMatchObject({ name: 'one', triggers: { http: { path: '/same' } } });
    expect(two).toMatchObject({ name: 'two', triggers: {} });
  });

  it('--function leaves it out', async () => {
    const manifest = await load({ functions: { first: good, bad: { ...good, timeout: 0 } } }, ['first']);
    expect(manifest.functions).toMatchObject([{ name: 'first' }]);
  });
});

describe('refused as a whole, with every mistake', () => {
  const bad = { ...good, timeout: 0 };
  it.each([
    ['{ "functions": { "first": ', ['expected a value']],
    [{ functions: { first: good, bad }, redct: [] }, ['redct', 'functions.bad.timeout']],
    [{ functions: { first: good, bad }, redact: 'x' }, ['redact', 'functions.bad.timeout']],
    [{ functions: { first: good, 'no name': good } }, ['functions["no name"]']],
    [{ functions: {} }, ['functions: must name a function']],
    [
      { functions: { bad, worse: { ...good, handler: ['x'] } } },
      ['functions.bad.timeout', 'functions.worse.handler'],
    ],
  ])('%j', async (value, texts) => {
    const message = await load(value).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    for (const text of texts) expect(message).toContain(text);
  });

  it('and where it is not allowed', async () => {
    await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions: { first: good, bad } }));
    await expect(loadManifest({ root })).rejects.toThrow('functions.bad.timeout');
  });
});
