// The order of posts over a line of a given rate, with a manual clock: how long large messages take, and small ones wait.
import { describe, expect, test } from 'vitest';
import type { AttemptOptions, PostOutcome } from '../../../protocol/relay-post.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Destination } from '../../src/relay/destination.ts';
import { firstWindowBytes } from '../../src/relay/line.ts';
import { largeAtOnce, PostQueue, smallAtOnce } from '../../src/relay/post-queue.ts';

/** Round trip, and the relay's processing time. */
const roundTripMs = 110;
/** What one connection sends before the next one has its turn. */
const sliceBytes = 4096;

interface Transfer {
  left: number;
  readonly deliver: () => void;
}

/** An uplink that all connections share, as a router with a deep buffer does. */
class Uplink {
  readonly clock = new ManualClock();
  /** Bytes that were sent, including posts that were given up. */
  sentBytes = 0;
  /** Every attempt, in the order of their beginning. */
  readonly begun: { readonly to: string; readonly text: string; readonly at: number }[] = [];
  underWay = 0;
  mostUnderWay = 0;
  /** The relay's answer, if not the default. */
  answer: (text: string) => PostOutcome | string | undefined = () => undefined;
  bytesPerMs: number;
  readonly queue: PostQueue;
  #transfers: Transfer[] = [];
  #isSending = false;

  constructor(megabits: number) {
    this.bytesPerMs = (megabits * 1e6) / 8 / 1000;
    const attempt = (to: string, text: string, options: AttemptOptions) => this.#attempt(to, text, options);
    this.queue = new PostQueue({
      poster: { attempt },
      bulkHttp: undefined,
      clock: this.clock,
      random: () => 1,
    });
  }

  /** Advances the clock until the work is done. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = work.finally(() => {
      done = true;
    });
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (done) return end;
      await this.clock.fireNext();
    }
  }

  /** How long a message of this size takes. */
  async takes(bytes: number, to = 'stub='): Promise<number> {
    const from = this.clock.now();
    expect(await this.until(this.post(bytes, to))).toEqual({ kind: 'delivered' });
    return this.clock.now() - from;
  }

  post(bytes: number, to = 'stub='): Promise<PostOutcome> {
    const { lead, piece } = this.queue.line.cut;
    const texts: string[] = [];
    for (let left = bytes; left > 0; left -= texts.at(-1)?.length ?? 0) {
      // As `encodeMessage` cuts.
      const size = Math.min(piece, lead * 2 ** Math.floor(texts.length / 16));
      texts.push('x'.repeat(Math.min(size, left)));
    }
    return this.queue.post(new Destination(to), texts, this.clock.now() + 600_000);
  }

  /** How long a small message that is posted now takes. */
  async ack(): Promise<number> {
    const from = this.clock.now();
    await this.queue.post(new Destination('ack='), ['ack'.padEnd(250)], from + 600_000);
    return this.clock.now() - from;
  }

  after(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  #attempt(
    to: string,
    text: string,
    { signal, timeoutMs = 0 }: AttemptOptions,
  ): Promise<PostOutcome | string> {
    this.begun.push({ to, text, at: this.clock.now() });
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    return new Promise((resolve) => {
      const end = (outcome: PostOutcome | string) => {
        bound.cancel();
        if (transfer.left === Number.POSITIVE_INFINITY) return;
        transfer.left = Number.POSITIVE_INFINITY;
        this.#transfers = this.#transfers.filter((each) => each !== transfer);
        this.underWay -= 1;
        resolve(outcome);
      };
      const deliver = () =>
        this.clock.after(roundTripMs, () => end(this.answer(text) ?? { kind: 'delivered' }));
      const transfer: Transfer = { left: text.length, deliver };
      const bound = this.clock.after(timeoutMs, () => end('no answer'));
      signal?.addEventListener('abort', () => end({ kind: 'failed', reason: 'aborted' }));
      this.#transfers.push(transfer);
      this.#send();
    });
  }

  #send(): void {
    const next = this.#isSending ? undefined : this.#transfers.shift();
    if (next === undefined) return;
    this.#isSending = true;
    const bytes = Math.min(sliceBytes, next.left);
    this.clock.after(bytes / this.bytesPerMs, () => {
      this.#isSending = false;
      this.sentBytes += bytes;
      if (next.left !== Number.POSITIVE_INFINITY) {
        next.left -= bytes;
        if (next.left > 0) this.#transfers.push(next);
        else next.deliver();
      }
      this.#send();
    });
  }
}

const megabyte = 1e6;

