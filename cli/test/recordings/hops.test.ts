// The stretches of an invocation's way add up, whatever the clocks did.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hopsOf } from '../../src/recordings/hops.ts';
import { begun, begunAtMs, ended } from './invocations.ts';

describe('hops', () => {
  test('follow one another from the trigger to the relay, and add up to the whole time', () => {
    const hops = hopsOf(
      begun('a', { triggerMs: 300, stubMs: 15 }),
      ended('a', { result: { code_ms: 30, init_ms: 20 } }),
    );
    expect(hops).toEqual([
      { name: 'trigger', at_ms: 0, ms: 300 },
      { name: 'stub', at_ms: 300, ms: 15 },
      { name: 'relay', at_ms: 315, ms: 20 },
      { name: 'queue', at_ms: 335, ms: 10 },
      { name: 'start', at_ms: 345, ms: 20 },
      { name: 'code', at_ms: 365, ms: 30 },
      { name: 'back', at_ms: 395, ms: 20 },
    ]);
  });

  test('that are not known are left out', () => {
    const names = hopsOf(begun('a'), ended('a')).map(({ name }) => name);
    expect(names).toEqual(['relay', 'queue', 'start', 'code', 'back']);
  });

  test('are never negative, and never overlap, whatever the clocks say', () => {
    const ms = fc.double({ min: -1e7, max: 1e7, noNaN: true });
    const positive = fc.double({ min: 0, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ms, ms, positive, positive, (sent, arrived, answered, delivered, code, init) => {
        const hops = hopsOf(
          begun('a', { sentMs: begunAtMs + sent, arrivedMs: begunAtMs + arrived, stubMs: 7 }),
          ended('a', {
            answeredMs: begunAtMs + answered,
            deliveredMs: begunAtMs + delivered,
            result: { code_ms: code, init_ms: init },
          }),
        );
        let end = 0;
        for (const hop of hops) {
          expect(hop.ms).toBeGreaterThanOrEqual(0);
          expect(hop.at_ms).toBeCloseTo(end, 1);
          end = hop.at_ms + hop.ms;
        }
      }),
    );
  });
});
