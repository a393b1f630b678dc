// Answers of a DNS server that are not what they should be: each is refused, and reading it ends.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { question, recordsIn, recordTypes } from '../../src/worker/node-tunnel/dns-message.ts';

const types = Object.keys(recordTypes) as (keyof typeof recordTypes)[];

it('asks for a name, and refuses one that cannot be asked for', () => {
  expect(question(0x1234, 'db.internal.', 'SRV').toString('hex')).toBe(
    '1234010000010000000000000264620869' + '6e7465726e616c0000210001',
  );
  for (const name of ['', 'a..b', `${'a'.repeat(64)}.internal`, `${'a.'.repeat(130)}b`])
    expect(() => question(1, name, 'A')).toThrow('not a name');
});

it('refuses the answer to another question, and one that is no answer', () => {
  const asked = question(7, 'db.internal', 'A');
  expect(() => recordsIn(asked, 7, 'A')).toThrow('another answer');
  const answer = Buffer.from(asked);
  answer[2] = 0x81;
  expect(recordsIn(answer, 7, 'A')).toEqual([]);
  expect(() => recordsIn(answer, 8, 'A')).toThrow('another answer');
});

it('refuses a name that points at itself', () => {
  const head = Buffer.from([0, 7, 0x81, 0x80, 0, 0, 0, 1, 0, 0, 0, 0]);
  for (const pointer of [12, 13, 40])
    expect(() =>
      recordsIn(Buffer.concat([head, Buffer.from([0xc0, pointer]), Buffer.alloc(40)]), 7, 'A'),
    ).toThrow('no end');
});

it('ends with a result or an error for any bytes', () => {
  const head = Buffer.from([0, 7, 0x81, 0x80]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom(...types), (bytes, type) => {
      try {
        expect(Array.isArray(recordsIn(Buffer.concat([head, bytes]), 7, type))).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 2000 },
  );
});
