// `serve --stage` on the built file: what a developer and a second one get of a stage, and how it ends.
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { manifestPartition, secretItem } from '../../../protocol/directory.ts';
import { maxMessageBytes } from '../../../protocol/message.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import { parseStageSecret } from '../../../protocol/stage-secret.ts';
import { otherCode, ServedStage, stage } from './served-stage.ts';

let at: ServedStage;

beforeEach(async () => {
  at = await ServedStage.start();
});

afterEach(() => at.close());

test('answers the deployed functions, and gives the stage back at the end', async () => {
  const http = { url: 'https://api.example/hello', method: 'GET', authorization_type: 'NONE' };
  await at.putManifest({}, { triggers: { http } });
  expect(await at.call('hello')).toMatch(/^503 .*livectl serve --stage dev-tom/);
  const livectl = at.serve();
  const ready = await livectl.event('ready');
  expect(ready).toMatchObject({
    stage,
    functions: [
      { name: 'hello', method: 'GET', route_authorization_type: 'NONE', public: true },
      { name: 'other' },
    ],
    trigger_args: ['--stage', stage],
  });
  expect(ready.functions[1]).not.toHaveProperty('public');
  const [client] = await at.directory.clients(stage);
  expect(client).toMatchObject({ item: 'client#*', stage });
  expect(client?.leaseUntil).toBeGreaterThan(Date.now() + 60_000);
  expect(await at.call('hello')).toBe('200 hello from hello');
  expect(await livectl.stop()).toBe(0);
  expect(await at.directory.clients(stage)).toEqual([]);
  expect(await at.call('hello')).toMatch(/^503 /);
});

test('builds a function and finds its layers as the module says', async () => {
  const code = `exports.handler = async () => "built, with what is " + require("shared");`;
  const build = ['node', '-e', `require('fs').writeFileSync('built.cjs', ${JSON.stringify(code)})`];
  await at.putManifest({}, { handler: 'built.handler', build, layer_dirs: ['layer'] });
  const livectl = at.serve(['--function', 'hello', '--trust-manifest']);
  await livectl.event('ready');
  expect(await at.call('hello')).toBe('200 built, with what is shared');
});

test('while a first build runs its callers wait, and a function without code stops no other', async () => {
  const wait =
    "const { existsSync, writeFileSync } = require('fs'); (function look() { if (!existsSync('go')) return setTimeout(look, 20); ";
  const write = `writeFileSync('slow.cjs', 'exports.handler = async () => "built at last"'); })()`;
  await at.putManifest({}, { handler: 'slow.handler', build: ['node', '-e', wait + write] });
  rmSync(join(at.root, 'other.mjs'));
  at.cleanup(() => writeFileSync(join(at.root, 'other.mjs'), otherCode));
  const livectl = at.serve(['--trust-manifest']);
  while ((await at.directory.clients(stage)).length === 0);
  const waiting = at.call('hello');
  expect(await livectl.event('queued')).toMatchObject({ function: 'hello', reason: 'building' });
  expect(await at.call('other')).toMatch(/^50/);
  expect(await livectl.event('result')).toMatchObject({
    function: 'other',
    error: { name: 'LiveDebugBuildError', message: expect.stringContaining('names no file') },
  });
  expect(livectl.events.map(({ event }) => event)).not.toContain('ready');
  writeFileSync(join(at.root, 'go'), '');
  expect(await waiting).toBe('200 built at last');
  await livectl.event('ready');
  writeFileSync(join(at.root, 'other.mjs'), otherCode);
  await livectl.event('reload', (event) => event.function === 'other');
  expect(await at.call('other')).toBe('200 other');
});

