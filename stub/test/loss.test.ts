// What the stub does when messages, connections or clients are lost. The test controls its clock.
import { beforeEach, describe, expect, it } from 'vitest';
import { answerAsApiGateway, type RelayPost } from '../../protocol/test/fake-relay.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

const lookEveryMs = 1000;
const probeMs = 10_000;
/** Between two look-ups for a client that may be reconnecting. */
const pausesMs = [50, 100, 200, 400, 500, 500, 500, 500, 500];

let client: FakeClient;
let lambda: Lambda;

beforeEach(async () => {
  client = await world.serve();
  lambda = await world.manualLambda();
});

const typeOf = ({ text }: RelayPost) => JSON.parse(text.split('\n')[0] ?? '{}').type as string;
const sentTo = (connectionId: string) =>
  world.relay.posts.filter((post) => post.connectionId === connectionId).map(typeOf);
/** The stub's own connection. */
const stubConnection = () => {
  const [found] = [...world.relay.peers.keys()].filter((id) => id !== client.connectionId);
  return found ?? '';
};

/** Invokes and lets the client take it; resolves once the stub waits for the answer. */
async function begin(event: unknown = {}) {
  const outcome = lambda.invoke(event);
  const received = await client.next('invoke');
  await client.acknowledge(received);
  await lambda.untilTimer(probeMs);
  return { outcome, received };
}

/** The stub looks, for 3 s in all, whether the client is back. */
async function grace(): Promise<void> {
  for (const pauseMs of pausesMs) {
    await lambda.untilTimer(pauseMs, 1);
    lambda.advance(pauseMs);
  }
}

