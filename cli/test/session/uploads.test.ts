// An answer under way: sent once, whatever its stub asks in between, and to the stub's current connection.
import { beforeEach, describe, expect, test } from 'vitest';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { Message, MessageHead, MessageType } from '../../../protocol/message.ts';
import type { PostOutcome } from '../../../protocol/relay-post.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Destination } from '../../src/relay/destination.ts';
import type { PostOptions } from '../../src/relay/outbox.ts';
import { Invocations } from '../../src/session/invocations.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { FakePool } from './fake-pool.ts';
import { Recorder } from './recorder.ts';

interface Post {
  readonly to: Destination;
  readonly message: Message;
  readonly options: PostOptions;
  readonly end: (outcome: PostOutcome) => void;
}

const channel = { enc: 'e' } as Channel;
const cut = { whole: 1, lead: 2, piece: 3 };
const nothing = new Uint8Array();

let clock: ManualClock;
let pool: FakePool;
let posts: Recorder<Post>;
let events: Recorder<SessionEvent>;
let invocations: Invocations;
/** Chunks of every answer. */
let chunks: number;

beforeEach(() => {
  clock = new ManualClock();
  pool = new FakePool();
  posts = new Recorder();
  events = new Recorder();
  chunks = 3;
  const post = <T extends MessageType>(
    given: Destination | string,
    _channel: Channel,
    message: Message<T>,
    _untilMs: number,
    options: PostOptions = {},
  ) =>
    new Promise<PostOutcome>((end) => {
      const to = typeof given === 'string' ? new Destination(given) : given;
      to.onClose(() => end({ kind: 'failed', reason: 'closed' }));
      options.onSealed?.({ texts: Array.from({ length: chunks }, () => ''), cut });
      posts.add({ to, message: message as Message, options, end });
    });
  invocations = new Invocations({
    link: { post },
    pool,
    clock,
    skew: new ClockSkew(),
    functions: new Map([['hello', { timeout: 30 }]]),
    holders: { of: () => undefined, read: async () => undefined },
    builds: { of: () => ({ state: 'good' }) },
    variables: { of: (_name, sent) => sent },
    onEvent: (event) => events.add(event),
  });
});

function invoke(attempt = 1, head: Partial<MessageHead<'invoke'>> = {}): void {
  const now = clock.now();
  const whole = {
    requestId: 'r',
    function: 'hello',
    instance: 'i',
    replyTo: 'old=',
    sentAt: now,
    deadline: now + 60_000,
    arn: 'arn',
    environment: {},
    ...head,
  };
  invocations.invoke({ type: 'invoke', id: 'c', attempt, head: whole, body: Buffer.from('{}') }, channel);
}

function probe(attempt: number, head: Partial<MessageHead<'probe'>> = {}): void {
  invocations.probe(
    { type: 'probe', id: 'c', attempt, head: { replyTo: 'old=', ...head }, body: nothing },
    channel,
  );
}

/** What was posted, e.g. `result 1 to old=`; with chunks where not all of them. */
function sent(): string[] {
  return posts.all.map(({ message: { attempt, head, type }, options, to }) => {
    const what = type === 'part' ? `part #${(head as MessageHead<'part'>).index}` : type;
    const some = options.chunks ? ` chunks ${[...options.chunks]}` : '';
    return type === 'ack' ? `ack to ${to.connectionId}` : `${what} ${attempt}${some} to ${to.connectionId}`;
  });
}

/** An invocation whose answer is under way; what its stub was sent so far is discarded. */
async function answered(): Promise<Post> {
  pool.onRun = (run) => run.answer('"large"');
  invoke();
  const post = await posts.first(({ message }) => message.type === 'result');
  posts.all.length = 0;
  return post;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('an answer', () => {
  test('of more than one chunk is acknowledged ahead, since it only counts as a whole', async () => {
    pool.onRun = (run) => run.answer('"large"');
    invoke();
    await posts.first(({ message }) => message.type === 'result');
    expect(sent()).toEqual(['ack to old=', 'result 1 to old=']);
  });

  test('of one chunk is its own ack, unless it takes a second', async () => {
    chunks = 1;
    pool.onRun = (run) => run.answer('1');
    invoke();
    await posts.first(({ message }) => message.type === 'result');
    clock.advance(999);
    expect(sent()).toEqual(['result 1 to old=']);
    clock.advance(1);
    expect(sent()).toEqual(['result 1 to old=', 'ack to old=']);
  });

  test('under way is not sent a second time when its stub asks, or sends the invocation again', async () => {
    await answered();
    probe(2);
    invoke(3);
    expect(sent()).toEqual(['ack to old=', 'ack to old=']);
  });

  test('continues at the stub’s next connection, with the chunks that the stub lacks', async () => {
    const first = await answered();
    probe(2, { replyTo: 'new=', lacks: { attempt: 1, chunks: [0, 2] } });
    expect(first.to.isClosed).toBe(true);
    expect(sent()).toEqual(['ack to new=', 'result 1 chunks 0,2 to new=']);
    expect(posts.all[1]?.options.cut).toEqual(cut);
    await settled();
    expect(events.all.filter(({ event }) => event === 'error')).toEqual([]);
  });

  test('is sent whole to a stub that has none of it, or does not say', async () => {
    await answered();
    probe(2, { replyTo: 'new=' });
    expect(sent()).toEqual(['result 3 to new=']);
    posts.all.length = 0;
    probe(3, { replyTo: 'newer=', lacks: { attempt: 1, chunks: [0] } });
    expect(sent()).toEqual([expect.stringMatching(/^result \d to newer=$/)]);
  });

  test('whose connection was gone continues where it broke off', async () => {
    const first = await answered();
    first.end({ kind: 'gone' });
    await settled();
    probe(2, { replyTo: 'new=', lacks: { attempt: 1, chunks: [1] } });
    expect(sent()).toEqual(['ack to new=', 'result 1 chunks 1 to new=']);
  });

  test('that the relay has accepted is sent again as far as the stub lacks it, but not when the question crossed it', async () => {
    const first = await answered();
    first.end({ kind: 'delivered' });
    await settled();
    probe(2, { lacks: { attempt: 1, chunks: [2] } });
    expect(sent()).toEqual(['ack to old=']);
    clock.advance(2000);
    probe(3, { lacks: { attempt: 1, chunks: [2] } });
    expect(sent().slice(1)).toEqual(['ack to old=', 'result 1 chunks 2 to old=']);
  });

  test('that nobody waits for any more ends', async () => {
    const first = await answered();
    invocations.cancel(
      { type: 'cancel', id: 'c', attempt: 2, head: { reason: 'deadline' }, body: nothing },
      channel,
    );
    expect(first.to.isClosed).toBe(true);
    await settled();
    expect(events.all.filter(({ event }) => event === 'error')).toEqual([]);
  });
});

test('a streamed response continues at the stub’s next connection with what was not passed on', async () => {
  invoke(1, { streams: true });
  const run = await pool.runs.next();
  void run.invocation.responseSink?.(Buffer.alloc(150_000), 'text/plain');
  const [first] = posts.all;
  probe(2);
  probe(3, { replyTo: 'new=', parts: 1 });
  expect(first?.to.isClosed).toBe(true);
  await settled();
  expect(sent()).toEqual([
    'part #0 1 to old=',
    'part #1 2 to old=',
    'ack to old=',
    'part #1 4 to new=',
    'ack to new=',
  ]);
  expect(events.all.filter(({ event }) => event === 'error')).toEqual([]);
});
