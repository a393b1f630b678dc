// The rules of the tunnel's link, one by one: limits, windows, half-closes, refusals, peers that break rules, ends.
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PostOutcome } from '../../relay-post.ts';
import { BatchWriter, type ControlFrame, type Frame, parseBatch } from '../../tunnel/frames.ts';
import { firstWindowBytes, largestWindowBytes, maxStreams, unsentBytes } from '../../tunnel/limits.ts';
import { TunnelLink } from '../../tunnel/link.ts';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { ManualClock } from '../manual-clock.ts';
import { noise } from '../payloads.ts';
import { noFaults, Simulation } from './simulation.ts';

const line = { ...noFaults, postMs: 20, arriveMs: 20 };

function accept(stream: TunnelStream): void {
  stream.on('error', () => undefined);
  stream.accept('10.0.0.1:5432');
}

function echo(stream: TunnelStream): void {
  accept(stream);
  stream.pipe(stream);
}

/** Streams that the function has, in the order in which they were opened. */
function collecting(): { streams: TunnelStream[]; onOpen: (stream: TunnelStream) => void } {
  const streams: TunnelStream[] = [];
  const onOpen = (stream: TunnelStream) => {
    accept(stream);
    streams.push(stream);
  };
  return { streams, onOpen };
}

async function openOne(sim: Simulation): Promise<TunnelStream> {
  const stream = sim.links.client.open('db.internal', 5432);
  stream.on('error', () => undefined);
  await sim.until(stream.opened);
  return stream;
}

