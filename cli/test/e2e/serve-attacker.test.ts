// An attacker with a stub's role against the built livectl: the directory, the relay and the product's own protocol, but not
// the stage's secret. Nothing of it runs on the laptop.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, manifestPartition } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { Reassembler } from '../../../protocol/reassembly.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { openRelaySocket } from '../../../protocol/relay-socket.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import { receive } from '../../../protocol/test/receiver.ts';
import { secretOf } from '../../../protocol/test/stage-secrets.ts';
import { encodeMessage } from '../../../protocol/wire.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { Recorder } from '../session/recorder.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';
import { manifestItem } from './stage-manifest-item.ts';

const stage = 'dev-tom';

test('who holds a stub’s credentials, and not the stage’s secret, runs nothing', async () => {
  const { root, remove } = project({
    'app.mjs': 'export const handler = async () => process.env.LIVE_DEBUG_SECRET ?? "no secret here";',
  });
  const tempDir = mkdtempSync(join(tmpdir(), 'livectl-attack-'));
  onTestFinished(() => {
    remove();
    rmSync(tempDir, { recursive: true, force: true });
  });
  const settings = { handler: 'app.handler', runtime: 'nodejs20.x', timeout: 5, memorySize: 128 };
  const cloud = await startCloud({
    functions: [{ ...settings, name: 'hello', environment: {}, triggers: {} }],
    port: 0,
    stage,
    stubZip: readFileSync(join(repository, 'dist/stub.zip')),
    nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
    tempDir,
    onEvent: () => undefined,
  });
  const http = new HttpClient();
  onTestFinished(async () => {
    http.close();
    await cloud.close();
  });
  const { deployerCredentials, region, stubCredentials, tableName } = cloud;
  const clock = systemClock;
  const common = { endpoint: cloud.directoryUrl, region, tableName, http, clock };
  const terraform = new Directory({ ...common, credentials: () => deployerCredentials });
  await terraform.call('PutItem', { Item: manifestItem(stage, cloud.relayUrl, { hello: {} }) });
  const livectl = new Livectl(['serve', '--stage', stage, '--root', root, '--format', 'json'], {
    env: developerEnvironment(cloud),
  });
  onTestFinished(() => livectl.dispose());
  await livectl.event('ready');

  // The attacker reads who serves; neither the manifest nor the secret.
  const credentials = () => stubCredentials;
  const directory = new Directory({ ...common, credentials });
  const [client] = await directory.clients(stage);
  if (client === undefined) throw new Error('nobody serves');
  for (const item of ['secret', 'manifest']) {
    const Key = { stage: { S: manifestPartition(stage) }, item: { S: item } };
    await expect(directory.call('GetItem', { Key })).rejects.toMatchObject({ type: 'AccessDeniedException' });
  }
  const heard = new Recorder<unknown>();
  const poster = new RelayPoster({ url: cloud.relayUrl, region, http, credentials, clock });
  const reassembler = new Reassembler(clock, () => undefined);
  let channel = await channelToClient(client.publicKey, stage, undefined);
  const socket = await openRelaySocket({
    url: cloud.relayUrl,
    region,
    credentials: stubCredentials,
    clock,
    timeoutMs: 5000,
    onText: (text) => void receive(text, channel, reassembler).then((message) => heard.add(message)),
    onClose: () => undefined,
  });
  onTestFinished(() => {
    socket.close();
    reassembler.close();
  });
  const proof = join(tempDir, 'it-ran');
  const run = `data:text/javascript,import{writeFileSync}from'node:fs';writeFileSync(${JSON.stringify(proof)},'')`;
  const attack = async () => {
    const now = clock.now();
    const head = {
      requestId: 'attack',
      function: 'hello',
      instance: 'attacker',
      replyTo: socket.connectionId,
      sentAt: now,
      deadline: now + 10_000,
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:hello',
      environment: { NODE_OPTIONS: `--import=${encodeURI(run)}` },
    };
    const message = {
      type: 'invoke',
      id: `attack-${now}`,
      attempt: 1,
      head,
      body: Buffer.from('{}'),
    } as const;
    const texts = await encodeMessage(message, channel, true);
    expect(await poster.post(client.connectionId, texts, now + 10_000)).toEqual({ kind: 'delivered' });
  };
  await attack();
  await livectl.event('error', ({ code }) => code === 'LD_VERSION');
  await heard.count(1);
  expect(heard.all).toMatchObject([{ type: 'error' }]);
  channel = await channelToClient(client.publicKey, stage, secretOf('a guess'));
  await attack();
  await livectl.event('error', ({ message }) => message.includes('a secret that this stage does not have'));

  // Through AWS it runs, and its code does not see the secret.
  const response = await fetch(cloud.functionUrls.get('hello') ?? '', {
    signal: AbortSignal.timeout(20_000),
  });
  expect(`${response.status} ${await response.text()}`).toBe('200 no secret here');
  await livectl.event('result');
  expect(livectl.events.filter(({ event }) => event === 'invoke')).toHaveLength(1);
  expect(existsSync(proof)).toBe(false);
  const secret = (await terraform.call('GetItem', {
    Key: { stage: { S: manifestPartition(stage) }, item: { S: 'secret' } },
  })) as { Item: { secret: { S: string } } };
  expect(livectl.stdout + livectl.stderr).not.toContain(secret.Item.secret.S);
});
