// Parallel attempts with a manual clock: none waits for an outage that is over, and the relay is not flooded.
import { getEventListeners } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import type { RelaySocket } from '../../../protocol/relay-socket.ts';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { dial, freshAfterMs, freshAfterReachedMs, reachBoundMs } from '../../src/relay/dial.ts';

interface Attempt {
  readonly at: number;
  readonly signal: AbortSignal;
  readonly reach: () => void;
  readonly succeed: (socket: RelaySocket) => void;
  readonly fail: (error: Error) => void;
}

let clock: ManualClock;
let attempts: Attempt[];
let failures: string[];
let end: AbortController;

beforeEach(() => {
  clock = new ManualClock();
  attempts = [];
  failures = [];
  end = new AbortController();
});

function start(): Promise<RelaySocket> {
  const startedAt = clock.now();
  return dial({
    clock,
    signal: end.signal,
    onFailure: (error) => failures.push((error as Error).message),
    open: (signal, reach) =>
      new Promise((resolve, reject) => {
        const fail = (error: Error) => reject(error);
        signal.addEventListener('abort', () => fail(new Error('aborted')));
        attempts.push({ at: clock.now() - startedAt, signal, reach, succeed: resolve, fail });
      }),
  });
}

/** Lets pending promise callbacks run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function pass(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    clock.advance(100);
    await settled();
  }
}

const open = () => attempts.filter(({ signal }) => !signal.aborted);

function socket(closed: string[] = [], name = ''): RelaySocket {
  return {
    connectionId: name,
    lastHeardMs: () => 0,
    ping: async () => true,
    close: () => void closed.push(name),
  };
}

describe('while the line is cut', () => {
  test('a fresh attempt begins every half second, at most ten at once', async () => {
    const dialled = start();
    await pass(30_000);
    expect(attempts.map(({ at }) => at)).toEqual(attempts.map((_, index) => index * freshAfterMs));
    expect(attempts.length).toBe(30_000 / freshAfterMs + 1);
    expect(open().length).toBeLessThanOrEqual(reachBoundMs / freshAfterMs);
    // The line is back: the next one gets through, and no other counts at the relay.
    const latest = attempts.at(-1) as Attempt;
    latest.reach();
    await settled();
    expect(open()).toEqual([latest]);
    latest.succeed(socket([], 'found'));
    expect((await dialled).connectionId).toBe('found');
    await pass(10_000);
    expect(attempts.at(-1)).toBe(latest);
  });

  test('the first failure is reported, though others are under way', async () => {
    void start().catch(() => undefined);
    await pass(reachBoundMs + 100);
    expect(failures[0]).toBe('aborted');
    end.abort();
  });
});

describe('a relay that is reached', () => {
  test('and is silent gets another attempt after 2 s, not before', async () => {
    const dialled = start();
    attempts[0]?.reach();
    await pass(freshAfterReachedMs - 100);
    expect(attempts).toHaveLength(1);
    await pass(100);
    expect(attempts).toHaveLength(2);
    const closed: string[] = [];
    attempts[1]?.reach();
    attempts[1]?.succeed(socket(closed, 'second'));
    expect((await dialled).connectionId).toBe('second');
    expect(attempts[0]?.signal.aborted).toBe(true);
  });

  test('and refuses ends the attempts: its caller decides when to continue', async () => {
    const dialled = start();
    attempts[0]?.reach();
    attempts[0]?.fail(new Error('HTTP 429'));
    await expect(dialled).rejects.toThrow('HTTP 429');
    await pass(10_000);
    expect(attempts).toHaveLength(1);
    expect(clock.pending).toEqual([]);
  });
});

test('a network that refuses at once is left to the caller as well', async () => {
  const dialled = start();
  attempts[0]?.fail(new Error('ENETUNREACH'));
  await expect(dialled).rejects.toThrow('ENETUNREACH');
  expect(failures).toEqual(['ENETUNREACH']);
  expect(clock.pending).toEqual([]);
});

test('a socket that comes after another one is closed', async () => {
  const closed: string[] = [];
  const dialled = start();
  await pass(freshAfterMs);
  attempts[1]?.succeed(socket(closed, 'first'));
  await dialled;
  attempts[0]?.succeed(socket(closed, 'late'));
  await settled();
  // Aborted by then, as its own error says.
  expect(attempts[0]?.signal.aborted).toBe(true);
  expect(closed).toEqual([]);
});

test('closing it ends all attempts', async () => {
  const dialled = start();
  await pass(freshAfterMs);
  end.abort();
  await expect(dialled).rejects.toMatchObject({ code: 'LD_RELAY' });
  expect(open()).toEqual([]);
  expect(clock.pending).toEqual([]);
});

test('finished attempts leave nothing behind, however many there were', async () => {
  for (let count = 0; count < 20; count += 1) {
    const dialled = start();
    attempts.at(-1)?.fail(new Error('no network'));
    await expect(dialled).rejects.toThrow('no network');
  }
  expect(getEventListeners(end.signal, 'abort')).toEqual([]);
});
