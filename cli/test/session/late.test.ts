// Nothing begins after its caller got an error: old, recorded or another client's invocations do not run; new ones do.
import { beforeEach, describe, expect, test } from 'vitest';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { Message, MessageHead, MessageType } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { Destination } from '../../src/relay/destination.ts';
import { maxRunsOfSender } from '../../src/session/answers.ts';
import { maxHeld } from '../../src/session/doubts.ts';
import { Invocations } from '../../src/session/invocations.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { FakePool } from './fake-pool.ts';
import { Recorder } from './recorder.ts';

function channelOf(enc: string): Channel {
  return { enc, secretId: undefined, understands: [], seal: () => Buffer.alloc(0), open: () => undefined };
}
const channel = channelOf('stub-1');

let clock: ManualClock;
let skew: ClockSkew;
let pool: FakePool;
let posts: Recorder<{ to: string; message: Message }>;
let events: Recorder<SessionEvent>;
let invocations: Invocations;
/** Who holds `hello`, as is believed and as the directory says. */
let holder: { believed: boolean; true: boolean };
/** How far AWS's clock is ahead. */
let aheadMs: number;

beforeEach(() => {
  clock = new ManualClock();
  skew = new ClockSkew();
  pool = new FakePool();
  posts = new Recorder();
  events = new Recorder();
  holder = { believed: false, true: false };
  aheadMs = 0;
  invocations = new Invocations({
    link: {
      post: async <T extends MessageType>(
        to: Destination | string,
        _channel: Channel,
        message: Message<T>,
      ) => {
        posts.add({ to: typeof to === 'string' ? to : to.connectionId, message: message as Message });
        return { kind: 'delivered' };
      },
    },
    pool,
    clock,
    skew,
    functions: new Map([['hello', { timeout: 3 }]]),
    holders: {
      of: () => (holder.believed ? { user: 'bob', host: 'bob-laptop' } : undefined),
      read: async () => {
        holder.believed = holder.true;
      },
    },
    builds: { of: () => ({ state: 'good' }) },
    variables: { of: (_name, sent) => sent },
    onEvent: (event) => events.add(event),
  });
  answerOfAws();
});

/** AWS answers a request, within 20 ms, in whole seconds. */
function answerOfAws(): void {
  const sentMs = clock.now() - 20;
  skew.answered(Math.floor((sentMs + 10 + aheadMs) / 1000) * 1000, sentMs, clock.now());
}

interface Sent {
  readonly id?: string;
  readonly attempt?: number;
  /** How long ago, in milliseconds. */
  readonly ago?: number;
  readonly head?: Partial<MessageHead<'invoke'>>;
  readonly from?: Channel;
}

const understands = ['asks', 'moved'];

function invokeOf({ id = 'i', attempt = 1, ago = 0, head = {} }: Sent = {}): Message<'invoke'> {
  const sentAt = clock.now() + aheadMs - ago;
  const whole = {
    requestId: `request-${id}`,
    function: 'hello',
    instance: 'i',
    replyTo: 'stub=',
    sentAt,
    deadline: sentAt + 900_000,
    ackBy: sentAt + 3000,
    understands,
    arn: 'arn',
    environment: {},
    ...head,
  };
  return { type: 'invoke', id, attempt, head: whole, body: Buffer.from('{}') };
}

function invoke(sent: Sent = {}): Message<'invoke'> {
  const message = invokeOf(sent);
  invocations.invoke(message, sent.from ?? channel);
  return message;
}

function probe(id = 'i', attempt = 2, replyTo = 'stub='): void {
  invocations.probe({ type: 'probe', id, attempt, head: { replyTo }, body: Buffer.alloc(0) }, channel);
}

const told = (name: SessionEvent['event']) => events.all.filter(({ event }) => event === name);
const posted = () => posts.all.map(({ message: { attempt, head, type } }) => [type, attempt, head]);
const settled = () => new Promise((resolve) => setImmediate(resolve));
const asked = ['ack', 1, { asks: true }];

