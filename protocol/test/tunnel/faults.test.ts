// The tunnel's link over a relay with faults: every byte arrives once and in order, or both ends learn that the stream ended.
import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TunnelStream } from '../../tunnel/stream.ts';
import { noise } from '../payloads.ts';
import { type Faults, Simulation } from './simulation.ts';

/** How one end of a stream behaves. */
interface Behaviour {
  readonly bytes: Buffer;
  /** The largest piece that is written at once. */
  readonly piece: number;
  /** The reader pauses this long after each piece that it reads, in milliseconds. */
  readonly pauseMs: number;
  /** It writes only after the other end has ended. */
  readonly answers: boolean;
}

/** Writes and reads as described; resolves with what was read, and how the stream ended. */
function drive(
  sim: Simulation,
  stream: Duplex,
  { answers, bytes, pauseMs, piece }: Behaviour,
): Promise<{ read: Buffer; error: Error | undefined }> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let error: Error | undefined;
    stream.on('data', (data: Buffer) => {
      pieces.push(data);
      if (pauseMs === 0) return;
      stream.pause();
      sim.clock.after(pauseMs * sim.random(), () => stream.resume());
    });
    stream.on('error', (problem) => {
      error = problem;
    });
    stream.on('close', () => resolve({ read: Buffer.concat(pieces), error }));
    let at = 0;
    const write = () => {
      while (at < bytes.length) {
        const length = 1 + Math.floor(sim.random() * piece);
        const more = stream.write(bytes.subarray(at, at + length));
        at += length;
        if (!more) return;
      }
      stream.end();
    };
    stream.on('drain', write);
    if (answers) stream.on('end', write);
    else write();
  });
}

const behaviour = fc
  .record({
    size: fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 600_000 })),
    seed: fc.integer(),
    piece: fc.constantFrom(1000, 10_000, 400_000),
    pauseMs: fc.constantFrom(0, 0, 50, 2000),
  })
  .map(({ pauseMs, piece, seed, size }) => ({ bytes: noise(size, seed), piece, pauseMs }));

const conversation = fc
  .record({
    client: behaviour,
    function: behaviour,
    answers: fc.constantFrom('neither', 'client', 'function'),
  })
  .map(({ answers, client, function: server }) => ({
    client: { ...client, answers: answers === 'client' },
    function: { ...server, answers: answers === 'function' },
  }));

const fewFaults: fc.Arbitrary<Faults> = fc.record({
  postMs: fc.constantFrom(0, 20, 200),
  arriveMs: fc.constantFrom(0, 20, 300),
  drop: fc.constantFrom(0, 0.01),
  repeat: fc.constantFrom(0, 0.1),
  refuse: fc.constantFrom(0, 0.02),
  failLate: fc.constantFrom(0, 0.02),
});

const manyFaults: fc.Arbitrary<Faults> = fc.record({
  postMs: fc.constantFrom(0, 200),
  arriveMs: fc.constantFrom(0, 300),
  drop: fc.constantFrom(0, 0.2, 0.5),
  repeat: fc.constantFrom(0, 0.3),
  refuse: fc.constantFrom(0, 0.2),
  failLate: fc.constantFrom(0, 0.2),
});

/** When sockets are cut, after the last time, and for how long. */
interface Cut {
  readonly side: 'client' | 'function' | 'both';
  readonly afterMs: number;
  readonly ms: number;
  readonly otherMs: number;
}

const cutsOf = (mostMs: number): fc.Arbitrary<Cut[]> =>
  fc.array(
    fc.record({
      side: fc.constantFrom('client', 'function', 'both'),
      afterMs: fc.integer({ min: 0, max: 3000 }),
      ms: fc.integer({ min: 0, max: mostMs }),
      otherMs: fc.integer({ min: 0, max: mostMs }),
    }),
    { maxLength: 4 },
  );

interface Ended {
  readonly read: Buffer;
  readonly error: Error | undefined;
}

