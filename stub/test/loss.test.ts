// What the stub does when messages, connections or clients are lost. Its clock is turned by the test.
import { beforeEach, describe, expect, it } from 'vitest';
import { answerAsApiGateway, type RelayPost } from '../../protocol/test/fake-relay.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

const ackMs = 3000;
const silenceMs = ackMs / 2;
const probeMs = 10_000;
const reconnectMs = 3000;

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

describe('a client', () => {
  it('that was replaced is found anew by a 410, and the invocation goes to its successor', async () => {
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

  it('whose connection is gone while the table still names it fails the invocation at once', async () => {
    world.relay.disconnect(client.connectionId);
    expect(errorOf(await lambda.invoke({}))).toMatchObject({ errorType: 'LiveDebugNoClientError' });
    expect(sentTo(client.connectionId)).toEqual(['invoke']);
  });

  it('that comes back is spoken to with the keys that were agreed before', async () => {
    const old = client.connectionId;
    world.relay.disconnect(old);
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
    await client.connect();
    const { outcome, received } = await begin();
    await client.answer(received, '1');
    expect(answerOf(await outcome)).toBe(1);
    const posts = [old, client.connectionId].map((id) =>
      world.relay.posts.find((post) => post.connectionId === id),
    );
    const [before, after] = posts.map((post) => JSON.parse(post?.text.split('\n')[0] ?? '{}').enc);
    expect(after).toBe(before);
  });

  it('whose connection is refused by the relay is a relay error with its words', async () => {
    world.relay.onPost = () => 403;
    const { errorType, errorMessage } = errorOf(await lambda.invoke({}));
    expect(errorType).toBe('LiveDebugRelayError');
    expect(errorMessage).toBe('the relay did not take the invoke: HTTP 403 {"message":"status 403"}');
  });

  it.each([429, 503])('is reached in spite of %i', async (status) => {
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

  it('that stays silent is looked up, sent the same once more, and given up', async () => {
    world.relay.onPost = (post) => (typeOf(post) === 'invoke' ? 'swallow' : undefined);
    const outcome = lambda.invoke({});
    for (const _ of [1, 2, 3, 4]) {
      await lambda.untilTimer(silenceMs);
      lambda.advance(silenceMs + 10);
    }
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugNoAckError',
      errorMessage: 'livectl of ada on ada-laptop did not acknowledge the invocation within 3000 ms, twice',
    });
    const headers = world.relay.posts
      .filter(({ connectionId }) => connectionId === client.connectionId)
      .map(({ text }) => JSON.parse(text.split('\n')[0] ?? ''));
    expect(headers.map(({ type, attempt }) => [type, attempt])).toEqual([
      ['invoke', 1],
      ['invoke', 2],
      ['cancel', 3],
    ]);
    expect(new Set(headers.map(({ id }) => id)).size).toBe(1);
    expect((await client.next('cancel')).message.head).toEqual({ reason: 'shutdown', code: 'LD_NO_ACK' });
  });

  it('that lost only the first sending answers the second', async () => {
    world.relay.onPost = ({ number }) => (number === 1 ? 'swallow' : undefined);
    const outcome = lambda.invoke('again');
    for (const _ of [1, 2]) {
      await lambda.untilTimer(silenceMs);
      lambda.advance(silenceMs + 10);
    }
    const received = await client.next('invoke');
    expect(received.message.attempt).toBe(2);
    await client.answer(received, '2');
    expect(answerOf(await outcome)).toBe(2);
  });

  it('that goes away while it runs is missed at the next probe', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    await client.leave();
    lambda.advance(probeMs);
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugLostError',
      errorMessage: 'livectl of ada on ada-laptop went away while it ran this invocation',
    });
  });

  it('that crashes while it runs is given the time to reconnect, once', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    lambda.advance(probeMs);
    await lambda.untilTimer(reconnectMs);
    lambda.advance(reconnectMs);
    expect(errorOf(await outcome).errorType).toBe('LiveDebugLostError');
  });

  it('that reconnects while it runs is found by its key and goes on', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    lambda.advance(probeMs);
    await lambda.untilTimer(reconnectMs);
    await client.connect();
    lambda.advance(reconnectMs);
    const probe = await client.next('probe');
    await client.answer(probe, '"after all"');
    expect(answerOf(await outcome)).toBe('after all');
  });

  it('that another took over from does not have its invocation run twice', async () => {
    const { outcome } = await begin();
    world.relay.disconnect(client.connectionId);
    const successor = await world.serve();
    lambda.advance(probeMs);
    expect(errorOf(await outcome).errorType).toBe('LiveDebugLostError');
    expect(successor.received).toEqual([]);
  });

  it('that works for long is asked whether it still does, and nothing else', async () => {
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
  it('closed while the client works is opened again, and the client told where to answer', async () => {
    const { outcome, received } = await begin();
    const lost = stubConnection();
    world.relay.disconnect(lost);
    const probe = await client.next('probe');
    expect((await client.answer(received, '"nobody hears this"')).kind).toBe('gone');
    await client.answer(probe, '"heard"');
    expect(answerOf(await outcome)).toBe('heard');
    expect(stubConnection()).not.toBe(lost);
  });

  it('closed before the ack came is opened again, and the invocation sent with the new address', async () => {
    const outcome = lambda.invoke({});
    const first = await client.next('invoke');
    await lambda.untilTimer(silenceMs);
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
    await lambda.untilTimer(1500);
    lambda.advance(1500);
    const second = await client.next('invoke');
    expect(second.message.head).not.toMatchObject({ replyTo: dead });
    await client.answer(second, '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('that can’t be opened is a relay error', async () => {
    world.relay.onConnect = () => 500;
    world.relay.disconnect(stubConnection());
    // Noticed by now, or while the invocation is on its way: either way a new one is needed.
    const { errorType, errorMessage } = errorOf(await lambda.invoke({}));
    expect(errorType).toBe('LiveDebugRelayError');
    expect(errorMessage).toMatch(/^the relay at 127\.0\.0\.1:\d+ refused the connection with HTTP 500$/);
  });
});

describe('the deadline', () => {
  it('is told to the client by `cancel`, and to the caller in Lambda’s words', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 5000 });
    const received = await client.next('invoke');
    await client.acknowledge(received);
    await lambda.untilTimer(1500);
    lambda.advance(4500);
    const cancel = await client.next('cancel');
    expect(cancel.message).toMatchObject({ id: received.message.id, head: { reason: 'deadline' } });
    const { errorType, errorMessage } = errorOf(await outcome);
    expect(errorType).toBe('Sandbox.Timedout');
    expect(errorMessage).toMatch(/^Task timed out after 4\.\d\d seconds: livectl had not answered/);
  });

  it('is kept also when the cancel can’t be delivered', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 5000 });
    await client.acknowledge(await client.next('invoke'));
    await lambda.untilTimer(1500);
    world.relay.onPost = () => 403;
    lambda.advance(4500);
    expect(errorOf(await outcome).errorType).toBe('Sandbox.Timedout');
  });

  it('ends an invocation for good: nothing of it is sent in the next one', async () => {
    const outcome = lambda.invoke('late', { timeoutMs: 2000 });
    const late = await client.next('invoke');
    await lambda.untilTimer(silenceMs);
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