describe('an invocation that arrives', () => {
  test.each([0, 500, 1000])('%d ms after it was sent begins at once, without a question', (ago) => {
    invoke({ ago });
    expect(pool.runs.all).toHaveLength(1);
    expect(posts.all).toEqual([]);
  });

  test.each([-600_000, 600_000])('in time begins if AWS’s clock is %d ms ahead of this one', (ms) => {
    aheadMs = ms;
    answerOfAws();
    invoke({ ago: 200 });
    expect(pool.runs.all).toHaveLength(1);
    expect(posts.all).toEqual([]);
  });

  test('when its deadline is past is not run, and reported once', async () => {
    for (const [attempt, ago] of [40_000, 37_000].entries())
      invoke({ attempt: attempt + 1, ago, head: { deadline: clock.now() - 30_000 } });
    await settled();
    expect(pool.runs.all).toEqual([]);
    expect(posts.all).toEqual([]);
    const [late, ...more] = events.all;
    expect(late).toMatchObject({ event: 'late', id: 'request-i', function: 'hello' });
    expect((late as { late_ms: number }).late_ms).toBeGreaterThanOrEqual(39_000);
    expect(more).toEqual([]);
  });

  test('late begins when its stub confirms that it still waits, and is answered at the stub’s current connection', async () => {
    invoke({ ago: 20_000 });
    await settled();
    expect(posted()).toEqual([asked]);
    expect(pool.runs.all).toEqual([]);
    probe('i', 2, 'new=');
    const run = await pool.runs.next();
    // 900 s after it was sent, which is 20 s ago.
    expect(run.invocation.deadlineMs).toBeLessThanOrEqual(clock.now() + 881_000);
    run.answer('1');
    await events.until(() => told('result').length === 1);
    const { message, to } = posts.all.at(-1) ?? {};
    expect([to, message?.type, message?.attempt]).toEqual(['new=', 'result', 3]);
    expect(told('late')).toEqual([]);
  });

  test.each([
    ['answers such questions', understands, 4000],
    ['is of version 0.1.0', undefined, 15_000],
  ])('late is given up if a stub that %s does not answer', async (_name, abilities, boundMs) => {
    const { ackBy, understands: _, ...head } = invokeOf({ ago: 20_000 }).head;
    const old = abilities === undefined ? { ackBy: undefined, understands: undefined } : { ackBy };
    invoke({ ago: 20_000, head: { ...head, ...old } });
    await settled();
    expect(posted()).toEqual([asked]);
    clock.advance(boundMs - 1);
    expect(told('late')).toEqual([]);
    clock.advance(1);
    expect(told('late')).toHaveLength(1);
    // Its stub asks about it after all: nothing is known of it.
    probe();
    await settled();
    expect(pool.runs.all).toEqual([]);
    expect(posts.all.at(-1)?.message.type).toBe('error');
  });

  test('late is given up when its stub says so', async () => {
    invoke({ ago: 20_000 });
    invocations.cancel(
      {
        type: 'cancel',
        id: 'i',
        attempt: 3,
        head: { reason: 'shutdown', code: 'LD_NO_ACK' },
        body: Buffer.alloc(0),
      },
      channel,
    );
    expect(told('late')).toHaveLength(1);
    invoke();
    expect(pool.runs.all).toEqual([]);
  });

  test.each([
    ['while it is held', (cancel: () => void) => [() => invoke({ ago: 20_000 }), cancel]],
    ['before it is there', (cancel: () => void) => [cancel, () => invoke()]],
  ])('that another livectl has is reported as such, if its stub says so %s', async (_name, inOrder) => {
    const cancel = () => {
      const head = { reason: 'shutdown', code: 'LD_DISPLACED' } as const;
      invocations.cancel({ type: 'cancel', id: 'i', attempt: 3, head, body: Buffer.alloc(0) }, channel);
    };
    for (const step of inOrder(cancel)) step();
    invoke({ attempt: 2 });
    await settled();
    expect(told('late')).toEqual([expect.objectContaining({ function: 'hello', elsewhere: true })]);
    expect(pool.runs.all).toEqual([]);
  });

  test('late and is sent again in time begins with the second sending', async () => {
    invoke({ ago: 5000 });
    await settled();
    invoke({ attempt: 2 });
    expect(pool.runs.all).toHaveLength(1);
    clock.advance(20_000);
    expect(told('late')).toEqual([]);
  });

  test('late by the hundreds is held within a limit', async () => {
    for (let index = 0; index <= maxHeld; index += 1) invoke({ id: `i${index}`, ago: 20_000 });
    expect(told('late')).toMatchObject([{ id: 'request-i0' }]);
  });

  test('from tomorrow, as a forged one may claim, is asked about and moves no clock', async () => {
    skew.watch((leastMs) => events.add({ event: 'clock_skew', ahead_ms: leastMs }));
    const before = skew.bounds;
    for (const claimed of [8.6e15, clock.now() + 86_400_000])
      invoke({ id: `i${claimed}`, head: { sentAt: claimed, deadline: 8.6e15, ackBy: claimed } });
    await settled();
    expect(pool.runs.all).toEqual([]);
    expect(posted()).toEqual([asked, asked]);
    expect(skew.bounds).toEqual(before);
    expect(told('clock_skew')).toEqual([]);
  });
});

