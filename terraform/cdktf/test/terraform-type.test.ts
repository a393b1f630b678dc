import { describe, expect, it } from 'vitest';
import { parseType } from '../../../scripts/terraform-type.mjs';

const string = { kind: 'string' };

describe('parseType', () => {
  it('reads collections within each other', () => {
    expect(parseType('map(list(string))')).toEqual({ kind: 'map', of: { kind: 'list', of: string } });
    expect(parseType('set(bool)')).toEqual({ kind: 'list', of: { kind: 'bool' } });
  });

  it('reads the fields of an object with their comments and defaults', () => {
    const expression = `object({
      # What runs,
      # and how. It's "quoted"
      handler = string
      tags    = optional(map(string), { a = "b)", c = f(1, [2]) })
      vpc = optional(object({ ids = list(string), on = optional(bool) }))
      last    = number
    })`;
    expect(parseType(expression)).toEqual({
      kind: 'object',
      fields: [
        { name: 'handler', type: string, optional: false, comment: 'What runs, and how. It\'s "quoted"' },
        {
          name: 'tags',
          type: { kind: 'map', of: string },
          optional: true,
          byDefault: '{a="b)",c=f(1,[2])}',
        },
        {
          name: 'vpc',
          type: {
            kind: 'object',
            fields: [
              { name: 'ids', type: { kind: 'list', of: string }, optional: false },
              { name: 'on', type: { kind: 'bool' }, optional: true },
            ],
          },
          optional: true,
        },
        { name: 'last', type: { kind: 'number' }, optional: false },
      ],
    });
  });

  it.each([
    ['any', 'there is no TypeScript type for any'],
    ['tuple([string])', 'there is no TypeScript type for tuple'],
    ['list(string', 'expected ) but found the end'],
    ['string string', 'string is left over'],
    ['object({ a = optional(string, ["b"]', 'a bracket is not closed'],
    ['object({ a string })', 'expected = but found string'],
  ])('refuses %s', (expression, message) => {
    expect(() => parseType(expression)).toThrow(message);
  });
});
