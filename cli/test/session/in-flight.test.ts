// The limits on what is in flight, and the effect of draining, with a manual clock and a link that only records.
import { beforeEach, describe, expect, test } from 'vitest';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { Message, MessageType } from '../../../protocol/message.ts';
import type { PostOutcome } from '../../../protocol/relay-post.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { maxInFlight, maxInFlightBytes, maxOfSender } from '../../src/session/in-flight.ts';
import { ackAfterMs, Invocations } from '../../src/session/invocations.ts';
import { throttleMs } from '../../src/session/report-throttle.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { FakePool } from './fake-pool.ts';
import { Recorder } from './recorder.ts';

const channel: Channel = {
  enc: '',
  secretId: undefined,
  understands: [],
  seal: () => Buffer.alloc(0),
  open: () => undefined,
};

let clock: ManualClock;
let pool: FakePool;
let posts: Recorder<{ message: Message; untilMs: number }>;
let outcome: () => Promise<PostOutcome>;
let events: Recorder<SessionEvent>;
let invocations: Invocations;

beforeEach(() => {
  clock = new ManualClock();
  pool = new FakePool();
  posts = new Recorder();
  events = new Recorder();
  outcome = async () => ({ kind: 'delivered' });
  invocations = new Invocations({
    link: {
      post: <T extends MessageType>(
        _to: unknown,
        _channel: Channel,
        message: Message<T>,
        untilMs: number,
      ) => {
        posts.add({ message: message as Message, untilMs });
        return outcome();
      },
    },
    pool,
    clock,
    skew: new ClockSkew(),
    functions: new Map([['hello', { timeout: 3 }]]),
    holders: { of: () => undefined, read: async () => undefined },
    builds: { of: () => ({ state: 'good' }) },
    variables: { of: (_name, sent) => sent },
    onEvent: (event) => events.add(event),
  });
});

/** Each by a stub of its own, unless one is named. */
function invoke(
  id: string,
  body: Uint8Array = Buffer.from('{}'),
  stub = id,
  headBytes = 0,
  msOnTheWay = 0,
): void {
  const head = {
    requestId: `request-${id}`,
    function: 'hello',
    instance: 'i',
    replyTo: 'stub=',
    sentAt: clock.now() - msOnTheWay,
    deadline: clock.now() + 900_000,
    arn: 'arn',
    environment: {},
  };
  invocations.invoke({ type: 'invoke', id, attempt: 1, head, body, headBytes }, { ...channel, enc: stub });
}

function told<T extends SessionEvent['event']>(name: T) {
  return events.all.filter((event): event is Extract<SessionEvent, { event: T }> => event.event === name);
}

/** The types of all posts so far. */
function types(): string[] {
  return posts.all.map(({ message }) => message.type);
}

describe('an ack', () => {
  test('is sent after 200 ms of work, and not before', async () => {
    invoke('a');
    clock.advance(ackAfterMs - 1);
    expect(types()).toEqual([]);
    clock.advance(1);
    expect(types()).toEqual(['ack']);
  });

  test('of an invocation that took long to arrive is sent at once', async () => {
    invoke('a', undefined, undefined, 0, 1001);
    clock.advance(5);
    expect(types()).toEqual(['ack']);
  });

  test('is not sent if the answer serves as one', async () => {
    pool.onRun = (run) => void clock.after(ackAfterMs - 1, () => run.answer('1'));
    invoke('a');
    clock.advance(ackAfterMs - 1);
    await events.first(({ event }) => event === 'result');
    clock.advance(ackAfterMs);
    expect(types()).toEqual(['result']);
  });

  test('that the relay refuses is reported, and the answer is still sent', async () => {
    outcome = async () => ({ kind: 'failed', reason: 'HTTP 403 Forbidden' });
    invoke('a');
    clock.advance(ackAfterMs);
    await events.first(({ event }) => event === 'error');
    outcome = async () => ({ kind: 'delivered' });
    pool.runs.all[0]?.answer('1');
    await events.first(({ event }) => event === 'result');
    expect(types()).toEqual(['ack', 'result']);
    expect(told('error')).toEqual([
      { event: 'error', code: 'LD_RELAY', message: 'the relay did not accept an ack: HTTP 403 Forbidden' },
    ]);
  });
});

