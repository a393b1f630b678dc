// When an invocation's time is up, on a clock turned by hand.
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { TimeLimit } from '../../src/worker/pool/time-limit.ts';

/** A limit of a function with a timeout of 3 s, of which AWS leaves 8 s in all. */
function limited(options: { ownCounts?: () => boolean } = {}) {
  const clock = new ManualClock();
  const begun = clock.now();
  const struck: { words: string; afterMs: number }[] = [];
  const limit = new TimeLimit({
    clock,
    invocation: { deadlineMs: begun + 8000, timeoutSeconds: 3 },
    ownCounts: options.ownCounts ?? (() => true),
    onStrike: (words) => struck.push({ words, afterMs: clock.now() - begun }),
  });
  return { clock, begun, limit, struck };
}

describe('the function’s own timeout', () => {
  it('counts from the hand-over', () => {
    const { clock, begun, limit, struck } = limited();
    clock.advance(2000);
    expect(limit.handOver()).toBe(begun + 5000);
    clock.advance(2999);
    expect(struck).toEqual([]);
    clock.advance(60_000);
    expect(struck).toEqual([{ words: 'Task timed out after 3.00 seconds', afterMs: 5000 }]);
  });

  it('is cut by what AWS leaves', () => {
    const { clock, begun, limit, struck } = limited();
    clock.advance(6000);
    expect(limit.handOver()).toBe(begun + 8000);
    clock.advance(60_000);
    expect(struck).toEqual([{ words: 'Task timed out after 8.00 seconds', afterMs: 8000 }]);
  });

  it('begins again when it is restarted, and not before the hand-over', () => {
    const { clock, limit, struck } = limited();
    limit.restart();
    clock.advance(3500);
    limit.handOver();
    clock.advance(2000);
    limit.restart();
    clock.advance(2400);
    expect(struck).toEqual([]);
    clock.advance(100);
    expect(struck).toMatchObject([{ afterMs: 8000 }]);
  });
});

describe('where it does not count', () => {
  it('AWS’s deadline is the only one, also for the function, and the message says why', () => {
    const { clock, begun, limit, struck } = limited({ ownCounts: () => false });
    clock.advance(1000);
    expect(limit.handOver()).toBe(begun + 8000);
    clock.advance(60_000);
    const words =
      'Task timed out after 8.00 seconds: the stub’s time was over; raise the module’s timeout_margin';
    expect(struck).toEqual([{ words, afterMs: 8000 }]);
  });

  it('it may run out unnoticed, and begin again later', () => {
    let counts = false;
    const { clock, begun, limit, struck } = limited({ ownCounts: () => counts });
    expect(limit.handOver()).toBe(begun + 8000);
    clock.advance(4000);
    counts = true;
    limit.restart();
    clock.advance(60_000);
    expect(struck).toMatchObject([{ words: 'Task timed out after 3.00 seconds', afterMs: 7000 }]);
  });
});

it('never strikes once it is cancelled', () => {
  const { clock, limit, struck } = limited();
  limit.handOver();
  limit.cancel();
  clock.advance(60_000);
  expect(struck).toEqual([]);
});
