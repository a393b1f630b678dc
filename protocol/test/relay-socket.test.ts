import { Socket } from 'node:net';
import { AwsV4Signer } from 'aws4fetch';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { keepaliveMs, openRelaySocket, type RelaySocket, type RelaySocketOptions } from '../relay-socket.ts';
import { answerAsApiGateway, FakeRelay } from './fake-relay.ts';
import { ManualClock } from './manual-clock.ts';

const timeoutMs = 4000;
const credentials = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };

let relay: FakeRelay;
let clock: ManualClock;
let texts: string[];
let closed: Promise<string>;
let opened: RelaySocket[];

beforeEach(async () => {
  relay = await new FakeRelay().start();
  clock = new ManualClock();
  texts = [];
  opened = [];
});

afterEach(async () => {
  for (const socket of opened) socket.close();
  await relay.close();
});

async function open(overrides: Partial<RelaySocketOptions> = {}): Promise<RelaySocket> {
  let onClose: (reason: string) => void = () => undefined;
  closed = new Promise((resolve) => {
    onClose = resolve;
  });
  const { url = relay.url() } = overrides;
  const onText = (text: string) => texts.push(text);
  const options = { region: 'eu-west-1', credentials, clock, timeoutMs, onText, onClose, ...overrides, url };
  const socket = await openRelaySocket(options);
  opened.push(socket);
  return socket;
}

function peerOf({ connectionId }: RelaySocket) {
  const peer = relay.peers.get(connectionId);
  if (!peer) throw new Error(`${connectionId} is not connected`);
  return peer;
}

/** Resolves when a round trip through the socket is done, and with it everything sent before. */
async function settled(socket: RelaySocket): Promise<void> {
  expect(await socket.ping(timeoutMs)).toBe(true);
}

describe('a socket that opens', () => {
  it.each(['http', 'ws'])('knows its connection id (%s)', async (scheme) => {
    const socket = await open({ url: relay.url(scheme) });
    expect(socket.connectionId).toBe('conn1=');
    expect(peerOf(socket).said).toEqual(['{"action":"hello"}']);
  });

  it('signs its handshake as GET of the stage, and asks for no compression', async () => {
    const { headers } = peerOf(await open({ url: `${relay.url()}/` })).request;
    const signer = new AwsV4Signer({
      ...credentials,
      method: 'GET',
      url: relay.url(),
      service: 'execute-api',
      region: 'eu-west-1',
      datetime: '20260301T120000Z',
    });
    expect(headers.authorization).toBe((await signer.sign()).headers.get('authorization'));
    expect(headers['x-amz-security-token']).toBe('token');
    expect(headers['sec-websocket-extensions']).toBe(undefined);
  });

  it('makes the system probe the far end after 5 s of silence', async () => {
    const asked = vi.spyOn(Socket.prototype, 'setKeepAlive');
    onTestFinished(() => asked.mockRestore());
    await open();
    expect(asked).toHaveBeenCalledWith(true, 5000);
  });

  it('ignores what arrives before the answer to hello', async () => {
    relay.onSaid = (peer, text) => {
      for (const early of ['{"a":1}\nearly', '{"message":"early"}', 'early', '{"connectionId":""}'])
        peer.socket.send(early);
      return answerAsApiGateway(peer, text);
    };
    expect((await open()).connectionId).toBe('conn1=');
    expect(texts).toEqual([]);
  });
});

describe('a socket that does not open', () => {
  const remedy = expect.stringContaining('enabled = true');

  it('reports the status with which it was refused, but never its own request', async () => {
    relay.onConnect = () => 403;
    const failure = await open().catch((error) => error);
    expect(failure).toMatchObject({ code: 'LD_RELAY', fault: 'system', remedy });
    expect(failure.message).toMatch(/^the relay at 127\.0\.0\.1:\d+ refused the connection with HTTP 403$/);
    expect(`${failure.stack}${JSON.stringify(failure)}`).not.toMatch(/AKID|secret|token/);
  });

  it('reports that nothing answers', async () => {
    const url = relay.url();
    await relay.close();
    await expect(open({ url })).rejects.toMatchObject({
      code: 'LD_RELAY',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    relay = await new FakeRelay().start();
  });

  it('reports that hello was not answered', async () => {
    relay.onSaid = () => undefined;
    const opening = open();
    await clock.untilSet(timeoutMs);
    clock.advance(timeoutMs);
    await expect(opening).rejects.toThrow('did not answer hello within 4000 ms');
    await relay.until(() => relay.peers.size === 0);
  });

  it('reports that it was closed instead', async () => {
    relay.onSaid = ({ socket }) => void socket.close(1008);
    await expect(open()).rejects.toThrow('closed the connection with code 1008 before it said hello');
    expect(clock.pending).toEqual([]);
  });
});

describe('an open socket', () => {
  it.each([false, true])('passes texts on unchanged, also from binary frames (%s)', async (binary) => {
    relay.binary = binary;
    const socket = await open();
    const long = `{"v":1}\n${'A'.repeat(127 * 1024 - 8)}`;
    for (const text of ['{"v":1}\ngrüße', 'no header', long]) relay.deliver(socket.connectionId, text);
    await settled(socket);
    expect(texts).toEqual(['{"v":1}\ngrüße', 'no header', long]);
  });

  it('reports whether it is alive, and when it last received anything', async () => {
    const socket = await open();
    clock.advance(1000);
    expect(socket.lastHeardMs()).toBe(clock.now() - 1000);
    expect(await socket.ping(timeoutMs)).toBe(true);
    expect(socket.lastHeardMs()).toBe(clock.now());
    expect(clock.pending).toEqual([keepaliveMs]);
  });

  it('is not alive when the far end is silent, or gone', async () => {
    const socket = await open();
    relay.onSaid = () => undefined;
    const ping = socket.ping(1500);
    clock.advance(1500);
    expect(await ping).toBe(false);
    const busy = socket.ping(1500);
    relay.deliver(socket.connectionId, 'a chunk of a large message');
    while (texts.length === 0) await new Promise(setImmediate);
    clock.advance(1500);
    expect(await busy).toBe(true);
    const cut = socket.ping(1500);
    relay.disconnect(socket.connectionId);
    expect(await cut).toBe(false);
    expect(await closed).toBe('code 1001 Going away');
    expect(await socket.ping(1500)).toBe(false);
    expect(clock.pending).toEqual([]);
  });

  it('keeps itself alive, and closes when that is not answered', async () => {
    const socket = await open();
    const peer = peerOf(socket);
    for (const pings of [1, 2]) {
      clock.advance(keepaliveMs);
      await relay.until(() => peer.said.length === 1 + pings);
      await clock.untilSet(keepaliveMs);
    }
    relay.onSaid = () => undefined;
    clock.advance(keepaliveMs);
    await relay.until(() => peer.said.length === 4);
    clock.advance(timeoutMs);
    expect(await closed).toBe('code 1006');
  });

  it('is closed by a message larger than any relay delivers', async () => {
    const socket = await open();
    relay.deliver(socket.connectionId, 'x'.repeat(128 * 1024 + 1));
    expect(await closed).toContain('code 1006');
    expect(texts).toEqual([]);
  });

  it('closes, and terminates a far end that does not', async () => {
    const socket = await open();
    const peer = peerOf(socket);
    peer.socket.pause();
    socket.close();
    clock.advance(1000);
    expect(await closed).toContain('code 1006');
    peer.socket.resume();
  });
});