test('an answer that the relay refuses is reported, kept, and sent when the stub asks', async () => {
  outcome = async () => ({ kind: 'failed', reason: 'HTTP 500' });
  pool.onRun = (run) => run.answer('"kept"');
  invoke('a');
  await events.first(({ event }) => event === 'result');
  expect(told('error')).toEqual([
    {
      event: 'error',
      code: 'LD_RELAY',
      message: 'the answer to request-a was not delivered: HTTP 500; it is kept and sent when the stub asks',
    },
  ]);
  outcome = async () => ({ kind: 'delivered' });
  invocations.probe(
    { type: 'probe', id: 'a', attempt: 2, head: { replyTo: 'new=' }, body: Buffer.alloc(0) },
    channel,
  );
  expect(posts.all.map(({ message }) => [message.type, message.attempt])).toEqual([
    ['result', 1],
    ['result', 2],
  ]);
  // The stub's own clock may end a little later than this one's.
  expect(posts.all[0]?.untilMs).toBe(clock.now() + 900_000 + 5000);
});

test('an answer that was dropped to make room is lost, and never run again', async () => {
  pool.onRun = (run) => run.answer(new Uint8Array(6 * 1024 * 1024));
  for (let index = 0; index < 11; index += 1) invoke(`r${index}`);
  await events.until(() => told('result').length === 11);
  invoke('r0');
  expect(pool.runs.all).toHaveLength(11);
  const { message } = posts.all.at(-1) ?? {};
  expect(message).toMatchObject({ type: 'error', id: 'r0', attempt: 2 });
  expect(Buffer.from(message?.body ?? []).toString()).toContain('LiveDebugLostError');
});

describe('more than livectl accepts', () => {
  test('1,000 invocations: the next one fails with LD_BUSY, and after one has ended there is room again', async () => {
    for (let index = 0; index < maxInFlight; index += 1) invoke(`r${index}`);
    expect(invocations.running).toBe(maxInFlight);
    invoke('more');
    await events.first((event) => event.event === 'result' && event.id === 'request-more');
    expect(told('result')).toMatchObject([
      {
        ok: false,
        error: {
          name: 'LiveDebugBusyError',
          message: 'livectl is already working on 1000 invocations and accepts no more',
        },
      },
    ]);
    pool.runs.all[0]?.answer('1');
    await events.first((event) => event.event === 'result' && event.id === 'request-r0');
    invoke('again');
    expect(pool.runs.all.at(-1)?.invocation.id).toBe('request-again');
  });

  test('256 MB of events: the next one fails with LD_BUSY', async () => {
    const body = new Uint8Array(6 * 1024 * 1024);
    const fit = Math.floor(maxInFlightBytes / body.length);
    for (let index = 0; index <= fit; index += 1) invoke(`r${index}`, body);
    await events.first(({ event }) => event === 'result');
    expect(pool.runs.all).toHaveLength(fit);
    expect(told('result')).toMatchObject([{ id: `request-r${fit}`, error: { name: 'LiveDebugBusyError' } }]);
  });
});

describe('more than livectl accepts from one stub', () => {
  test('is refused, reported once in a while, and leaves room for others', async () => {
    for (let index = 0; index < maxOfSender + 500; index += 1) invoke(`r${index}`, undefined, 'flood');
    await events.first(({ event }) => event === 'result');
    invoke('other');
    expect(pool.runs.all).toHaveLength(maxOfSender + 1);
    // Every stub gets its answer, the terminal gets one.
    await posts.until(() => types().filter((type) => type === 'error').length === 500);
    expect(told('result')).toMatchObject([{ error: { name: 'LiveDebugBusyError' } }]);
    expect(told('invoke')).toHaveLength(maxOfSender + 2);
    clock.advance(throttleMs);
    expect(told('error')).toEqual([
      {
        event: 'error',
        code: 'LD_BUSY',
        message: `499 more invocations were refused; livectl is already working on ${maxOfSender} invocations of one stub`,
      },
    ]);
  });

  test('256 MB are counted with the heads of invocations, parsed', async () => {
    const headBytes = 1024 * 1024;
    for (let index = 0; index < 70; index += 1) invoke(`r${index}`, undefined, undefined, headBytes);
    expect(pool.runs.all).toHaveLength(Math.floor(maxInFlightBytes / (4 * headBytes + 2)));
    await events.first(({ event }) => event === 'result');
  });
});