describe('streams', () => {
  it('are opened before the function is there, as soon as it is', async () => {
    const sim = new Simulation(1, { ...noFaults, arriveMs: 2000 }, echo);
    const stream = await openOne(sim);
    expect(await stream.opened).toEqual({ address: '10.0.0.1:5432' });
    sim.close();
  });

  it('are 256 at once; the next one is refused with `limit`, and opened when another has ended', async () => {
    const sim = new Simulation(2, line, echo);
    const streams = await Promise.all(Array.from({ length: maxStreams }, () => openOne(sim)));
    const refused = sim.links.client.open('db.internal', 5432);
    await expect(refused.opened).rejects.toMatchObject({ code: 'limit', errno: 'EMFILE' });
    expect(refused.destroyed).toBe(true);
    streams[7]?.destroy();
    await openOne(sim);
    expect(sim.links.client.stats.streams).toBe(maxStreams);
    sim.close();
  });

  it('beyond 256 are refused by the function, whatever the other end counts', async () => {
    const opened: TunnelStream[] = [];
    const { answers, link } = functionAlone((stream) => opened.push(stream.on('error', () => undefined)));
    for (let from = 1; from <= 300; from += 100)
      link.receive(batch(from, ...range(from, Math.min(from + 99, 300)).map((stream) => openFrame(stream))));
    await settled();
    expect(opened).toHaveLength(maxStreams);
    const refusals = answers().filter((frame) => frame.type === 'refused');
    expect(refusals).toHaveLength(300 - maxStreams);
    expect(refusals[0]).toMatchObject({ code: 'limit' });
    link.close('done');
  });

  it('are not opened again by a repeated or late `open`, nor by a number that was used', async () => {
    const opened: TunnelStream[] = [];
    const { link } = functionAlone((stream) => opened.push(stream.on('error', () => undefined)));
    link.receive(batch(1, openFrame(1)));
    link.receive(batch(2, openFrame(1)));
    opened[0]?.destroy();
    link.receive(batch(3, openFrame(1)));
    link.receive(batch(1, openFrame(9)));
    expect(opened.map(({ id }) => id)).toEqual([1]);
    link.close('done');
  });

  it('that are destroyed are reset at the function, also while their `open` counts as lost', async () => {
    for (const isAnswered of [true, false]) {
      const clock = new ManualClock();
      const posts: { bytes: Buffer; end: (outcome: PostOutcome) => void }[] = [];
      const link = new TunnelLink({
        side: 'client',
        clock,
        batchBytes: 16 * 1024,
        post: (bytes) => new Promise((end) => posts.push({ bytes, end })),
      });
      link.receive(batch(1, { type: 'hello', connectionId: 'function', remainingMs: 1, version: '1' }));
      const stream = link.open('db.internal', 5432);
      await settled();
      expect(framesOf(posts[0]?.bytes ?? Buffer.alloc(0)).map(({ type }) => type)).toContain('open');
      // It has arrived, though its post failed.
      if (isAnswered) link.receive(batch(2, { type: 'opened', stream: 1, address: '10.0.0.1:5432' }));
      posts[0]?.end({ kind: 'failed', reason: 'ETIMEDOUT' });
      await settled();
      stream.destroy();
      clock.advance(50);
      await settled();
      expect(posts.slice(1).flatMap(({ bytes }) => framesOf(bytes))).toContainEqual({
        type: 'reset',
        stream: 1,
        code: 'closed',
      });
      link.close('done');
    }
  });

  it('are not opened by an `open` that arrives after their reset', async () => {
    const opened: TunnelStream[] = [];
    const { link } = functionAlone((stream) => opened.push(stream));
    link.receive(batch(2, { type: 'reset', stream: 1, code: 'closed' }));
    link.receive(batch(1, openFrame(1)));
    link.receive(batch(3, openFrame(2)));
    expect(opened.map(({ id }) => id)).toEqual([2]);
    opened[0]?.on('error', () => undefined);
    link.close('done');
  });

  it.each([
    ['', 5432],
    ['a host', 5432],
    ['höst', 5432],
    ['a'.repeat(254), 5432],
    ['db.internal', 0],
    ['db.internal', 65_536],
    ['db.internal', 1.5],
  ])('to %j and port %d are refused here', async (host, port) => {
    const sim = new Simulation(3, line, echo);
    await expect(sim.links.client.open(host, port).opened).rejects.toMatchObject({ code: 'unresolved' });
    sim.close();
  });

  it('that the function does not answer are refused with `timeout` after 30 s, and end there', async () => {
    const opened: TunnelStream[] = [];
    const sim = new Simulation(4, line, (stream) => {
      stream.on('error', () => undefined);
      opened.push(stream);
    });
    const began = sim.clock.now();
    const { opened: answer } = sim.links.client.open('db.internal', 5432);
    await expect(sim.until(answer)).rejects.toMatchObject({ code: 'timeout', errno: 'ETIMEDOUT' });
    expect(sim.clock.now() - began).toBe(30_000);
    await sim.run(1000);
    expect(opened[0]?.destroyed).toBe(true);
    expect(sim.links.function.stats.streams).toBe(0);
    sim.close();
  });

  it('carry the refusal of the function, cut to its bound', async () => {
    const sim = new Simulation(5, line, (stream) => stream.refuse('not-allowed', '€'.repeat(5000)));
    const { opened } = sim.links.client.open('db.internal', 5432);
    await expect(sim.until(opened)).rejects.toMatchObject({
      code: 'not-allowed',
      errno: 'EACCES',
      message: '€'.repeat(333),
    });
    await sim.run(1000);
    expect(sim.links.function.stats.streams).toBe(0);
    sim.close();
  });

  it('half-close in both directions, in either order', async () => {
    for (const clientFirst of [true, false]) {
      const { onOpen, streams } = collecting();
      const sim = new Simulation(6, line, onOpen);
      const here = await openOne(sim);
      const there = streams[0] as TunnelStream;
      const [first, second] = clientFirst ? [here, there] : [there, here];
      first.end('a question');
      expect(await sim.until(textOf(second))).toBe('a question');
      second.end('an answer');
      expect(await sim.until(textOf(first))).toBe('an answer');
      await sim.run(1000);
      expect(sim.links.client.stats).toMatchObject({ streams: 0, bytesIn: 9 + (clientFirst ? 0 : 1) });
      sim.close();
    }
  });
});

