// The link with a manual clock: kept open through losses, renewed in time, silent once closed.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { type Channel, channelToClient, generateClientKeys } from '../../../protocol/sealing.ts';
import { testCredentials } from '../../../protocol/test/directory-table.ts';
import { answerAsApiGateway, FakeRelay } from '../../../protocol/test/fake-relay.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { noise } from '../../../protocol/test/payloads.ts';
import { stageSecret } from '../../../protocol/test/stage-secrets.ts';
import { freshAfterMs, freshAfterReachedMs, reachBoundMs } from '../../src/relay/dial.ts';
import { doubtedPongBoundMs, heartbeatMs, pongBoundMs } from '../../src/relay/heartbeat.ts';
import type { InboundMessage } from '../../src/relay/inbox.ts';
import { oldSocketGraceMs, refusedRetryMs, renewAfterMs } from '../../src/relay/kept-socket.ts';
import { type LinkEvent, RelayLink } from '../../src/relay/relay-link.ts';
import { StageSecrets } from '../../src/relay/stage-secrets.ts';
import { type LocalAws, region, stage, startLocalAws } from '../session/local-aws.ts';
import { Recorder } from '../session/recorder.ts';

const minute = 60_000;

let clock: ManualClock;
let aws: LocalAws;
let ends: (() => Promise<void> | void)[];