describe('a client', () => {
  it('that was replaced is detected by a 410, and the invocation goes to its successor', async () => {
    const first = await begin();
    await client.answer(first.received, '1');
    await first.outcome;
    const old = client.connectionId;
    world.relay.disconnect(old);
    const successor = await world.serve();
    const outcome = lambda.invoke({});
    await successor.answer(await successor.next('invoke'), '"from the successor"');
    expect(answerOf(await outcome)).toBe('from the successor');
    expect(sentTo(old)).toEqual(['invoke', 'invoke']);
  });

  it('whose connection is gone while its lease is valid has 3 s to come back, which the error says', async () => {
    world.relay.disconnect(client.connectionId);
    const outcome = lambda.invoke({});
    await grace();
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugNoClientError',
      errorMessage:
        'livectl of ada on ada-laptop, which serves function hello of stage dev-ada, is reconnecting and was not back in time; if it has ended, run: livectl serve --stage dev-ada',
    });
    expect(sentTo(client.connectionId)).toEqual(['invoke']);
    // The next invocation finds it gone, and need not wait for what has not come back in that time.
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
  });

  it('that comes back in this time gets the invocation, with the keys agreed before', async () => {
    const old = client.connectionId;
    world.relay.disconnect(old);
    const outcome = lambda.invoke({});
    await lambda.untilTimer(50, 1);
    await client.connect();
    lambda.advance(50);
    const received = await client.next('invoke');
    await client.answer(received, '1');
    expect(answerOf(await outcome)).toBe(1);
    const posts = [old, client.connectionId].map((id) =>
      world.relay.posts.find((post) => post.connectionId === id),
    );
    const [before, after] = posts.map((post) => JSON.parse(post?.text.split('\n')[0] ?? '{}').enc);
    expect(after).toBe(before);
  });

  it('whose connection the relay refuses is a relay error with the relay’s words', async () => {
    world.relay.onPost = () => 403;
    const { errorType, errorMessage } = errorOf(await lambda.invoke({}));
    expect(errorType).toBe('LiveDebugRelayError');
    expect(errorMessage).toBe('the relay did not take the invoke: HTTP 403 {"message":"status 403"}');
  });

  it.each([429, 503])('is reached despite %i', async (status) => {
    world.relay.onPost = ({ number }) => (number <= 2 ? status : undefined);
    const outcome = lambda.invoke({});
    for (const post of [1, 2]) {
      await world.relay.until(() => world.relay.posts.length >= post);
      // Whatever the jitter made of it, the wait is below 50 ms: this many timers come and go.
      await lambda.untilTimer(0);
      lambda.advance(50);
    }
    await client.answer(await client.next('invoke'), '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('that stays silent is looked up every second, sent the same after 3, 9 and 21 s, and given up after 45', async () => {
    const sentAfter: number[] = [];
    let seconds = 0;
    world.relay.onPost = (post) => {
      if (typeOf(post) !== 'invoke') return undefined;
      sentAfter.push(seconds);
      return 'swallow';
    };
    const outcome = lambda.invoke({}, { timeoutMs: 60_000 });
    for (; seconds < 45; seconds += 1) {
      await lambda.untilTimer(lookEveryMs, 1);
      lambda.advance(lookEveryMs);
    }
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugNoAckError',
      errorMessage:
        'livectl of ada on ada-laptop did not acknowledge the invocation within 45 s (sent 4 times)',
    });
    const headers = world.relay.posts
      .filter(({ connectionId }) => connectionId === client.connectionId)
      .map(({ text }) => JSON.parse(text.split('\n')[0] ?? ''));
    expect(headers.map(({ type, attempt }) => [type, attempt])).toEqual([
      ['invoke', 1],
      ['invoke', 2],
      ['invoke', 3],
      ['invoke', 4],
      ['cancel', 5],
    ]);
    expect(new Set(headers.map(({ id }) => id)).size).toBe(1);
    expect((await client.next('cancel')).message.head).toEqual({ reason: 'shutdown', code: 'LD_NO_ACK' });
  });

  it('that reports that the invocation is still arriving is sent no second copy until that stops', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 60_000 });
    const { channel, message } = await client.next('invoke');
    const { id } = message;
    await lambda.untilTimer(lookEveryMs, 1);
    for (let seconds = 1; seconds <= 10; seconds += 1) {
      lambda.advance(lookEveryMs);
      await lambda.untilTimer(lookEveryMs, 1);
      const receipt = { type: 'ack', id, attempt: seconds, head: { receiving: true } } as const;
      await client.send(message.head.replyTo, channel, { ...receipt, body: new Uint8Array(0) });
      // The wait begins anew.
      await lambda.untilTimer(lookEveryMs, 1);
    }
    expect(sentTo(client.connectionId)).toEqual(['invoke']);
    for (let seconds = 1; seconds <= 3; seconds += 1) {
      lambda.advance(lookEveryMs);
      await lambda.untilTimer(lookEveryMs, 1);
    }
    const again = await client.next('invoke');
    expect(again.message.attempt).toBe(2);
    await client.answer(again, '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('that stays silent until the deadline is named in the error, since the code has not run', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 8000 });
    await client.next('invoke');
    expect(errorOf(await lambda.turnUntil(outcome, lookEveryMs, lookEveryMs))).toMatchObject({
      errorType: 'LiveDebugNoAckError',
      errorMessage:
        'livectl of ada on ada-laptop did not acknowledge the invocation within 8 s (sent 2 times)',
    });
  });

  it('that is silent has its full time even if the previous one was gone or silent', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 60_000 });
    await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    world.relay.disconnect(client.connectionId);
    const successor = await world.serve({ user: 'bob' });
    lambda.advance(lookEveryMs);
    // It stands still for 5 s: it has heard the first sending only afterwards.
    const first = await successor.next('invoke');
    for (let seconds = 0; seconds < 5; seconds += 1) {
      await lambda.untilTimer(lookEveryMs, 1);
      lambda.advance(lookEveryMs);
    }
    const second = await successor.next('invoke');
    expect(second.message.id).toBe(first.message.id);
    await successor.answer(second, '"awake"');
    expect(answerOf(await outcome)).toBe('awake');
  });

  it('that was killed while its lease is valid leaves its function to the client of the stage', async () => {
    const own = await world.serve({ item: 'client#hello', user: 'bob' });
    lambda.advance(2001);
    const first = lambda.invoke({});
    await own.answer(await own.next('invoke'), '1');
    await first;
    world.relay.disconnect(own.connectionId);
    const outcome = lambda.invoke({});
    await grace();
    await client.answer(await client.next('invoke'), '"by the stage"');
    expect(answerOf(await outcome)).toBe('by the stage');
    // From now on without a wait.
    const next = lambda.invoke({});
    await client.answer(await client.next('invoke'), '"at once"');
    expect(answerOf(await next)).toBe('at once');
    // And back, as soon as it serves again.
    await own.connect();
    lambda.advance(2001);
    const last = lambda.invoke({});
    await own.answer(await own.next('invoke'), '"back"');
    expect(answerOf(await last)).toBe('back');
  });

  it('that lost only the first sending answers the second', async () => {
    world.relay.onPost = ({ number }) => (number === 1 ? 'swallow' : undefined);
    const outcome = lambda.invoke('again');
    for (const _ of [1, 2, 3]) {
      await lambda.untilTimer(lookEveryMs, 1);
      lambda.advance(lookEveryMs);
    }
    const received = await client.next('invoke');
    expect(received.message.attempt).toBe(2);
    await client.answer(received, '2');
    expect(answerOf(await outcome)).toBe(2);
  });

  it('that goes away while it runs is noticed at the next probe', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    await client.leave();
    lambda.advance(probeMs);
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugLostError',
      errorMessage: 'livectl of ada on ada-laptop went away while it ran this invocation',
    });
  });

  it('that crashes while it runs is given 3 s to reconnect', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    lambda.advance(probeMs);
    await grace();
    expect(errorOf(await outcome).errorType).toBe('LiveDebugLostError');
    expect(sentTo(client.connectionId)).toEqual(['invoke', 'probe']);
  });

  it('that reconnects while it runs is found by its key and goes on', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    lambda.advance(probeMs);
    await lambda.untilTimer(50, 1);
    await client.connect();
    lambda.advance(50);
    const probe = await client.next('probe');
    await client.answer(probe, '"after all"');
    expect(answerOf(await outcome)).toBe('after all');
  });

  it('that another client took over from does not have its invocation run twice', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    const successor = await world.serve();
    lambda.advance(probeMs);
    expect(errorOf(await outcome).errorType).toBe('LiveDebugLostError');
    expect(successor.received).toEqual([]);
  });

  it('that works for a long time is asked whether it still does, and nothing else', async () => {
    const { outcome, received } = await begin();
    for (let probes = 0; probes < 2; probes += 1) {
      lambda.advance(probeMs);
      await client.acknowledge(await client.next('probe'));
      await lambda.untilTimer(probeMs);
    }
    await client.answer(received, '"late"');
    expect(answerOf(await outcome)).toBe('late');
    expect(sentTo(client.connectionId)).toEqual(['invoke', 'probe', 'probe']);
  });
});

