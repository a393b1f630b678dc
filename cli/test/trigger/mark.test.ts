// `--as`: the mark of a developer beside what else was given, for a header and for a message.
import { describe, expect, test } from 'vitest';
import { type FlagValue, Given } from '../../src/trigger/given.ts';
import { markedBaggage } from '../../src/trigger/sources/mark.ts';
import { attributesOf } from '../../src/trigger/sources/message-attributes.ts';

const given = (flags: Readonly<Record<string, FlagValue>>) => new Given(flags, async () => Buffer.of());

describe('the mark', () => {
  test.each<[string | undefined, string | undefined, string | undefined]>([
    [undefined, undefined, undefined],
    [undefined, 'a=1', 'a=1'],
    ['tom', undefined, 'dev=tom'],
    ['tom', '', 'dev=tom'],
    ['tom', 'a=1', 'a=1,dev=tom'],
    ['Tom, Ada;=', undefined, 'dev=Tom%2C%20Ada%3B%3D'],
  ])('of --as %s beside %s', (as, own, expected) => {
    expect(markedBaggage(given({ as }), own)).toBe(expected);
  });

  test.each(['', ' ', 'x'.repeat(257), '\ud800'])('refuses %j', (as) => {
    expect(() => markedBaggage(given({ as }), undefined)).toThrow(
      '--as must be a name of 1 to 256 characters',
    );
  });

  test('is an attribute of a message, beside those that were given', () => {
    expect(attributesOf(given({}))).toBeUndefined();
    expect(attributesOf(given({ as: 'tom', attribute: ['kind=order', 'baggage=a=1'] }))).toEqual({
      kind: { DataType: 'String', StringValue: 'order' },
      baggage: { DataType: 'String', StringValue: 'a=1,dev=tom' },
    });
  });
});