describe('windows', () => {
  it.each(['client', 'function'] as const)(
    'hold a writer whose reader does not read, at the %s',
    async (side) => {
      const { onOpen, streams } = collecting();
      const sim = new Simulation(7, line, onOpen);
      const here = await openOne(sim);
      const there = streams[0] as TunnelStream;
      const [writer, reader] = side === 'client' ? [here, there] : [there, here];
      const chunk = noise(64 * 1024, 1);
      let written = 0;
      const write = () => {
        do written += chunk.length;
        while (writer.write(chunk));
      };
      writer.on('drain', write);
      write();
      await sim.run(60_000);
      const inReader = reader.flow.in.held + reader.readableLength;
      expect(inReader).toBe(firstWindowBytes);
      expect(writer.flow.out.held).toBeLessThanOrEqual(firstWindowBytes + unsentBytes);
      expect(written).toBeLessThanOrEqual(firstWindowBytes + unsentBytes + 3 * chunk.length);
      // Other streams go on.
      const other = await openOne(sim);
      other.write('a query');
      await sim.until(once(streams[1] as TunnelStream, 'readable'));
      // And this one, when its reader reads.
      reader.resume();
      await sim.run(5000);
      expect(written).toBeGreaterThan(20 * firstWindowBytes);
      sim.close();
    },
  );

  it('grow for a fast reader, up to 4 MB, and never above', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(8, line, onOpen);
    const writer = await openOne(sim);
    const reader = streams[0] as TunnelStream;
    reader.resume();
    const write = () => {
      while (writer.write(noise(64 * 1024, 2)));
    };
    writer.on('drain', write);
    write();
    await sim.run(10_000);
    reader.pause();
    await sim.run(10_000);
    const held = reader.flow.in.held + reader.readableLength;
    expect(held).toBeGreaterThan(largestWindowBytes / 2);
    expect(held).toBeLessThanOrEqual(largestWindowBytes);
    sim.close();
  });

  it('take one byte at a time without a memory of its own for each', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(9, line, onOpen);
    const writer = await openOne(sim);
    for (let count = 0; count < 20_000; count += 1) writer.write('x');
    writer.end();
    await sim.run(1000);
    const reader = streams[0] as TunnelStream;
    expect((await sim.until(buffer(reader))).length).toBe(20_000);
    sim.close();
  });
});

