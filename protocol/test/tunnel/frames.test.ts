// The frames of the tunnel: what is written is read again, and nothing that arrives makes the parser throw.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalCodes, resetCodes } from '../../tunnel/codes.ts';
import {
  BatchWriter,
  batchHeadBytes,
  dataHeadBytes,
  type Frame,
  parseBatch,
  smallestBatchBytes,
} from '../../tunnel/frames.ts';
import { noise } from '../payloads.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const u48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const ascii = (most: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: most,
  });

const ranges = fc
  .uniqueArray(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 2, maxLength: 64 })
  .map((numbers) => {
    const sorted = numbers.sort((a, b) => b - a);
    return Array.from({ length: sorted.length >> 1 }, (_, index) => {
      return [sorted[2 * index + 1] as number, sorted[2 * index] as number] as const;
    });
  });

const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    type: fc.constant('hello'),
    remainingMs: u32,
    connectionId: ascii(128),
    version: ascii(128),
  }),
  fc.record({
    type: fc.constant('open'),
    stream: u32,
    port: fc.integer({ min: 1, max: 65_535 }),
    host: ascii(253),
  }),
  fc.record({ type: fc.constant('opened'), stream: u32, address: ascii(64) }),
  fc.record({
    type: fc.constant('refused'),
    stream: u32,
    code: fc.constantFrom(...refusalCodes),
    text: fc.string({ maxLength: 333 }),
  }),
  fc.record({
    type: fc.constant('data'),
    stream: u32,
    offset: fc.integer({ min: 0, max: 2 ** 48 - 1000 }),
    bytes: fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer()).map(([size, seed]) => noise(size, seed)),
  }),
  fc.record({ type: fc.constant('window'), stream: u32, limit: u48 }),
  fc.record({ type: fc.constant('half-close'), stream: u32, offset: u48 }),
  fc.record({ type: fc.constant('reset'), stream: u32, code: fc.constantFrom(...resetCodes) }),
  fc.record({ type: fc.constant('ack'), delayMs: fc.integer({ min: 0, max: 65_535 }), ranges }),
  fc.record({ type: fc.constant('ping') }),
  fc.record({ type: fc.constant('resume'), number: u32, connectionId: ascii(128) }),
  fc.record({ type: fc.constant('drain'), ms: u32 }),
  fc.record({ type: fc.constant('end') }),
);

function write(writer: BatchWriter, frame: Frame): boolean {
  if (frame.type !== 'data') return writer.write(frame);
  const { bytes, offset, stream } = frame;
  return writer.data(stream, offset, bytes.length, (target, at) => void bytes.copy(target, at));
}

/** A batch of as many of the frames as fit. */
function batchOf(frames: readonly Frame[], bytes = 16 * 1024): { batch: Buffer; written: readonly Frame[] } {
  const writer = new BatchWriter(bytes);
  const written = frames.filter((each) => write(writer, each));
  return { batch: writer.finish(7), written };
}

describe('the frames of a batch', () => {
  it('are read as they were written, and never take more than the batch has', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 40 }), (frames) => {
        const { batch, written } = batchOf(frames, smallestBatchBytes);
        expect(batch.length).toBeLessThanOrEqual(smallestBatchBytes);
        expect(parseBatch(batch)).toEqual({ number: 7, frames: written });
      }),
      { numRuns: 500 },
    );
  });

  it('are refused as a whole where one of them is invalid, without an exception', () => {
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(frame, { minLength: 1, maxLength: 12 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(255)), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        (frames, changes, cutAt) => {
          const { batch } = batchOf(frames);
          for (const [where, byte] of changes) batch[Math.floor(where * batch.length)] = byte;
          const parsed = parseBatch(
            cutAt === null ? batch : batch.subarray(0, Math.floor(cutAt * batch.length)),
          );
          if (typeof parsed === 'string') refused += 1;
          else parsed.frames.forEach(expectInBounds);
        },
      ),
      { numRuns: 3000 },
    );
    expect(refused).toBeGreaterThan(300);
  });

  it('are never read from random bytes beyond what these hold', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const parsed = parseBatch(Buffer.from(bytes));
        if (typeof parsed !== 'string') parsed.frames.forEach(expectInBounds);
      }),
      { numRuns: 5000 },
    );
  });

  it('of a type that this version does not know are passed over', () => {
    const { batch } = batchOf([{ type: 'ping' }]);
    const unknown = Buffer.from([200, 0, 0, 3, 1, 2, 3]);
    expect(parseBatch(Buffer.concat([batch, unknown, batch.subarray(batchHeadBytes)]))).toEqual({
      number: 7,
      frames: [{ type: 'ping' }, { type: 'ping' }],
    });
  });

  it.each<[string, Buffer]>([
    ['text that is not ASCII', Buffer.from('02000000080000000115380a2e', 'hex')],
    ['a port of zero', Buffer.from('0200000700000001000061', 'hex')],
    ['data without bytes', Buffer.from('0500000a00000001000000000000', 'hex')],
    ['a code that does not exist', Buffer.from('08000005000000010900', 'hex').subarray(0, 9)],
    ['ack ranges that overlap', Buffer.from(`0900001a0000${'00000000000500000000000a'.repeat(2)}`, 'hex')],
    ['a frame longer than the batch', Buffer.from('0affffff', 'hex')],
    ['half a frame head', Buffer.from('0a0000', 'hex')],
  ])('with %s are refused', (_what, bytes) => {
    expect(parseBatch(Buffer.concat([Buffer.alloc(batchHeadBytes), bytes]))).toEqual(expect.any(String));
  });

  it('write nothing that does not fit, and refuse text over its bound', () => {
    const writer = new BatchWriter(smallestBatchBytes);
    const room = smallestBatchBytes - batchHeadBytes - dataHeadBytes;
    expect(writer.data(1, 0, room + 1, () => expect.unreachable())).toBe(false);
    expect(writer.isEmpty).toBe(true);
    expect(writer.data(1, 0, room, (target, at) => target.fill(1, at, at + room))).toBe(true);
    expect(writer.write({ type: 'ping' })).toBe(false);
    expect(() => writer.write({ type: 'open', stream: 1, port: 1, host: 'a'.repeat(254) })).toThrow(
      RangeError,
    );
    expect(() => new BatchWriter(100)).toThrow(RangeError);
  });
});

function expectInBounds(frame: Frame): void {
  if (frame.type === 'open') expect(frame.host).toMatch(/^[\x21-\x7e]{1,253}$/);
  if (frame.type === 'opened') expect(frame.address).toMatch(/^[\x21-\x7e]{1,64}$/);
  if (frame.type === 'resume' || frame.type === 'hello')
    expect(frame.connectionId).toMatch(/^[\x21-\x7e]{1,128}$/);
  if (frame.type === 'refused') expect(frame.text.length).toBeLessThanOrEqual(1000);
  if (frame.type === 'data') expect(frame.offset + frame.bytes.length).toBeLessThan(2 ** 48);
  if (frame.type === 'ack') expect(frame.ranges.length).toBeLessThanOrEqual(32);
}
