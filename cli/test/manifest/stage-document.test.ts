// The manifest of a stage in the local cloud says the same of each function as the livectl.json that it was made of.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Directory } from '../../../protocol/directory.ts';
import { expectedMistakes, functionCases } from '../../../terraform/test/function-cases.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';
import { stageDocument } from '../../src/manifest/stage-document.ts';
import { readStageManifest } from '../../src/manifest/stage-manifest.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'document-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const facts = {
  ...{ stage: 'dev', region: 'us-east-1', accountId: '000000000000', tableName: 'live-debug-dev' },
  ...{ relayUrl: 'http://127.0.0.1:4000/live', stubSha256: 'c3R1Yg==' },
  functionArn: (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
  targets: new Map([['a', { sns: { topic_arn: 'arn:aws:sns:us-east-1:000000000000:a' } }]]),
};

/** As `livectl serve --stage` reads it from the table. */
function readDocument(document: unknown) {
  const directory = {
    tableName: facts.tableName,
    call: async () => ({ Item: { document: { S: JSON.stringify(document) } } }),
  } as unknown as Directory;
  return readStageManifest(directory, 'dev', undefined, { region: 'any', isEmulated: true });
}

const taken = functionCases.filter((one) => expectedMistakes(one, 'livectl') === undefined);

it.each(taken.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
  await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions: one.functions }));
  const { functions, texts } = await loadManifest({ root });
  const document = stageDocument(texts, facts);
  const read = await readDocument(JSON.parse(document));
  // A served stage knows neither of these, nor another function's code.
  const unknown = { environment: {}, triggers: {}, fallbackArn: undefined };
  const defined = (settings: object) =>
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const known = functions.map(({ durable, invokeMode, ...settings }) => defined({ ...settings, ...unknown }));
  expect(read.functions.map(defined)).toEqual(known);
  const { relayUrl, stubSha256 } = facts;
  expect(read).toMatchObject({ relayUrl, stubSha256, knowsFilters: true, vpcs: [] });
  expect(read.targets.get('a')).toEqual('a' in texts ? facts.targets.get('a') : undefined);
  expect({ tunnels: read.tunnels, hasFields: document.includes('tunnel') }).toEqual({
    tunnels: new Map(),
    hasFields: false,
  });
});

it.each([
  [{}, ['10.0.0.0/8:*', '100.64.0.0/10:*', '172.16.0.0/12:*', '192.168.0.0/16:*']],
  [{ allow: ['db.internal:5432'] }, ['db.internal:5432']],
])('a stage with the tunnel %j', async (tunnel, allow) => {
  const a = { handler: 'src/a.handler', runtime: 'nodejs22.x' };
  const functions = { a, b: { ...a, tunnel: false }, c: { ...a, tunnel: true } };
  await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions, tunnel }));
  const loaded = await loadManifest({ root });
  const document = JSON.parse(stageDocument(loaded.texts, { ...facts, tunnel: loaded.tunnel }));
  const read = await readDocument(document);
  expect(read.tunnels).toEqual(new Map([['default', { functionName: 'live-debug-dev-tunnel', allow }]]));
  const named = (settings: typeof loaded.functions) => settings.map(({ name, tunnel }) => [name, tunnel]);
  const wanted = [
    ['a', 'default'],
    ['b', undefined],
    ['c', 'default'],
  ];
  expect(named(loaded.functions)).toEqual(wanted);
  expect(named(read.functions)).toEqual(wanted);
  expect(document.functions.b.tunnel).toBe(false);
});

it.each([
  ['a function that is not a name', { function_name: 'arn:aws:lambda:eu-west-1:1:function:x' }],
  ['a function with a qualifier', { function_name: 'tunnel:1' }],
  ['nothing allowed', { allow: [] }],
  ['more than 100 entries', { allow: Array.from({ length: 101 }, () => 'db:5432') }],
  ['an entry that is not one', { allow: ['\u001b[2Jdb:5432'] }],
  ['an entry of 254 characters', { allow: [`${'a.'.repeat(124)}ab:5432`] }],
])('a tunnel with %s is refused', async (_name, change) => {
  const tunnel = { function_name: 'live-debug-dev-tunnel', allow: ['db:5432'], ...change };
  const document = JSON.parse(stageDocument({}, facts));
  await expect(readDocument({ ...document, tunnels: { default: tunnel } })).rejects.toThrow(
    /invalid fields for this livectl: tunnels\.default\./,
  );
});

it('reads a function whose tunnel the stage does not have as one without', async () => {
  const a = { function_name: 'a', handler: 'a.b', runtime: 'nodejs22.x', timeout: 3, memory_size: 128 };
  const document = JSON.parse(stageDocument({}, facts));
  const read = await readDocument({ ...document, functions: { a: { ...a, tunnel: 'toString' } } });
  expect(read.functions[0]?.tunnel).toBeUndefined();
});