describe('a peer that breaks the rules', () => {
  it('by data past its window resets that stream only', async () => {
    const opened: TunnelStream[] = [];
    const { answers, link } = functionAlone((stream) => {
      accept(stream);
      opened.push(stream);
    });
    link.receive(batch(1, openFrame(1), openFrame(2)));
    link.receive(dataBatch(2, 1, firstWindowBytes - 5, 10));
    link.receive(dataBatch(3, 2, 0, 10));
    await settled();
    expect(answers()).toContainEqual({ type: 'reset', stream: 1, code: 'protocol' });
    expect(opened[0]?.errored).toMatchObject({ reason: 'protocol' });
    expect(opened[1]?.destroyed).toBe(false);
    expect(opened[1]?.read()?.length).toBe(10);
    link.close('done');
  });

  it.each<[string, readonly (readonly [number, 'data' | 'half-close', number?])[]]>([
    [
      'an end before its data',
      [
        [100, 'data', 10],
        [50, 'half-close'],
      ],
    ],
    [
      'two ends',
      [
        [0, 'data', 10],
        [20, 'half-close'],
        [21, 'half-close'],
      ],
    ],
    [
      'data past its end',
      [
        [10, 'half-close'],
        [5, 'data', 10],
      ],
    ],
    ['an end past the window', [[2 * firstWindowBytes, 'half-close']]],
  ])('by %s resets the stream', async (_what, steps) => {
    const { answers, link } = functionAlone(accept);
    link.receive(batch(1, openFrame(1)));
    steps.forEach(([offset, type, length = 0], index) => {
      link.receive(
        type === 'data'
          ? dataBatch(index + 2, 1, offset, length)
          : batch(index + 2, { type: 'half-close', stream: 1, offset }),
      );
    });
    await settled();
    expect(answers()).toContainEqual({ type: 'reset', stream: 1, code: 'protocol' });
    link.close('done');
  });

  it('by thousands of holes resets the stream, whose memory stays bounded', async () => {
    const opened: TunnelStream[] = [];
    const { answers, link } = functionAlone((stream) => {
      accept(stream);
      opened.push(stream);
    });
    link.receive(batch(1, openFrame(1)));
    for (let index = 0; index < 3000; index += 1) link.receive(dataBatch(index + 2, 1, 1 + 2 * index, 1));
    await settled();
    expect(answers()).toContainEqual({ type: 'reset', stream: 1, code: 'protocol' });
    expect(opened[0]?.flow.in.held).toBe(0);
    link.close('done');
  });

  it('by batches of any bytes changes nothing', async () => {
    const sim = new Simulation(10, line, echo);
    const stream = await openOne(sim);
    const seen = [...sim.posted.client, ...sim.posted.function];
    fc.assert(
      fc.property(
        fc.nat(seen.length - 1),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.uint8Array({ maxLength: 100 }),
        (which, changes, random) => {
          const changed = Buffer.from(seen[which] as Buffer);
          for (const [at, byte] of changes) changed[at % changed.length] = byte;
          // Other numbers, or the batches would count as repeated.
          changed.writeUIntBE(0, 0, 6);
          const copy = new TunnelLink({
            side: which % 2 === 0 ? 'client' : 'function',
            clock: new ManualClock(),
            batchBytes: 16 * 1024,
            post: async () => ({ kind: 'delivered' }),
            onOpen: accept,
          });
          copy.receive(changed);
          copy.receive(Buffer.from(random));
          copy.close('done');
        },
      ),
      { numRuns: 1000 },
    );
    sim.links.client.receive(Buffer.from('no batch'));
    expect(sim.links.client.stats.dropped).toBe(1);
    stream.end('still here');
    expect((await sim.until(buffer(stream))).toString()).toBe('still here');
    sim.close();
  });

  it('by an ack of what was not sent is not believed', () => {
    const { link } = functionAlone(accept);
    link.receive(batch(0, { type: 'ack', delayMs: 0, ranges: [[1, 1000]] }));
    expect(link.stats.dropped).toBe(1);
    link.close('done');
  });

  it('by opening streams at the client gets none', async () => {
    const sim = new Simulation(11, line, echo);
    await openOne(sim);
    sim.links.client.receive(batch(1000, openFrame(77)));
    expect(sim.links.client.stats.opened).toBe(1);
    sim.close();
  });
});

