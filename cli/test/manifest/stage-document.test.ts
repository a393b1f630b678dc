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

const taken = functionCases.filter((one) => expectedMistakes(one, 'livectl') === undefined);

it.each(taken.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
  await writeFile(join(root, 'livectl.json'), JSON.stringify({ functions: one.functions }));
  const { functions, texts } = await loadManifest({ root });
  const document = stageDocument(texts, facts);
  const directory = {
    tableName: facts.tableName,
    call: async () => ({ Item: { document: { S: document } } }),
  } as unknown as Directory;
  const read = await readStageManifest(directory, 'dev', undefined, { region: 'any', isEmulated: true });
  // A served stage knows neither of these, nor another function's code.
  const unknown = { environment: {}, triggers: {}, fallbackArn: undefined };
  const defined = (settings: object) =>
    Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const known = functions.map(({ durable, invokeMode, ...settings }) => defined({ ...settings, ...unknown }));
  expect(read.functions.map(defined)).toEqual(known);
  const { relayUrl, stubSha256 } = facts;
  expect(read).toMatchObject({ relayUrl, stubSha256, knowsFilters: true, vpcs: [] });
  expect(read.targets.get('a')).toEqual('a' in texts ? facts.targets.get('a') : undefined);
});