test.runIf(process.platform === 'linux')(
  'messages that unpack to megabytes hold up no other sender, and take little memory',
  async () => {
    await at.putManifest();
    const livectl = at.serve();
    await livectl.event('ready');
    const [client] = await at.directory.clients(stage);
    if (!client) throw new Error('nobody serves');
    const Key = { stage: { S: manifestPartition(stage) }, item: { S: secretItem } };
    const { Item } = (await at.directory.call('GetItem', { Key })) as { Item: { secret: { S: string } } };
    const channel = await channelToClient(client.publicKey, stage, parseStageSecret(Item.secret.S));
    const head = Buffer.from('{"reason":"deadline"}\n');
    const packed = gzipSync(Buffer.concat([head, Buffer.alloc(maxMessageBytes - head.length)]));
    const texts = Array.from({ length: 1200 }, (_, index) => {
      const header = { v: 1, type: 'cancel', id: `flood-${index}`, attempt: 1, seq: 0, total: 1, gzip: true };
      const headerText = JSON.stringify({ ...header, enc: channel.enc, psk: channel.secretId });
      return `${headerText}\n${channel.seal(headerText, packed).toString('base64')}`;
    });
    const poster = new RelayPoster({
      url: at.cloud.relayUrl,
      region: at.cloud.region,
      http: at.http,
      credentials: () => at.cloud.developerCredentials,
      clock: systemClock,
    });
    const flood = poster.post(client.connectionId, texts, Date.now() + 20_000);
    expect(await at.call('hello')).toBe('200 hello from hello');
    expect(await flood).toEqual({ kind: 'delivered' });
    expect(await at.call('hello')).toBe('200 hello from hello');
    // They were taken, not dropped.
    expect(livectl.events.filter(({ event }) => event === 'error')).toEqual([]);
    // All of them together would be 8 GB.
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${livectl.child.pid}/status`, 'utf8'))?.[1];
    expect(Number(peak) / 1024).toBeLessThan(400);
  },
);

test('the last one wins, out loud; the first ends with exit code 3', async () => {
  await at.putManifest();
  const first = at.serve();
  await first.event('ready');
  expect(await at.call('hello')).toBe('200 hello from hello');
  const second = at.serve();
  await second.event('ready');
  expect(await first.exited).toBe(3);
  expect((await first.event('displaced')).by).toMatchObject({ host: expect.any(String) });
  expect(second.events).toContainEqual({
    event: 'notice',
    message: expect.stringContaining('took over from'),
  });
  expect(await at.call('hello')).toBe('200 hello from hello');
  const clients = await at.directory.clients(stage);
  expect(clients).toHaveLength(1);
});

test('--no-takeover refuses, naming who serves', async () => {
  await at.putManifest();
  const first = at.serve();
  await first.event('ready');
  const second = at.serve(['--no-takeover']);
  expect(await second.exited).toBe(3);
  const error = await second.event('error');
  expect(error.code).toBe('LD_DISPLACED');
  const [client] = await at.directory.clients(stage);
  expect(error.message).toContain(`${client?.user} on ${client?.host}`);
  expect(await at.call('hello')).toBe('200 hello from hello');
});

test('stopped while an invocation comes, it does not run it when it goes on', async () => {
  await at.putManifest();
  const livectl = at.serve();
  await livectl.event('ready');
  expect(await at.call('hello')).toBe('200 hello from hello');
  livectl.child.kill('SIGSTOP');
  at.cleanup(() => livectl.child.kill('SIGCONT'));
  // Taken by the relay, and never acknowledged.
  expect(await at.call('hello')).toMatch(/^50/);
  livectl.child.kill('SIGCONT');
  const late = await livectl.event('late');
  expect(late.function).toBe('hello');
  expect(late.late_ms).toBeGreaterThan(2000);
  expect(await at.call('hello')).toBe('200 hello from hello');
  expect(livectl.events.filter(({ event }) => event === 'invoke')).toHaveLength(2);
  expect(livectl.events.filter(({ event }) => event === 'late')).toHaveLength(1);
});

test('two people serve different functions of one stage', async () => {
  await at.putManifest();
  const one = at.serve(['--function', 'hello']);
  const two = at.serve(['--function', 'other']);
  await one.event('ready');
  await two.event('ready');
  expect(await at.call('hello')).toBe('200 hello from hello');
  expect(await at.call('other')).toBe('200 other');
  expect((await one.event('result')).function).toBe('hello');
  expect((await two.event('result')).function).toBe('other');
  expect(one.events.filter((event) => event.event === 'invoke')).toHaveLength(1);
  expect(two.events.filter((event) => event.event === 'invoke')).toHaveLength(1);
});

test('Ctrl-C while the relay does not answer ends at once', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  const connected = new Promise<void>((resolve) => {
    silent.on('upgrade', () => resolve());
  });
  await once(silent, 'listening');
  at.cleanup(() => {
    silent.closeAllConnections();
    silent.close();
  });
  await at.putManifest({ relay: { url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}/live` } });
  const livectl = at.serve();
  await connected;
  const asked = performance.now();
  expect(await livectl.stop()).toBe(0);
  // Connecting is bounded at 10 s: this was not waited for.
  expect(performance.now() - asked).toBeLessThan(8000);
  expect(await at.directory.clients(stage)).toEqual([]);
});