describe('a link', () => {
  it('that is closed rejects everything pending, and frees its timers', async () => {
    const sim = new Simulation(12, line, (stream) => {
      if (stream.port === 1) echo(stream);
      else stream.on('error', () => undefined);
    });
    const open = sim.links.client.open('db.internal', 1);
    await sim.until(open.opened);
    const opening = sim.links.client.open('db.internal', 2);
    const failed = once(open, 'error');
    sim.links.client.close('livectl is stopping');
    expect((await failed)[0]).toMatchObject({
      code: 'ECONNRESET',
      reason: 'lost',
      message: 'livectl is stopping',
    });
    await expect(opening.opened).rejects.toMatchObject({ code: 'lost', errno: 'ECONNRESET' });
    await expect(sim.links.client.open('db.internal', 3).opened).rejects.toMatchObject({ code: 'lost' });
    sim.links.client.lost();
    sim.links.client.resumed('again');
    sim.links.client.receive(Buffer.alloc(100));
    expect(sim.links.client.isClosed).toBe(true);
    sim.links.function.close('done');
    sim.close();
  });

  it('that one end ends is closed at the other, whose streams are reset', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(13, line, onOpen);
    await openOne(sim);
    await sim.until(sim.links.client.end());
    await sim.run(100);
    expect(sim.ended).toEqual({ function: 'ended' });
    expect(streams[0]?.errored).toMatchObject({ reason: 'lost' });
    expect(sim.links.client.isClosed).toBe(true);
    // Nothing is left that would run.
    expect(sim.clock.pending).toEqual([]);
  });

  it('that ends is closed after a second, though the relay accepts nothing', async () => {
    const sim = new Simulation(14, line, echo);
    await openOne(sim);
    sim.faults = { ...line, refuse: 1 };
    const began = sim.clock.now();
    await sim.until(sim.links.client.end());
    expect(sim.clock.now() - began).toBe(1000);
    sim.links.function.close('done');
  });

  it('reports that the function drains, and when its last stream has ended', async () => {
    const events: string[] = [];
    const { onOpen, streams } = collecting();
    const sim = new Simulation(15, line, onOpen, {
      onDrain: (ms) => events.push(`drain ${ms}`),
      onIdle: () => events.push('idle'),
    });
    const stream = await openOne(sim);
    sim.links.function.drain(120_000);
    await sim.run(100);
    stream.end();
    streams[0]?.end();
    stream.resume();
    streams[0]?.resume();
    await sim.run(1000);
    expect(events).toEqual(['drain 120000', 'idle', 'idle']);
    sim.close();
  });

  it('resumes streams on both sockets’ new connections, whichever is lost first', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(16, line, onOpen);
    const here = await openOne(sim);
    const there = streams[0] as TunnelStream;
    for (const side of ['client', 'function', 'client'] as const) {
      sim.cut(side, 4000);
      here.write('a question');
      there.write('an answer');
      await sim.run(9000);
      expect([there.read()?.toString(), here.read()?.toString()]).toEqual(['a question', 'an answer']);
    }
    expect(sim.ended).toEqual({});
    sim.close();
  });

  it('follows the newest connection of the other end, though an older `resume` arrives after it', () => {
    const peers: string[] = [];
    const link = new TunnelLink({
      side: 'function',
      clock: new ManualClock(),
      batchBytes: 16 * 1024,
      post: async () => ({ kind: 'delivered' }),
      onPeer: (connectionId) => peers.push(connectionId),
    });
    link.receive(batch(2, { type: 'resume', number: 2, connectionId: 'third' }));
    link.receive(batch(1, { type: 'resume', number: 1, connectionId: 'second' }));
    link.receive(batch(3, { type: 'resume', number: 3, connectionId: 'fourth' }));
    expect(peers).toEqual(['third', 'fourth']);
    link.close('done');
  });

  it('sends again at once what the other end does not have when it resumes', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(22, line, onOpen);
    const here = await openOne(sim);
    sim.faults = { ...line, drop: 1 };
    here.write('accepted, and lost');
    await sim.run(50);
    sim.faults = line;
    sim.cut('function', 10);
    // Two posts, which take 40 ms each at most; without the resume it would count as lost after 400 ms.
    await sim.run(110);
    expect(streams[0]?.read()?.toString()).toBe('accepted, and lost');
    sim.close();
  });

  it('resets its streams at both ends when a socket is lost for longer than 10 s', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(17, line, onOpen);
    const here = await openOne(sim);
    here.on('error', () => undefined);
    sim.cut('client', 3_600_000);
    await sim.run(9900);
    expect(here.destroyed).toBe(false);
    await sim.run(200);
    expect(here.errored).toMatchObject({ code: 'ECONNRESET', reason: 'lost' });
    expect(sim.ended.client).toBe('the connection to the relay was lost, for 10 s');
    await sim.run(60_000);
    expect(streams[0]?.errored).toMatchObject({ code: 'ECONNRESET', reason: 'lost' });
    expect(sim.ended.function).toBe('the connection of the other end is gone, for 10 s');
  });

  it('notices by itself that the other process is gone, though no stream has anything to send', async () => {
    const { onOpen } = collecting();
    const sim = new Simulation(18, line, onOpen);
    const here = await openOne(sim);
    here.on('error', () => undefined);
    sim.kill('function');
    await sim.run(16_000);
    expect(here.errored).toMatchObject({ reason: 'lost' });
    expect(sim.ended.client).toBe('the connection of the other end is gone, for 10 s');
  });

  it('posts nothing while nothing happens but a question each 5 s, or each 20 s without streams', async () => {
    const { onOpen } = collecting();
    const sim = new Simulation(19, line, onOpen);
    const stream = await openOne(sim);
    await sim.run(1000);
    const count = () => sim.posted.client.length;
    const before = count();
    await sim.run(60_000);
    expect(count() - before).toBeLessThanOrEqual(12);
    stream.destroy();
    await sim.run(1000);
    const idle = count();
    await sim.run(60_000);
    expect(count() - idle).toBeLessThanOrEqual(3);
    sim.close();
  });
});