/** Runs conversations, one on each stream, until both ends of all have ended; and 20 s more. */
async function converse(
  seed: number,
  faults: Faults,
  conversations: readonly { readonly client: Behaviour; readonly function: Behaviour }[],
  cuts: readonly Cut[],
): Promise<{ sim: Simulation; atClient: (Ended | 'refused')[]; atFunction: (Ended | undefined)[] }> {
  const ends: Promise<Ended>[] = [];
  const sim = new Simulation(seed, faults, (stream: TunnelStream) => {
    const index = stream.port - 1;
    stream.on('error', () => undefined);
    sim.clock.after(50 * sim.random(), () => {
      if (stream.destroyed) return;
      stream.accept('10.0.0.1:5432');
      ends[index] = drive(sim, stream, conversations[index]?.function as Behaviour);
    });
  });
  const after = (ms: number) => new Promise<void>((resolve) => void sim.clock.after(ms, resolve));
  const cutting = (async () => {
    for (const { afterMs, ms, otherMs, side } of cuts) {
      await after(afterMs);
      if (side !== 'function') sim.cut('client', ms);
      if (side !== 'client') sim.cut('function', side === 'both' ? otherMs : ms);
      await after(Math.max(ms, otherMs) + 3000);
    }
  })();
  const streams = conversations.map(async ({ client }, index) => {
    const stream = sim.links.client.open('db.internal', index + 1);
    return stream.opened.then(
      () => drive(sim, stream, client),
      () => 'refused' as const,
    );
  });
  const atClient = await sim.until(Promise.all(streams), 3_600_000);
  const atFunction = await sim.until(Promise.all(ends), 3_600_000);
  await sim.until(cutting);
  await sim.run(20_000);
  return { sim, atClient, atFunction };
}

const conversations = fc.array(conversation, { minLength: 1, maxLength: 6 });

describe('a link over a relay with faults', () => {
  it('delivers every byte once and in order, whatever is delayed, reordered, repeated, dropped, refused or cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fewFaults,
        conversations,
        cutsOf(5000),
        async (seed, faults, conversations, cuts) => {
          const { atClient, atFunction, sim } = await converse(seed, faults, conversations, cuts);
          expect(sim.ended).toEqual({});
          conversations.forEach((conversation, index) => {
            const [here, there] = [atClient[index], atFunction[index]];
            if (here === undefined || here === 'refused' || there === undefined)
              throw new Error(`stream ${index} was not opened`);
            expect([here.error, there.error]).toEqual([undefined, undefined]);
            expect(here.read.equals(conversation.function.bytes)).toBe(true);
            expect(there.read.equals(conversation.client.bytes)).toBe(true);
          });
          expectNothingLeft(sim);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);

  it('ends every stream at both ends, by a reset where the faults are too many, and never delivers a wrong byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        manyFaults,
        conversations,
        cutsOf(15_000),
        async (seed, faults, conversations, cuts) => {
          const { atClient, atFunction, sim } = await converse(seed, faults, conversations, cuts);
          conversations.forEach((conversation, index) => {
            for (const [ended, bytes] of [
              [atClient[index], conversation.function.bytes],
              [atFunction[index], conversation.client.bytes],
            ] as const) {
              if (ended === undefined || ended === 'refused') continue;
              const { error, read } = ended;
              expect(read.equals(bytes.subarray(0, read.length))).toBe(true);
              if (error) expect(error).toMatchObject({ code: 'ECONNRESET', reason: 'lost' });
              else expect(read.length).toBe(bytes.length);
            }
          });
          // The function learns that livectl has given up from its silence.
          await sim.run(70_000);
          expectNothingLeft(sim);
        },
      ),
      { numRuns: 25 },
    );
  }, 120_000);
});

function expectNothingLeft(sim: Simulation): void {
  expect(sim.links.client.stats.streams).toBe(0);
  expect(sim.links.function.stats.streams).toBe(0);
  sim.close();
  // Posts of a relay that is slow, and nothing of the links.
  expect(Math.max(0, ...sim.clock.pending)).toBeLessThan(3001);
}
