// Stages where one end is still of version 0.1.0: its real stub against the built livectl, and its real `serve --stage`
// against the built stub. fixtures/livectl-0.1.0/README.md says where they come from.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { noise } from '../../../protocol/test/payloads.ts';
import { type Deployed, deploy, stage } from './deployed-stage.ts';
import { Livectl, repository, runLivectl } from './livectl-process.ts';

const fixtures = join(repository, 'cli/test/e2e/fixtures/livectl-0.1.0');

/** Answers, errors, streamed and large ones, as an invocation after the other has them. */
async function expectServed({ call }: Deployed): Promise<void> {
  expect(await call('whole')).toBe('200 whole of whole');
  expect(await call('whole', { query: '?fail' })).toMatch(/^502 /);
  expect(await call('streams')).toBe(`200 one, ${'x'.repeat(400_000)}two`);
  // In base64 it compresses to three quarters: more than one message can hold, in both directions.
  const body = noise(3_000_000, 1).toString('base64');
  const headers = { 'content-type': 'text/plain' };
  const echoed = await call('whole', { method: 'POST', body, headers });
  expect(echoed.length).toBe(body.length + 4);
  expect(echoed.endsWith(body)).toBe(true);
}

test('a stub of 0.1.0 is served in its way where the whole stage is of module 0.1, and livectl reports what that means', async () => {
  const deployed = await deploy(readFileSync(join(fixtures, 'stub.zip')), '0.1');
  const { environment: env, root } = deployed;
  const livectl = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], { env });
  onTestFinished(() => livectl.dispose());
  await livectl.event('ready');
  const warning = await livectl.event('notice', ({ message }) => message.includes('module 0.1'));
  expect(warning.message).toBe(
    'stage dev-tom uses module 0.1, which does not authenticate invocations: anyone with a stub’s credentials can send them; apply module 0.2',
  );
  await expectServed(deployed);
  const failed = await livectl.event('result', ({ ok }) => !ok);
  expect(failed).toMatchObject({ function: 'whole', error: { message: 'too far' } });
  expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
  expect(deployed.log.filter((line) => line.includes('dropped'))).toEqual([]);

  const status = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(status.stdout)).toMatchObject({ stage, module: '0.1' });
  const shown = await runLivectl(['status', '--stage', stage], { env });
  expect(shown.stdout).toContain('  module     0.1: its invocations are not authenticated');
});

test('livectl 0.1.0 keeps working with a stage of the later module: a stub seals for it as 0.1 did, and logs that once', async () => {
  const deployed = await deploy(readFileSync(join(repository, 'dist/stub.zip')), 'later');
  const { environment: env, log, root, tempDir } = deployed;
  const program = join(tempDir, 'serve-stage.mjs');
  writeFileSync(program, brotliDecompressSync(readFileSync(join(fixtures, 'serve-stage.mjs.br'))));
  const livectl = new Livectl([stage, root], { env, program });
  onTestFinished(() => livectl.dispose());
  await livectl.event('ready');
  await expectServed(deployed);
  const failed = await livectl.event('result', ({ ok }) => !ok);
  expect(failed).toMatchObject({ function: 'whole', error: { message: 'too far' } });
  expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
  const said = log.filter((line) => line.includes('without the stage'));
  expect(said).toHaveLength(2);
  expect(log.filter((line) => line.includes('dropped'))).toEqual([]);
  const status = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(status.stdout)).toMatchObject({ clients: [{ version: '0.1.0' }] });
  expect(JSON.parse(status.stdout)).not.toHaveProperty('module');

  // Somebody with a later one takes over; the old one ends as it does, and nothing is sent unproven any more.
  const later = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], { env });
  onTestFinished(() => later.dispose());
  await later.event('ready');
  expect(await livectl.exited).toBe(3);
  await expectServed(deployed);
  expect(log.filter((line) => line.includes('without the stage'))).toHaveLength(2);
});