describe('after this machine slept', () => {
  test('each stub is asked, until AWS’s time is known', async () => {
    clock.jump(30_000);
    invocations.doubtClocks();
    // Sent while it slept, and just now.
    invoke({ id: 'old', ago: 25_000, head: { deadline: clock.now() - 20_000 } });
    invoke({ id: 'new' });
    await settled();
    expect(posted()).toEqual([asked, asked]);
    expect(pool.runs.all).toEqual([]);
    answerOfAws();
    invocations.reconsider();
    expect(pool.runs.all.map(({ invocation }) => invocation.id)).toEqual(['request-new']);
    expect(told('late')).toMatchObject([{ id: 'request-old' }]);
    invoke({ id: 'next' });
    expect(pool.runs.all).toHaveLength(2);
  });

  test('and its clock was set on waking, what is in time does not count as old', async () => {
    // The clock went on wrong by an hour; what was known of the difference would make everything old.
    clock.jump(3_600_000);
    aheadMs = -3_600_000;
    invocations.doubtClocks();
    invoke();
    await settled();
    expect(told('late')).toEqual([]);
    answerOfAws();
    invocations.reconsider();
    expect(pool.runs.all).toHaveLength(1);
  });
});

describe('a recorded invocation', () => {
  const short = { deadline: 0 };
  beforeEach(() => {
    short.deadline = clock.now() + 3000;
  });

  test('does not run again, however many others have come since', async () => {
    pool.onRun = (run) => run.answer('1');
    const recorded = invoke({ id: 'recorded' });
    for (let index = 0; index < 3 * maxRunsOfSender; index += 1) {
      clock.jump(1);
      invoke({ id: `same-${index}` });
      invoke({ id: `other-${index}`, from: channelOf(`stub-${index % 7}`) });
      if (index % 1000 === 0) await settled();
    }
    await settled();
    const count = pool.runs.all.length;
    invocations.invoke(recorded, channel);
    await settled();
    expect(pool.runs.all).toHaveLength(count);
  });

  test('does not run again after its deadline, though its id is forgotten', async () => {
    pool.onRun = (run) => run.answer('1');
    const recorded = invoke({ id: 'recorded', head: short });
    await events.until(() => told('result').length === 1);
    for (const waitMs of [70_000, 70_000, 86_400_000]) {
      clock.jump(waitMs);
      answerOfAws();
      invoke({ id: `then-${waitMs}-${clock.now()}` });
      const count = pool.runs.all.length;
      invocations.invoke(recorded, channel);
      await settled();
      expect(pool.runs.all).toHaveLength(count);
    }
    expect(told('late')).toHaveLength(1);
  });
});

describe('an invocation that is not this client’s', () => {
  test('because it stops is passed on at once, to a stub that understands that', async () => {
    void invocations.drain(1000);
    invoke();
    invoke({ id: 'old stub', head: { understands: undefined } });
    await settled();
    expect(posted()).toEqual([['moved', 1, { reason: 'stopping' }]]);
    expect(pool.runs.all).toEqual([]);
  });

  test('because another one holds the function is passed on, once the directory says so too', async () => {
    holder = { believed: true, true: true };
    invoke();
    await settled();
    expect(posted()).toEqual([['moved', 1, { reason: 'not-held' }]]);
    expect(pool.runs.all).toEqual([]);
  });

  test('any more is run when the directory shows that the holder has gone', async () => {
    holder = { believed: true, true: false };
    invoke();
    invoke({ attempt: 2 });
    await settled();
    expect(pool.runs.all).toHaveLength(1);
    expect(posts.all.filter(({ message }) => message.type === 'moved')).toEqual([]);
  });
});