beforeEach(async () => {
  clock = new ManualClock();
  aws = await startLocalAws(clock);
  ends = [() => aws.close()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

interface Linked {
  readonly link: RelayLink;
  readonly events: Recorder<LinkEvent>;
  readonly messages: Recorder<InboundMessage>;
  /** Connections as the directory would learn them. */
  readonly connections: Recorder<string>;
  readonly channel: Channel;
}

/** `onConnected` is called with the count of connections before the connection is recorded. */
async function link(
  onConnected: (id: string, count: number) => Promise<void> | void = () => undefined,
  place: { url: string; http: HttpClient; bulkHttp?: HttpClient } = { url: aws.relayUrl, http: aws.http },
): Promise<Linked> {
  const events = new Recorder<LinkEvent>();
  const messages = new Recorder<InboundMessage>();
  const connections = new Recorder<string>();
  const keys = await generateClientKeys();
  let count = 0;
  const made = new RelayLink({
    ...place,
    region,
    stage,
    keys,
    secrets: new StageSecrets({ initial: stageSecret, read: async () => stageSecret, clock }),
    credentials: () => (place.url === aws.relayUrl ? aws.developer : testCredentials),
    clock,
    onUnproven: () => undefined,
    onMessage: (message) => messages.add(message),
    onConnected: async (id) => {
      count += 1;
      await onConnected(id, count);
      connections.add(id);
    },
    onEvent: (event) => events.add(event),
  });
  ends.push(() => made.close());
  return {
    link: made,
    events,
    messages,
    connections,
    channel: await channelToClient(keys.publicKey, stage, stageSecret),
  };
}

/** Lets the retry waits pass until so many connections count. */
async function untilConnected({ connections }: Linked, count: number): Promise<void> {
  while (connections.all.length < count) {
    clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Lets time pass in steps of a heartbeat, with the relay's pongs heard in between. */
async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += heartbeatMs) {
    clock.advance(heartbeatMs);
    await clock.untilSet(heartbeatMs);
  }
}

/** Sends a probe to a connection as a stub would; whether the relay took it. */
async function probe({ link: from, channel }: Linked, connectionId: string, id: string): Promise<string> {
  const message = {
    type: 'probe',
    id,
    attempt: 1,
    head: { replyTo: 'x=' },
    body: new Uint8Array(0),
  } as const;
  return (await from.postToClient(connectionId, channel, message, clock.now() + 5000)).kind;
}

describe('a lost connection', () => {
  test('is replaced, and the new one is used once the directory has it', async () => {
    let goOn: () => void = () => undefined;
    const linked = await link((_id, count) =>
      count === 1
        ? undefined
        : new Promise<void>((resolve) => {
            goOn = resolve;
          }),
    );
    await linked.link.start();
    const [first = ''] = linked.connections.all;
    aws.disconnect(first);
    await aws.handshakes.count(2);
    expect(await linked.events.next()).toEqual({ type: 'lost', reason: 'code 1001 Going away' });
    // Connected, but unknown to the directory.
    clock.advance(1234);
    await new Promise((resolve) => setImmediate(resolve));
    expect(linked.events.all).toHaveLength(1);
    while (linked.connections.all.length < 2) {
      goOn();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await linked.events.next()).toEqual({ type: 'reconnected', ms: 1234 });
    const [, second = ''] = linked.connections.all;
    expect(await probe(linked, second, 'after')).toBe('delivered');
    expect((await linked.messages.next()).id).toBe('after');
    expect(await probe(linked, first, 'before')).toBe('gone');
  });

  test('is retried, and reported once per outage', async () => {
    const linked = await link();
    await linked.link.start();
    for (const spell of [1, 2]) {
      aws.refuseConnections(true);
      aws.disconnect(linked.connections.all.at(-1) ?? '');
      const tried = aws.handshakes.all.length;
      while (aws.handshakes.all.length < tried + 4) {
        clock.advance(100);
        await new Promise((resolve) => setImmediate(resolve));
      }
      aws.refuseConnections(false);
      await untilConnected(linked, spell + 1);
      await linked.events.count(3 * spell);
    }
    const said = { type: 'retrying', reason: expect.stringMatching(/refused the connection with HTTP 503$/) };
    const spell = [
      { type: 'lost', reason: expect.anything() },
      said,
      { type: 'reconnected', ms: expect.any(Number) },
    ];
    expect(linked.events.all).toEqual([...spell, ...spell]);
  });

  test('is not replaced if another client serves now', async () => {
    const refused = new Recorder<string>();
    const linked = await link((id, count) => {
      if (count === 1) return;
      refused.add(id);
      throw new LiveDebugError('LD_DISPLACED', 'bob is serving');
    });
    await linked.link.start();
    aws.disconnect(linked.connections.all[0] ?? '');
    await refused.next();
    for (let turn = 0; turn < 10; turn += 1) {
      await aws.items();
      clock.advance(5000);
    }
    expect(aws.handshakes.all).toHaveLength(2);
    expect(linked.events.all.map(({ type }) => type)).toEqual(['lost']);
  });

  test('is replaced even if it closes while the directory is being written', async () => {
    const linked = await link(async (id, count) => {
      if (count !== 2) return;
      aws.disconnect(id);
      // Its end is heard before the directory answers.
      for (let turn = 0; turn < 5; turn += 1) await aws.items();
    });
    await linked.link.start();
    aws.disconnect(linked.connections.all[0] ?? '');
    expect(await linked.events.first(({ type }) => type === 'retrying')).toMatchObject({
      reason: 'the relay closed the new connection (code 1001 Going away)',
    });
    await untilConnected(linked, 3);
    await linked.events.first(({ type }) => type === 'reconnected');
    expect(await probe(linked, linked.connections.all[2] ?? '', 'after')).toBe('delivered');
    expect((await linked.messages.next()).id).toBe('after');
  });

  test('that is dead without a sign is found by its silence', async () => {
    const relay = await new FakeRelay().start();
    const http = new HttpClient();
    ends.push(async () => {
      http.close();
      await relay.close();
    });
    const linked = await link(undefined, { url: relay.url(), http });
    await linked.link.start();
    relay.onSaid = (peer, text) => (text.includes('hello') ? answerAsApiGateway(peer, text) : undefined);
    clock.advance(heartbeatMs);
    expect(clock.pending).toContain(pongBoundMs);
    expect(linked.events.all).toEqual([]);
    clock.advance(pongBoundMs);
    expect(await linked.events.next()).toEqual({ type: 'lost', reason: 'no answer within 10 s' });
    expect(await linked.events.next()).toMatchObject({ type: 'reconnected' });
    expect(linked.connections.all).toHaveLength(2);
  });

  /** A link to a relay that answers `hello` and nothing else, once it serves. */
  async function silentAfterStart() {
    const relay = await new FakeRelay().start();
    const http = new HttpClient();
    ends.push(async () => {
      http.close();
      await relay.close();
    });
    const linked = await link(undefined, { url: relay.url(), http });
    await linked.link.start();
    relay.onSaid = (peer, text) => (text.includes('hello') ? answerAsApiGateway(peer, text) : undefined);
    return { relay, linked };
  }

  test('that dies after a message is found 30 s after that message, whenever it came', async () => {
    const { relay, linked } = await silentAfterStart();
    const lastMs = heartbeatMs - 1000;
    clock.advance(lastMs);
    relay.deliver(linked.connections.all[0] ?? '', 'the last that comes');
    await linked.events.first(({ type }) => type === 'dropped');
    clock.advance(1000);
    expect(clock.pending).toContain(lastMs);
    clock.advance(lastMs);
    expect(clock.pending).toContain(pongBoundMs);
    clock.advance(pongBoundMs);
    expect(await linked.events.first(({ type }) => type === 'lost')).toMatchObject({
      reason: 'no answer within 10 s',
    });
  });

  test('is found even if the clock is set back in between', async () => {
    const { linked } = await silentAfterStart();
    clock.jump(-60 * minute);
    clock.advance(60 * minute + heartbeatMs);
    clock.advance(pongBoundMs);
    expect(await linked.events.next()).toEqual({ type: 'lost', reason: 'no answer within 10 s' });
  });

  test('is found within 5 s after this machine slept or its network changed', async () => {
    const { linked } = await silentAfterStart();
    linked.link.wake();
    clock.advance(doubtedPongBoundMs);
    expect(await linked.events.next()).toEqual({ type: 'lost', reason: 'no answer within 5 s' });
    expect(await linked.events.next()).toMatchObject({ type: 'reconnected' });
  });

  test('that is back repeats at once what was under way', async () => {
    const relay = await new FakeRelay().start();
    const http = new HttpClient({ clock });
    ends.push(async () => {
      http.close();
      await relay.close();
    });
    const linked = await link(undefined, { url: relay.url(), http });
    await linked.link.start();
    // Posts hang as in a cut: what was opened then waits for TCP to ask again.
    const { send } = http;
    const hanging = new Recorder<string>();
    http.send = ({ method, signal, url }) => {
      if (method === 'POST') hanging.add(url.pathname);
      return new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(new Error('aborted'))),
      );
    };
    const posted = probe(linked, linked.connections.all[0] ?? '', 'p');
    await hanging.next();
    clock.advance(1000);
    http.send = send;
    relay.disconnect(linked.connections.all[0] ?? '');
    await linked.events.first(({ type }) => type === 'reconnected');
    // To a connection that is not there any more, as it were of a stub.
    expect(await posted).toBe('gone');
  });

  test.each([
    [503, minute],
    [500, 1000],
  ])('to a relay that answers %i for %i ms is back within a second after that', async (status, outageMs) => {
    const { relay, linked } = await silentAfterStart();
    let attempts = 0;
    relay.onConnect = () => {
      attempts += 1;
      return status;
    };
    relay.disconnect(linked.connections.all[0] ?? '');
    await linked.events.first(({ type }) => type === 'retrying');
    const turn = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += 50) {
        const before = attempts;
        const isDue = clock.pending.some((each) => each <= refusedRetryMs);
        clock.advance(50);
        await new Promise((resolve) => setImmediate(resolve));
        // An attempt under way ends before more time passes.
        while (!clock.pending.some((each) => each <= refusedRetryMs) && isDue && attempts === before)
          await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await turn(outageMs);
    // Of an attempt under way the answer is still the old one: it is waited for, and for what comes of it.
    const ofAttempts = [freshAfterMs, freshAfterReachedMs, reachBoundMs];
    while (clock.pending.some((each) => ofAttempts.includes(each)))
      await new Promise((resolve) => setImmediate(resolve));
    relay.onConnect = () => undefined;
    const before = linked.connections.all.length;
    clock.advance(refusedRetryMs);
    await linked.connections.count(before + 1);
    // With full jitter two a second on average.
    expect(attempts).toBeLessThan(20 + (4 * outageMs) / 1000);
  });

  test('is not considered dead while messages still arrive, if late', async () => {
    const relay = await new FakeRelay().start();
    const http = new HttpClient();
    ends.push(async () => {
      http.close();
      await relay.close();
    });
    const linked = await link(undefined, { url: relay.url(), http });
    await linked.link.start();
    relay.onSaid = () => undefined;
    clock.advance(heartbeatMs);
    relay.deliver(linked.connections.all[0] ?? '', 'part of something large');
    await linked.events.next();
    clock.advance(pongBoundMs);
    // The next beat is counted from that message.
    await clock.untilSet(heartbeatMs - pongBoundMs);
    expect(linked.events.all.map(({ type }) => type)).toEqual(['dropped']);
    expect(linked.connections.all).toHaveLength(1);
  });
});

describe('renewal', () => {
  test('opens the new connection before it closes the old, and outlives the relay’s two hours', async () => {
    const linked = await link();
    await linked.link.start();
    const [first = ''] = linked.connections.all;
    await pass(renewAfterMs);
    await linked.connections.count(2);
    const [, second = ''] = linked.connections.all;
    // Both serve for a while: a post under way to the old one still arrives.
    expect(await probe(linked, second, 'to-the-new')).toBe('delivered');
    expect(await probe(linked, first, 'to-the-old')).toBe('delivered');
    await linked.messages.count(2);
    await pass(oldSocketGraceMs);
    expect(await probe(linked, second, 'later')).toBe('delivered');
    await linked.messages.count(3);
    expect(await probe(linked, first, 'too-late')).toBe('gone');

    await pass(20 * minute);
    expect(await probe(linked, second, 'after-two-hours')).toBe('delivered');
    await linked.messages.count(4);
    expect(linked.events.all).toEqual([]);
  });

  test('that does not succeed at first is not reported while the old connection works', async () => {
    const linked = await link();
    await linked.link.start();
    const [first = ''] = linked.connections.all;
    await pass(renewAfterMs - heartbeatMs);
    aws.refuseConnections(true);
    clock.advance(heartbeatMs);
    await aws.handshakes.count(2);
    expect(await probe(linked, first, 'meanwhile')).toBe('delivered');
    await linked.messages.count(1);
    aws.refuseConnections(false);
    await untilConnected(linked, 2);
    expect(linked.events.all).toEqual([]);
  });

  test('and a loss at the same time open one new connection', async () => {
    const linked = await link();
    await linked.link.start();
    const [first = ''] = linked.connections.all;
    await pass(renewAfterMs - heartbeatMs);
    aws.refuseConnections(true);
    clock.advance(heartbeatMs);
    await aws.handshakes.count(2);
    aws.disconnect(first);
    await linked.events.first(({ type }) => type === 'lost');
    aws.refuseConnections(false);
    await untilConnected(linked, 2);
    await linked.events.first(({ type }) => type === 'reconnected');
    for (let turn = 0; turn < 5; turn += 1) await aws.items();
    expect(linked.connections.all).toHaveLength(2);
  });
});

describe('close', () => {
  test('ends all connections, also the one being replaced, and connects no more', async () => {
    const linked = await link();
    await linked.link.start();
    await pass(renewAfterMs);
    await linked.connections.count(2);
    await clock.untilSet(oldSocketGraceMs);
    linked.link.close();
    const [first = '', second = ''] = linked.connections.all;
    while (aws.isOpen(first) || aws.isOpen(second)) await aws.items();
    clock.advance(3 * 60 * minute);
    await aws.items();
    expect(aws.handshakes.all).toHaveLength(2);
    expect(linked.events.all).toEqual([]);
  });

  test('while it waits for a retry ends the attempts', async () => {
    const linked = await link();
    await linked.link.start();
    aws.refuseConnections(true);
    aws.disconnect(linked.connections.all[0] ?? '');
    await linked.events.first(({ type }) => type === 'retrying');
    await clock.untilSet((ms) => ms < 100);
    linked.link.close();
    // The wait itself is over too: it would keep the process.
    expect(clock.pending.filter((ms) => ms < 1000)).toEqual([]);
    const tried = aws.handshakes.all.length;
    for (let turn = 0; turn < 5; turn += 1) {
      clock.advance(5000);
      await aws.items();
    }
    expect(aws.handshakes.all).toHaveLength(tried);
  });

  test('while it connects leaves no connection and nothing in the directory', async () => {
    const linked = await link();
    const started = linked.link.start();
    linked.link.close();
    await started.catch((error) => expect(error).toMatchObject({ code: 'LD_RELAY' }));
    expect(linked.connections.all).toEqual([]);
  });

  test('ends posts that wait for a retry', async () => {
    const linked = await link();
    await linked.link.start();
    aws.fault = () => ({ status: 503 });
    const [first = ''] = linked.connections.all;
    const message = { type: 'ack', id: 'a', attempt: 1, head: {}, body: new Uint8Array(0) } as const;
    const posted = linked.link.post(first, linked.channel, message, clock.now() + 60 * minute);
    await clock.untilSet((ms) => ms < 25);
    linked.link.close();
    clock.advance(25);
    expect(await posted).toEqual({ kind: 'failed', reason: 'the link to the relay is closed' });
  });
});

test('start rejects with the directory’s error, or with the relay’s', async () => {
  const refused = await link(() => {
    throw new LiveDebugError('LD_DIRECTORY', 'not today');
  });
  await expect(refused.link.start()).rejects.toMatchObject({ code: 'LD_DIRECTORY' });
  aws.refuseConnections(true);
  const unreachable = await link();
  await expect(unreachable.link.start()).rejects.toMatchObject({ code: 'LD_RELAY' });
});

test('opens connections for a message of many chunks beside the first of them, if none are open', async () => {
  const bulkHttp = new HttpClient();
  ends.push(() => bulkHttp.close());
  const opened = new Recorder<string>();
  const send = bulkHttp.send.bind(bulkHttp);
  bulkHttp.send = (request) => {
    opened.add(`${request.method} ${Object.keys(request.headers).includes('authorization')}`);
    return send(request);
  };
  const linked = await link(undefined, { url: aws.relayUrl, http: aws.http, bulkHttp });
  await linked.link.start();
  const [connection = ''] = linked.connections.all;
  const head = { contentType: 'text/plain', codeMs: 1 };
  const post = (bytes: number) =>
    linked.link.post(
      connection,
      linked.channel,
      { type: 'result', id: 'large', attempt: 1, head, body: noise(bytes, 1) },
      clock.now() + minute,
    );
  expect((await post(1_000_000)).kind).toBe('delivered');
  expect(opened.all.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => 'GET false'));
  expect(opened.all.filter((each) => each.startsWith('GET'))).toHaveLength(8);
  const { length } = opened.all;
  expect((await post(150_000)).kind).toBe('delivered');
  linked.link.close();
  bulkHttp.close();
  expect((await post(1_000_000)).kind).toBe('failed');
  expect(opened.all.slice(length).filter((each) => each.startsWith('GET'))).toEqual([]);
});
