// One stream on a line of 100 Mbit/s, in simulated time: how much of the line's rate it has, and how long its queue is.
import { expect, it } from 'vitest';
import { largePostsAtOnce } from '../../tunnel/limits.ts';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { farEnd, type LineOptions, LineSimulation, request, send, type Way } from './line-simulation.ts';

const line: LineOptions = { rate: 100_000_000, delayMs: 20, postMs: 10 };
const megabytes = 25;
const transfers = 3;

/** Bytes on one stream, one way and then again. */
class Copies {
  readonly sim: LineSimulation;
  readonly stream: TunnelStream;
  #awaited = 0;
  #done: () => void = () => undefined;

  constructor(options: LineOptions) {
    this.sim = new LineSimulation(options, farEnd);
    this.stream = this.sim.client.open('db.internal', 5432);
    this.stream.on('error', () => undefined);
    this.stream.on('data', (bytes: Buffer) => {
      this.#awaited -= bytes.length;
      if (this.#awaited <= 0) this.#done();
    });
  }

  /** Milliseconds from the request until the last byte is where it goes to, and this end knows it. */
  async time(way: Way, count: number): Promise<number> {
    const began = this.sim.clock.now();
    this.#awaited = way === 'down' ? count : 1;
    const done = new Promise<void>((resolve) => {
      this.#done = resolve;
    });
    this.stream.write(request(way, count));
    // It ends with the stream.
    if (way === 'up') void send(this.stream, count).catch(() => undefined);
    await this.sim.until(done);
    return this.sim.clock.now() - began;
  }
}

const median = (times: readonly number[]) =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

// The bytes alone take 2390 ms, and a post there and back 60 ms. 2500 ms are 80 % of the rate.
it.each([
  { where: 'nothing comes between', stallMs: () => 0, limitMs: 2500 },
  {
    where: 'each post takes up to 12 ms more',
    stallMs: (_: number, post: number) => (post * 7919) % 13,
    limitMs: 2500,
  },
  // Processes of a machine that has too much to do.
  {
    where: 'each takes up to 80 ms more',
    stallMs: (_: number, post: number) => (post * 7919) % 80,
    limitMs: 3200,
  },
  {
    where: 'half of all take 100 ms more',
    stallMs: (_: number, post: number) => (((post * 7919) % 97) % 2) * 100,
    limitMs: 3200,
  },
  {
    where: 'the first posts open their connections',
    stallMs: (_: number, post: number) => (post < 14 ? 100 : 0),
    limitMs: 2500,
  },
  // A tenth of the time, less what the queue of 60 ms bridges.
  {
    where: 'none leaves for 100 ms of each second',
    stallMs: (now: number) => Math.max(0, 100 - (now % 1000)),
    limitMs: 2650,
  },
  {
    where: 'one of ten takes 180 ms more',
    stallMs: (_: number, post: number) => (post % 10 === 0 ? 180 : 0),
    limitMs: 2750,
  },
])('fills the line and leaves a short queue where $where', async ({ limitMs, stallMs }) => {
  for (const way of ['down', 'up'] as const) {
    const copies = new Copies({ ...line, stallMs });
    await copies.time(way, 2_000_000);
    copies.sim.takeBacklog(way);
    const times: number[] = [];
    for (let count = 0; count < transfers; count += 1)
      times.push(await copies.time(way, megabytes * 1_000_000));
    expect(median(times), way).toBeLessThanOrEqual(limitMs);
    expect(copies.sim.takeBacklog(way), way).toBeLessThan(200);
    copies.sim.close();
  }
});

it('has soon left the queue short when the line has become ten times slower', async () => {
  const copies = new Copies(line);
  await copies.time('down', megabytes * 1_000_000);
  const { sim } = copies;
  sim.rate = line.rate / 10;
  const copying = copies.time('down', 10_000_000);
  await sim.run(3000);
  sim.takeBacklog('down');
  await sim.until(copying);
  expect(sim.takeBacklog('down')).toBeLessThan(300);
  sim.close();
});

it('takes all posts but two for a copy that stalls, so that a query leaves at once', async () => {
  let isStalled = false;
  let large = 0;
  const stallMs = (_: number, __: number, bytes: number) => {
    if (!isStalled || bytes < 8 * 1024) return 0;
    large += 1;
    return 5000;
  };
  const copies = new Copies({ ...line, stallMs });
  const { sim } = copies;
  const query = sim.client.open('db.internal', 5432);
  let answered: () => void = () => undefined;
  let answeredAt = 0;
  query.on('data', () => {
    answeredAt = sim.clock.now();
    answered();
  });
  for (const stream of [query, copies.stream]) stream.on('error', () => undefined);
  void copies.time('up', 100_000_000).catch(() => undefined);
  await sim.run(3000);
  isStalled = true;
  await sim.run(1000);
  expect(large).toBe(largePostsAtOnce);
  for (let count = 0; count < 20; count += 1) {
    const began = sim.clock.now();
    const answer = new Promise<void>((resolve) => {
      answered = resolve;
    });
    query.write(request('down', 100));
    await sim.until(answer);
    // There and back, and two posts.
    expect(answeredAt - began).toBeLessThanOrEqual(61);
  }
  expect(large).toBe(largePostsAtOnce);
  sim.close();
});