describe('streams beside each other', () => {
  it('do not wait for a lost batch of another one', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(20, line, onOpen);
    const [first, second] = [await openOne(sim), await openOne(sim)];
    sim.faults = { ...line, drop: 1 };
    first.write('lost');
    await sim.run(30);
    sim.faults = line;
    second.write('arrives');
    await sim.run(60);
    expect(streams[1]?.read()?.toString()).toBe('arrives');
    expect(streams[0]?.read()).toBeNull();
    await sim.run(5000);
    expect(streams[0]?.read()?.toString()).toBe('lost');
    sim.close();
  });

  it('let a query pass while others copy: it waits for no large batch', async () => {
    const { onOpen, streams } = collecting();
    const sim = new Simulation(21, { ...noFaults, postMs: 40, arriveMs: 0 }, onOpen);
    const copies = [await openOne(sim), await openOne(sim)];
    const query = await openOne(sim);
    for (const copy of copies) {
      const write = () => {
        while (copy.write(noise(64 * 1024, 3)));
      };
      copy.on('drain', write);
      write();
    }
    for (const stream of streams.slice(0, 2)) stream.resume();
    await sim.run(5000);
    const answered = streams[2] as TunnelStream;
    answered.pipe(answered);
    query.on('data', () => undefined);
    const times: number[] = [];
    for (let count = 0; count < 50; count += 1) {
      const began = sim.clock.now();
      query.write('select 1');
      await sim.until(once(query, 'data'));
      times.push(sim.clock.now() - began);
    }
    // Two posts of up to 40 ms to the relay, and 2 ms each to gather.
    expect(Math.max(...times)).toBeLessThanOrEqual(84);
    // Both copies went on, by turns.
    const [one = 0, two = 0] = streams.slice(0, 2).map((stream) => stream.bytesRead);
    expect(Math.min(one, two)).toBeGreaterThan(1_000_000);
    expect(Math.max(one, two) / Math.min(one, two)).toBeLessThan(1.5);
    sim.close();
  });
});

/** Unlike `buffer`, does not destroy the stream at its end. */
async function textOf(stream: TunnelStream): Promise<string> {
  let text = '';
  stream.on('data', (data) => {
    text += data;
  });
  await once(stream, 'end');
  return text;
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const openFrame = (stream: number): ControlFrame => ({
  type: 'open',
  stream,
  host: 'db.internal',
  port: 5432,
});

function batch(number: number, ...frames: ControlFrame[]): Buffer {
  const writer = new BatchWriter(16 * 1024);
  for (const frame of frames) expect(writer.write(frame)).toBe(true);
  return writer.finish(number);
}

function dataBatch(number: number, stream: number, offset: number, length: number): Buffer {
  const writer = new BatchWriter(16 * 1024);
  writer.data(stream, offset, length, (target, at) => target.fill(1, at, at + length));
  return writer.finish(number);
}

function framesOf(bytes: Buffer): readonly Frame[] {
  const parsed = parseBatch(bytes);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed.frames;
}

/** A function whose client is the test. */
function functionAlone(onOpen: (stream: TunnelStream) => void) {
  const posted: Buffer[] = [];
  const link = new TunnelLink({
    side: 'function',
    clock: new ManualClock(),
    batchBytes: 64 * 1024,
    post: async (bytes) => {
      posted.push(bytes);
      return { kind: 'delivered' };
    },
    onOpen,
  });
  return { link, answers: () => posted.flatMap(framesOf) };
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
