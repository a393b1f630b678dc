// The frame watcher on any sequence of frames, cut into any pieces.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameLengthWatcher } from '../../src/cloud/relay/frame-lengths.ts';

const limit = 300;

/** A masked frame as a client sends it (RFC 6455, section 5.2). */
function frame(opcode: number, length: number): Buffer {
  const lead = [0x80 | opcode];
  if (length < 126) lead.push(0x80 | length);
  else if (length < 0x10000) lead.push(0x80 | 126, length >> 8, length & 0xff);
  else
    lead.push(
      0x80 | 127,
      0,
      0,
      0,
      0,
      (length >>> 24) & 0xff,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    );
  // Payload bytes that look like headers, so that a watcher out of step would trip over them.
  return Buffer.concat([Buffer.from(lead), Buffer.from([1, 2, 3, 4]), Buffer.alloc(length, 0xff)]);
}

function tripsAt(bytes: Buffer, cuts: readonly number[]): number | undefined {
  let trips = 0;
  let at: number | undefined;
  const watch = frameLengthWatcher(limit, () => {
    trips += 1;
  });
  const edges = [0, ...[...cuts].map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [index, edge] of edges.slice(1).entries()) {
    watch(bytes.subarray(edges[index], edge));
    if (trips > 0) at ??= edge;
  }
  expect(trips).toBeLessThanOrEqual(1);
  return at;
}

test('trips for a data frame over the limit and for no other, wherever the bytes are cut', () => {
  const frames = fc.array(
    fc.record({
      opcode: fc.constantFrom(0x0, 0x1, 0x2, 0x8, 0x9, 0xa),
      length: fc.oneof(
        fc.integer({ min: 0, max: 130 }),
        fc.constantFrom(125, 126, 127, limit, limit + 1, 65_535, 65_536),
      ),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 40 }), (list, cuts) => {
      const bytes = Buffer.concat(list.map(({ opcode, length }) => frame(opcode, length)));
      const expected = list.some(({ opcode, length }) => opcode < 8 && length > limit);
      expect(tripsAt(bytes, cuts) !== undefined).toBe(expected);
      if (bytes.length < 400) {
        expect(tripsAt(bytes, Array.from(bytes.keys())) !== undefined).toBe(expected);
      }
    }),
  );
});

test('trips on the header, before the payload has come', () => {
  expect(tripsAt(frame(1, limit + 1).subarray(0, 8), [])).toBe(8);
});