describe('the stub’s own connection', () => {
  it('that closes while the client works is reopened, and the client gets the new address', async () => {
    const { outcome, received } = await begin();
    const lost = stubConnection();
    world.relay.disconnect(lost);
    const probe = await client.next('probe');
    expect((await client.answer(received, '"nobody hears this"')).kind).toBe('gone');
    await client.answer(probe, '"heard"');
    expect(answerOf(await outcome)).toBe('heard');
    expect(stubConnection()).not.toBe(lost);
  });

  it('that closes before the ack came is reopened, and the invocation sent with the new address', async () => {
    const outcome = lambda.invoke({});
    const first = await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    world.relay.disconnect(stubConnection());
    const second = await client.next('invoke');
    expect(second.message.id).toBe(first.message.id);
    await client.answer(second, '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('found dead after a freeze is replaced while the invocation is on its way', async () => {
    const dead = stubConnection();
    lambda.advance(60_000);
    // Half open: nothing that is said to the relay on it is answered.
    world.relay.onSaid = (peer, text) =>
      peer.connectionId === dead ? undefined : answerAsApiGateway(peer, text);
    const outcome = lambda.invoke({});
    const first = await client.next('invoke');
    expect(first.message.head).toMatchObject({ replyTo: dead });
    // Not before an answer to the ping has had its time, but before that is given up.
    expect(stubConnection()).toBe(dead);
    await lambda.untilTimer(100);
    lambda.advance(100);
    const second = await client.next('invoke');
    expect(second.message.head).not.toMatchObject({ replyTo: dead });
    await client.answer(second, '1');
    expect(answerOf(await outcome)).toBe(1);
    await expect.poll(() => [...world.relay.peers.keys()]).not.toContain(dead);
  });

  it('that answers a ping late is kept, and the one opened beside it is closed', async () => {
    const old = stubConnection();
    lambda.advance(60_000);
    let answerPing: () => void = () => undefined;
    world.relay.onSaid = (peer, text) => {
      if (peer.connectionId !== old) return answerAsApiGateway(peer, text);
      answerPing = () => peer.socket.send(answerAsApiGateway(peer, text) ?? '');
      return undefined;
    };
    // The new one is under way when the old one answers.
    let connecting = 0;
    world.relay.onConnect = () => {
      connecting += 1;
      answerPing();
      return undefined;
    };
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    await lambda.untilTimer(100);
    lambda.advance(100);
    await expect.poll(() => connecting).toBe(1);
    await client.answer(received, '1');
    expect(answerOf(await outcome)).toBe(1);
    const both = [client.connectionId, old].toSorted();
    await expect.poll(() => [...world.relay.peers.keys()].toSorted()).toEqual(both);
  });

  it('that cannot be opened for 4 s is a relay error', async () => {
    let refused = 0;
    world.relay.onConnect = () => {
      refused += 1;
      return 500;
    };
    world.relay.disconnect(stubConnection());
    // Noticed by now, or while the invocation is on its way: either way a new one is needed.
    const outcome = lambda.invoke({});
    const { errorType, errorMessage } = errorOf(await lambda.turnUntil(outcome, 1000, 0, 1600));
    expect(errorType).toBe('LiveDebugRelayError');
    expect(errorMessage).toMatch(/^the relay at 127\.0\.0\.1:\d+ refused the connection with HTTP 500$/);
    expect(refused).toBeGreaterThan(2);
  });

  it('that is refused is a relay error at once', async () => {
    world.relay.onConnect = () => 403;
    world.relay.disconnect(stubConnection());
    expect(errorOf(await lambda.invoke({})).errorMessage).toMatch(/HTTP 403$/);
  });

  it('that the throttled relay refuses is opened at a later attempt', async () => {
    let refused = 0;
    world.relay.onConnect = () => (++refused <= 2 ? 429 : undefined);
    const { outcome } = await begin();
    world.relay.disconnect(stubConnection());
    void lambda.turnUntil(outcome, 200, 0, 201);
    await client.answer(await client.next('probe'), '1');
    expect(answerOf(await outcome)).toBe(1);
    expect(refused).toBe(3);
  });
});

describe('the deadline', () => {
  it('is sent to the client as `cancel`, and reported to the caller in Lambda’s words', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 5000 });
    const received = await client.next('invoke');
    await client.acknowledge(received);
    await lambda.untilTimer(1490);
    lambda.advance(4500);
    const cancel = await client.next('cancel');
    expect(cancel.message).toMatchObject({ id: received.message.id, head: { reason: 'deadline' } });
    const { errorType, errorMessage } = errorOf(await outcome);
    expect(errorType).toBe('Sandbox.Timedout');
    expect(errorMessage).toMatch(/^Task timed out after 4\.\d\d seconds: livectl had not answered/);
  });

  it('is kept even if the cancel cannot be delivered', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 5000 });
    await client.acknowledge(await client.next('invoke'));
    await lambda.untilTimer(1490);
    world.relay.onPost = () => 403;
    lambda.advance(4500);
    expect(errorOf(await outcome).errorType).toBe('Sandbox.Timedout');
  });

  it('ends an invocation for good: nothing of it is sent during the next one', async () => {
    const outcome = lambda.invoke('late', { timeoutMs: 2000 });
    const late = await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    lambda.advance(1500);
    expect(errorOf(await outcome).errorType).toBe('Sandbox.Timedout');
    await client.next('cancel');
    // All that the first one had planned comes due in the second.
    const { outcome: second, received } = await begin('next');
    lambda.advance(probeMs);
    await client.acknowledge(await client.next('probe'));
    await client.answer(received, '"next"');
    expect(answerOf(await second)).toBe('next');
    const idsAfterCancel = world.relay.posts
      .filter(({ connectionId }) => connectionId === client.connectionId)
      .map(({ text }) => JSON.parse(text.split('\n')[0] ?? '').id)
      .slice(2);
    expect(new Set(idsAfterCancel)).toEqual(new Set([received.message.id]));
    expect(idsAfterCancel).not.toContain(late.message.id);
  });
});
