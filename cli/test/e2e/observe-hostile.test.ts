// What others can send to a livectl that observes: nothing runs, nothing reaches the terminal raw, and what is forged, contradictory
// or too much is dropped and counted.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../protocol/clock.ts';
import type { ClientItem } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Message } from '../../../protocol/message.ts';
import { RelayPoster } from '../../../protocol/relay-post.ts';
import { type Channel, channelToClient } from '../../../protocol/sealing.ts';
import { encodeMessage } from '../../../protocol/wire.ts';
import { readStageSecret } from '../../src/manifest/stage-secret-item.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl } from './livectl-process.ts';
import { SharedStage, stage } from './shared-stage.ts';

let shared: SharedStage;
let livectl: Livectl;
let client: ClientItem;
let proven: Channel;
let unproven: Channel;
const http = new HttpClient();

beforeEach(async () => {
  shared = await SharedStage.start();
  await shared.putManifest({ understands: ['filters', 'observe'] });
});
afterEach(async () => {
  await livectl.dispose();
  await shared.close();
});

async function start(format: 'json' | 'pretty'): Promise<void> {
  const args = [
    'serve',
    '--stage',
    stage,
    '--observe',
    '--function',
    'orders',
    '--format',
    format,
    '--verbose',
  ];
  livectl = new Livectl(args, { env: developerEnvironment(shared.cloud) });
  const isReady = () => livectl.stdout.includes(format === 'json' ? '"ready"' : 'Observing');
  await livectl.until(isReady, 'ready');
  const [item] = await shared.directory.clients(stage);
  if (item === undefined) throw new Error('nobody observes');
  client = item;
  const secret = await readStageSecret(shared.directory, stage);
  [proven, unproven] = [
    await channelToClient(item.publicKey, stage, secret),
    await channelToClient(item.publicKey, stage, undefined),
  ];
}

const good = {
  ...{
    requestId: 'r-1',
    function: 'orders',
    instance: 'i',
    item: 'client#~observe#orders#1',
    by: 'deployed',
  },
  ...{ at: 0, ms: 1, ok: true, eventBytes: 2, eventKept: 2, resultBytes: 2 },
};

async function send(
  head: object,
  options: { body?: string; channel?: Channel; id?: string; type?: 'invoke' } = {},
) {
  const { body = '{}[]', channel = proven, id = randomUUID(), type = 'observed' } = options;
  const message = { type, id, attempt: 1, head, body: Buffer.from(body) } as Message;
  const { relayUrl: url, region, stubCredentials } = shared.cloud;
  const poster = new RelayPoster({
    url,
    region,
    http,
    credentials: () => stubCredentials,
    clock: systemClock,
  });
  const texts = await encodeMessage(message, channel, true);
  expect(await poster.post(client.connectionId, texts, Date.now() + 10_000)).toEqual({ kind: 'delivered' });
}

test('what is forged, contradictory, of another function or an invocation is dropped, and nothing of it is shown', async () => {
  await start('json');
  const dropped = (words: string) => livectl.event('error', ({ message }) => message.includes(words));
  await send(good, { channel: unproven });
  await dropped('observed of an unauthenticated sender');
  await send({ ...good, function: 'other' });
  await dropped('a copy of other, which this livectl does not observe');
  await send({ ...good, eventKept: 5 });
  await dropped('a copy whose lengths contradict each other');
  await send({ ...good, ms: -1, by: 'me' });
  await dropped('observed with invalid fields: by, ms');
  const now = Date.now();
  const invoke = {
    requestId: 'r',
    function: 'orders',
    instance: 'i',
    replyTo: 'x',
    sentAt: now,
    deadline: now + 9000,
  };
  await send({ ...invoke, arn: 'a', environment: { NODE_OPTIONS: '--import=data:,' } }, { type: 'invoke' });
  await dropped('invoke, and this livectl only observes');
  await send(good, { id: 'twice' });
  await send(good, { id: 'twice' });
  await send({ ...good, requestId: 'last' });
  await livectl.event('invoke', ({ id }) => id === 'last');
  expect(
    livectl.events.filter(({ event }) => event === 'invoke').map((each) => 'id' in each && each.id),
  ).toEqual(['r-1', 'last']);
});

test('control characters of a copy do not reach the terminal', async () => {
  await start('pretty');
  const evil = '\u001b]0;x\u0007\u001b[2J\u009b31m\u202e';
  const body = `{"rawPath":"${evil}"}`;
  const result = JSON.stringify({ errorType: evil, errorMessage: evil, trace: [evil] });
  const lengths = { eventBytes: Buffer.byteLength(body), eventKept: Buffer.byteLength(body) };
  const head = { ...good, ...lengths, ok: false, errorType: evil, resultBytes: Buffer.byteLength(result) };
  await send({ ...head, requestId: evil, contentType: evil }, { body: body + result });
  await send({ ...good, requestId: 'last' });
  await livectl.until(() => livectl.stdout.includes('last'), 'the last copy');
  expect(livectl.stdout).toMatch(/orders .* observed/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
  expect(livectl.stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
});