describe('a large message', () => {
  test.each([
    [0.5, 1],
    [1, 2],
    [2, 4.6],
    [20, 6],
    [100, 6],
  ])('over %s Mbit/s takes 1.2 times what its bytes take, and two round trips', async (megabits, size) => {
    const uplink = new Uplink(megabits);
    const bytes = size * megabyte;
    const idealMs = bytes / uplink.bytesPerMs;
    const firstMs = await uplink.takes(bytes);
    // Until the line is known: a round trip for each doubling.
    expect(firstMs).toBeLessThan(1.2 * idealMs + 8 * roundTripMs);
    expect(await uplink.takes(bytes)).toBeLessThan(1.2 * idealMs + 2 * roundTripMs);
    expect(uplink.sentBytes).toBe(2 * bytes);
  });

  test('begins with the bytes of two chunks, and has only a few connections', async () => {
    const uplink = new Uplink(100);
    const first = uplink.post(6 * megabyte);
    await new Promise((resolve) => setImmediate(resolve));
    const bytes = uplink.begun.reduce((sum, { text }) => sum + text.length, 0);
    expect(bytes).toBeLessThanOrEqual(firstWindowBytes + 32 * 1024);
    await uplink.until(first);
    await uplink.takes(6 * megabyte);
    expect(uplink.mostUnderWay).toBe(largeAtOnce);
  });

  test('has less room after 429 and 503, and more when these are over', async () => {
    const uplink = new Uplink(100);
    await uplink.takes(6 * megabyte);
    const before = uplink.queue.line.windowBytes;
    let answered = 0;
    let least = before;
    uplink.answer = () => {
      answered += 1;
      least = Math.min(least, uplink.queue.line.windowBytes);
      return answered % 2 === 1 && answered < 40 ? 'HTTP 429 Rate exceeded' : undefined;
    };
    await uplink.takes(6 * megabyte);
    expect(least).toBeLessThanOrEqual(before / 2);
    await uplink.takes(6 * megabyte);
    expect(uplink.queue.line.windowBytes).toBe(before);
  });

  test('that is still being sent on a line which became slow is given the time', async () => {
    const uplink = new Uplink(2);
    await uplink.takes(megabyte);
    const { sentBytes } = uplink;
    // 32 KB take 16 s, more than the relay is given for an answer.
    uplink.bytesPerMs = 2;
    expect(await uplink.takes(128 * 1024)).toBeLessThan(90_000);
    // A first time-out teaches how slow it is.
    expect(uplink.sentBytes - sentBytes).toBeLessThan(4 * 128 * 1024);
  });

  test('is retried until its deadline, not longer', async () => {
    const uplink = new Uplink(1);
    uplink.answer = () => 'HTTP 503 busy';
    const until = uplink.clock.now() + 5000;
    const texts = ['x'.repeat(20_000), 'x'.repeat(20_000)];
    const posted = uplink.queue.post(new Destination('stub='), texts, until);
    expect(await uplink.until(posted)).toEqual({ kind: 'failed', reason: 'HTTP 503 busy' });
    expect(uplink.clock.now()).toBeLessThanOrEqual(until);
    expect(uplink.queue.line.hasRoom).toBe(true);
  });

  test('to a connection that is gone ends at once', async () => {
    const uplink = new Uplink(1);
    uplink.answer = (text) => (text.length > 1000 ? { kind: 'gone' } : undefined);
    expect(await uplink.until(uplink.post(megabyte))).toEqual({ kind: 'gone' });
    expect(uplink.underWay).toBe(0);
    expect(uplink.sentBytes).toBeLessThan(firstWindowBytes + 32 * 1024);
  });
});

