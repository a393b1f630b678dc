import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../protocol/test/manual-clock.ts';
import { Signals } from '../src/signals.ts';

let clock: ManualClock;
let signals: Signals;

beforeEach(() => {
  clock = new ManualClock();
  signals = new Signals(clock);
});

describe('signals of one exchange', () => {
  it('are read in order, including those sent between two waits', async () => {
    signals.put({ kind: 'ack' });
    signals.put({ kind: 'socket-lost' });
    expect([await signals.next(10), await signals.next(10)]).toEqual([
      { kind: 'ack' },
      { kind: 'socket-lost' },
    ]);
    expect(clock.pending).toEqual([]);
  });

  it('end a wait at once and leave no timer behind', async () => {
    const next = signals.next(10);
    signals.put({ kind: 'ack' });
    signals.put({ kind: 'socket-lost' });
    expect(await next).toEqual({ kind: 'ack' });
    expect(clock.pending).toEqual([]);
    expect(await signals.next(10)).toEqual({ kind: 'socket-lost' });
  });

  it('that do not come end a wait at its bound, and the next wait is a new one', async () => {
    const next = signals.next(10);
    clock.advance(10);
    expect(await next).toBe(undefined);
    const later = signals.next(10);
    signals.put({ kind: 'ack' });
    expect(await later).toEqual({ kind: 'ack' });
  });

  it('are over once closed, for current waits, later waits and queries', async () => {
    const next = signals.next(10);
    signals.throwIfClosed();
    signals.close();
    await expect(next).rejects.toThrow('the exchange is over');
    expect(clock.pending).toEqual([]);
    signals.put({ kind: 'ack' });
    await expect(signals.next(10)).rejects.toThrow('the exchange is over');
    expect(() => signals.throwIfClosed()).toThrow('the exchange is over');
  });
});