describe('draining', () => {
  test('ends at once with nothing in flight', async () => {
    expect(await invocations.drain(10_000)).toBe(0);
    expect(clock.pending).toEqual([]);
  });

  test('waits for what is in flight, and accepts nothing new', async () => {
    invoke('a');
    const drained = invocations.drain(10_000);
    invoke('b');
    invocations.invoke(
      {
        type: 'invoke',
        id: 'a',
        attempt: 2,
        head: {
          requestId: 'request-a',
          function: 'hello',
          instance: 'i',
          replyTo: 'new=',
          sentAt: 0,
          deadline: 1,
          arn: '',
          environment: {},
        },
        body: Buffer.alloc(0),
      },
      channel,
    );
    expect(types()).toEqual(['ack']);
    pool.runs.all[0]?.answer('1');
    expect(await drained).toBe(0);
    expect(pool.runs.all).toHaveLength(1);
    expect(types()).toEqual(['ack', 'result']);
    expect(invocations.counts).toEqual({ invocations: 1, failed: 0 });
    expect(invocations.running).toBe(0);
  });

  test('waits for log lines and for what is added meanwhile', async () => {
    let logged: () => void = () => undefined;
    const logsDrained = new Promise<void>((resolve) => {
      logged = resolve;
    });
    invoke('a');
    const drained = invocations.drain(10_000);
    let over = false;
    void drained.then(() => {
      over = true;
    });
    pool.runs.all[0]?.answer('1', { logsDrained });
    await posts.count(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect([over, told('result').length]).toEqual([false, 0]);
    logged();
    expect(await drained).toBe(0);
    expect(told('result')).toHaveLength(1);
  });

  test('answers the rest with LD_STOPPED at the bound, and reports each once', async () => {
    invoke('slow');
    invoke('slower');
    const drained = invocations.drain(10_000);
    await clock.untilSet(10_000);
    clock.advance(10_000);
    expect(await drained).toBe(2);
    expect(pool.cancelled).toEqual(['request-slow', 'request-slower']);
    expect(types().sort()).toEqual(['ack', 'ack', 'error', 'error']);
    const last = posts.all.at(-1);
    expect(Buffer.from(last?.message.body ?? []).toString()).toContain('LiveDebugStoppedError');
    expect(last?.untilMs).toBe(clock.now() + 2000);
    expect(told('result').map(({ id, error }) => [id, error?.name])).toEqual([
      ['request-slow', 'LiveDebugStoppedError'],
      ['request-slower', 'LiveDebugStoppedError'],
    ]);
    expect(invocations.counts).toEqual({ invocations: 2, failed: 2 });
    expect(invocations.running).toBe(0);
  });

  test('ends even if the relay accepts no post: nothing waits longer than the bounds', async () => {
    invoke('running');
    outcome = () => new Promise(() => undefined);
    invoke('delivering');
    pool.runs.all[1]?.answer('1');
    await posts.first(({ message }) => message.type === 'result');
    const drained = invocations.drain(10_000);
    await clock.untilSet(10_000);
    clock.advance(10_000);
    await clock.untilSet(2000);
    clock.advance(2000);
    expect(await drained).toBe(2);
    expect(told('result')).toHaveLength(2);
    // The answer that was on its way is not overtaken by another.
    expect(
      posts.all.filter(({ message }) => message.id === 'delivering' && message.type !== 'ack'),
    ).toHaveLength(1);
  });

  test('leaves a cancelled run cancelled', async () => {
    pool.cancel = () => undefined;
    invoke('a');
    clock.advance(ackAfterMs);
    invocations.cancel(
      {
        type: 'cancel',
        id: 'a',
        attempt: 2,
        head: { reason: 'deadline' },
        body: Buffer.alloc(0),
      },
      channel,
    );
    const drained = invocations.drain(0);
    await clock.untilSet(0);
    clock.advance(0);
    expect(await drained).toBe(1);
    expect(types()).toEqual(['ack']);
    expect(told('result')).toMatchObject([{ error: { name: 'Sandbox.Timedout' } }]);
  });
});