describe('a small message', () => {
  test.each([
    [0.5, 2600, 1400],
    [1, 1500, 900],
    [2, 900, 900],
    [20, 650, 650],
  ])('over %s Mbit/s waits only briefly behind a large one', async (megabits, firstMs, laterMs) => {
    const uplink = new Uplink(megabits);
    const bytes = Math.max(megabyte, megabits * 1e6);
    const large = uplink.post(bytes);
    const waits: number[] = [];
    let isOver = false;
    void large.then(() => {
      isOver = true;
    });
    await uplink.until(
      (async () => {
        while (!isOver) {
          await uplink.after(37);
          waits.push(await uplink.ack());
        }
      })(),
    );
    expect(Math.max(...waits)).toBeLessThan(firstMs);
    expect(Math.max(...waits.slice(waits.length / 2))).toBeLessThan(laterMs);
  });

  test('does not wait for its turn, however many large ones do', async () => {
    const uplink = new Uplink(1);
    const large = Array.from({ length: 40 }, (_, index) => uplink.post(200_000, `stub-${index}=`));
    await uplink.until(uplink.after(5000));
    const before = uplink.begun.length;
    const ack = uplink.ack();
    await new Promise((resolve) => setImmediate(resolve));
    expect(uplink.begun.slice(before).map(({ to }) => to)).toEqual(['ack=']);
    expect(await uplink.until(ack)).toBeLessThan(1000);
    uplink.queue.close();
    await Promise.all(large);
  });

  test('that was not answered, or was under way while the machine slept, takes no time from others', async () => {
    const uplink = new Uplink(20);
    const { clock, queue } = uplink;
    const usualMs = queue.line.timeoutMs(250);
    for (const ms of [usualMs, 8 * 3_600_000]) {
      const passage = queue.line.begin(250);
      clock.jump(ms);
      queue.line.end(passage, 'broken', false);
      expect(queue.line.timeoutMs(250)).toBe(usualMs);
    }
  });

  test('is limited in number as well', async () => {
    const uplink = new Uplink(100);
    const acks = Array.from({ length: 1000 }, () => uplink.ack());
    await uplink.until(Promise.all(acks));
    expect(uplink.mostUnderWay).toBe(smallAtOnce);
  });
});

describe('several large messages', () => {
  test('to different stubs take turns', async () => {
    const uplink = new Uplink(1);
    const first = uplink.post(megabyte, 'a=');
    await uplink.until(uplink.after(1000));
    const from = uplink.clock.now();
    // Of a tenth of the bytes: it need not wait for the other.
    await uplink.until(uplink.post(100_000, 'b='));
    expect(uplink.clock.now() - from).toBeLessThan(3500);
    await uplink.until(first);
  });

  test('end with their destination, and leave the line to the others', async () => {
    const uplink = new Uplink(1);
    const unwanted = new Destination('a=');
    const texts = Array.from({ length: 40 }, () => 'x'.repeat(32 * 1024));
    const posted = uplink.queue.post(unwanted, texts, uplink.clock.now() + 60_000);
    await uplink.until(uplink.after(1000));
    unwanted.close();
    expect(await posted).toMatchObject({ kind: 'failed' });
    expect(await uplink.takes(100_000)).toBeLessThan(2 * (100_000 / uplink.bytesPerMs) + 2 * roundTripMs);
    expect(uplink.begun.filter(({ to }) => to === 'a=').length).toBeLessThan(12);
    expect(await uplink.queue.post(unwanted, ['late'], uplink.clock.now() + 1000)).toMatchObject({
      kind: 'failed',
    });
  });
});

test('posts from before an outage are sent again at once when the link is back; new ones continue', async () => {
  const uplink = new Uplink(1);
  uplink.bytesPerMs = 1e-9;
  const posted = ['answer', 'x'.repeat(20_000)].map((text) =>
    uplink.queue.post(new Destination('a='), [text], uplink.clock.now() + 60_000),
  );
  await uplink.until(uplink.after(8000));
  const late = uplink.queue.post(new Destination('b='), ['late'], uplink.clock.now() + 60_000);
  uplink.bytesPerMs = 125;
  uplink.queue.renew();
  await new Promise((resolve) => setImmediate(resolve));
  expect(uplink.begun.map(({ to, at }) => [to, uplink.clock.now() - at])).toEqual([
    ['a=', 8000],
    ['a=', 8000],
    ['b=', 0],
    ['a=', 0],
    ['a=', 0],
  ]);
  uplink.queue.close();
  await Promise.all([...posted, late]);
  expect(uplink.queue.line.hasRoom).toBe(true);
});

test('a closed queue ends all current and waiting posts, and accepts no more', async () => {
  const uplink = new Uplink(1);
  uplink.answer = (text) => (text.startsWith('again') ? 'HTTP 503 busy' : undefined);
  const large = uplink.post(megabyte);
  const retried = uplink.queue.post(new Destination('b='), ['again'], uplink.clock.now() + 60_000);
  await uplink.until(uplink.after(500));
  uplink.queue.close();
  expect(await Promise.all([large, retried])).toEqual([
    { kind: 'failed', reason: 'the link to the relay is closed' },
    { kind: 'failed', reason: 'the link to the relay is closed' },
  ]);
  const { length } = uplink.begun;
  expect(await uplink.post(100)).toMatchObject({ kind: 'failed' });
  await uplink.until(uplink.after(10_000));
  expect(uplink.begun).toHaveLength(length);
});
