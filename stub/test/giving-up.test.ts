// Every client that may still have an invocation is told that nobody waits for it; short invocations are given up in time.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { RelayPost } from '../../protocol/test/fake-relay.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const lookEveryMs = 1000;

let client: FakeClient;
let lambda: Lambda;

beforeEach(async () => {
  client = await world.serve();
  lambda = await world.manualLambda();
});

const nothing = new Uint8Array(0);
const typeOf = ({ text }: RelayPost) => JSON.parse(text.split('\n')[0] ?? '{}').type as string;

describe('cancel', () => {
  it('goes to a client that stayed silent, with the error that the caller gets', async () => {
    const outcome = lambda.invoke({}, { timeoutMs: 60_000 });
    const { message } = await client.next('invoke');
    void lambda.turnUntil(outcome, lookEveryMs, lookEveryMs);
    expect((await client.next('cancel')).message).toMatchObject({
      id: message.id,
      head: { reason: 'shutdown', code: 'LD_NO_ACK' },
    });
    const { errorType, trace } = errorOf(await outcome);
    expect(errorType).toBe('LiveDebugNoAckError');
    expect(trace).toHaveLength(1);
  });

  it('is sent before the real function is asked in place of a client that is silent and has lost its lease', async () => {
    const order: string[] = [];
    const api = createServer((request, response) => {
      order.push('fallback');
      request.resume();
      request.on('end', () => response.writeHead(200).end('"real"'));
    });
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void api.close());
    world.relay.onPost = (post) => {
      if (typeOf(post) === 'cancel') order.push('cancel');
      return undefined;
    };
    lambda = await world.manualLambda({
      LIVE_DEBUG_FALLBACK_ARN: 'arn:aws:lambda:eu-west-1:123456789012:function:real',
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    });
    const outcome = lambda.invoke({});
    await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    await client.leave();
    lambda.advance(lookEveryMs + 1);
    expect(answerOf(await outcome)).toBe('real');
    expect(order).toEqual(['cancel', 'fallback']);
    expect((await client.next('cancel')).message.head.code).toBe('LD_NO_CLIENT');
  });

  it('goes to a client that sleeps as soon as another one has begun', async () => {
    const outcome = lambda.invoke({});
    await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    const successor = await world.serve();
    lambda.advance(lookEveryMs + 1);
    const second = await successor.next('invoke');
    await successor.acknowledge(second);
    expect((await client.next('cancel')).message).toMatchObject({
      id: second.message.id,
      head: { reason: 'shutdown' },
    });
    await successor.answer(second, '"here"');
    expect(answerOf(await outcome)).toBe('here');
    expect(successor.received.map(({ message }) => message.type)).toEqual([]);
  });

  it('is not sent to a connection that is gone', async () => {
    world.relay.disconnect(client.connectionId);
    await client.leave();
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
    expect(world.relay.posts.map(typeOf)).toEqual(['invoke']);
  });

  it('is sent when Lambda ends the instance', async () => {
    const outcome = lambda.invoke({});
    await client.acknowledge(await client.next('invoke'));
    lambda.terminate();
    expect((await client.next('cancel')).message.head).toEqual({ reason: 'shutdown', code: 'LD_STOPPED' });
    await outcome.catch(() => undefined);
  });
});

describe('a client that asks whether its invocation is still waited for', () => {
  const ask = (to: string, id: string, channel: Parameters<FakeClient['send']>[1]) =>
    client.send(to, channel, { type: 'ack', id, attempt: 1, head: { asks: true }, body: nothing });

  it('gets a probe while it is', async () => {
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    const { ackBy, sentAt, understands } = received.message.head;
    expect((ackBy ?? 0) - sentAt).toBe(3000);
    expect(understands).toEqual(['asks', 'moved', 'br', 'bits7', 'receiving']);
    await ask(received.message.head.replyTo, received.message.id, received.channel);
    expect((await client.next('probe')).message.id).toBe(received.message.id);
    await client.answer(received, '1');
    expect(answerOf(await outcome)).toBe(1);
  });

  it('gets a cancel if another client has begun, and nothing when it is over', async () => {
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    const { id, head } = received.message;
    await lambda.untilTimer(lookEveryMs, 1);
    const successor = await world.serve();
    lambda.advance(lookEveryMs + 1);
    const second = await successor.next('invoke');
    await successor.acknowledge(second);
    await client.next('cancel');
    await ask(head.replyTo, id, received.channel);
    await client.next('cancel');
    await successor.answer(second, '1');
    await outcome;
    const posts = world.relay.posts.length;
    await ask(head.replyTo, id, received.channel);
    const next = lambda.invoke({});
    await successor.answer(await successor.next('invoke'), '2');
    expect(answerOf(await next)).toBe(2);
    // The question, the second invocation and its answer; no answer to the question.
    expect(world.relay.posts.slice(posts).map(typeOf)).toEqual(['ack', 'invoke', 'result']);
  });
});

describe('an invocation of 5 s', () => {
  const timeoutMs = 5000;

  it('whose livectl was killed is given up in time, not at its end', async () => {
    const outcome = lambda.invoke({}, { timeoutMs });
    await client.acknowledge(await client.next('invoke'));
    // A third of 4.5 s.
    await lambda.untilTimer(1490);
    world.relay.disconnect(client.connectionId);
    lambda.advance(1500);
    // For the pong of the stub's own connection; then it looks whether the client is back, for 750 ms.
    await lambda.untilTimer(1490);
    for (const pauseMs of [50, 100, 200, 400]) {
      await lambda.untilTimer(pauseMs, 1);
      lambda.advance(pauseMs);
    }
    expect(errorOf(await outcome).errorType).toBe('LiveDebugLostError');
  });

  it('is sent to the current client after a second without an ack', async () => {
    const outcome = lambda.invoke({}, { timeoutMs });
    await client.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    const successor = await world.serve();
    lambda.advance(lookEveryMs + 1);
    await successor.answer(await successor.next('invoke'), '"in time"');
    expect(answerOf(await outcome)).toBe('in time');
  });
});
