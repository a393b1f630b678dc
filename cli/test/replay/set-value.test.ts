// `--set`: one value changes, everything else stays byte for byte, also in JSON inside JSON.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSetting, pathWords, withValue } from '../../src/replay/set-value.ts';

function edited(event: string, ...settings: string[]): string {
  return settings.reduce((text, setting) => withValue(text, parseSetting(setting)), event);
}

describe('--set', () => {
  it.each<[string, string, string]>([
    ['a=1', '{"a": 2, "b": 12345678901234567890}', '{"a": 1, "b": 12345678901234567890}'],
    ['a.b=x', '{"a":{"b":1}}', '{"a":{"b":"x"}}'],
    ['a[1].b=null', '{"a":[1, {"b":2} ]}', '{"a":[1, {"b":null} ]}'],
    ['a={"x":[1]}', ' {"a":"\\"}"} ', ' {"a":{"x":[1]}} '],
    ['new=1', '{}', '{"new":1}'],
    ['new.deep[0].x=1', '{"a":1}', '{"a":1,"new":{"deep":[{"x":1}]}}'],
    ['a.b=1', '{"a":null}', '{"a":{"b":1}}'],
    ['a[2]=3', '{"a":[1,2]}', '{"a":[1,2,3]}'],
    ['headers["x-a.b"]=t=u', '{"headers":{"x-a.b":"s"}}', '{"headers":{"x-a.b":"t=u"}}'],
    ['["a\\"b"]=1', '{"a\\"b":0}', '{"a\\"b":1}'],
    ['[0]=1', '[0]', '[1]'],
    ['a="5"', '{"a":5}', '{"a":"5"}'],
    ['a=', '{"a":5}', '{"a":""}'],
    ['a=1', '{"a":0,"a":2}', '{"a":0,"a":1}'],
    ['__proto__.x=1', '{"__proto__":{"x":0}}', '{"__proto__":{"x":1}}'],
    ['7=1', '{"7":0}', '{"7":1}'],
    [
      'body.items[0].id=9',
      '{"body":"{\\"items\\": [{\\"id\\":1}]}"}',
      '{"body":"{\\"items\\": [{\\"id\\":9}]}"}',
    ],
    [
      'Records[0].body.Message.id=9',
      '{"Records":[{"body":"{\\"Message\\":\\"{\\\\\\"id\\\\\\":1}\\"}"}]}',
      '{"Records":[{"body":"{\\"Message\\":\\"{\\\\\\"id\\\\\\":9}\\"}"}]}',
    ],
  ])('%s', (setting, event, expected) => {
    expect(edited(event, setting)).toBe(expected);
  });

  it('sets values in JSON that is base64', () => {
    const base64 = (text: string) => Buffer.from(text).toString('base64');
    expect(edited(`{"body":"${base64('{"é":1}')}","isBase64Encoded":true}`, 'body.é=2')).toBe(
      `{"body":"${base64('{"é":2}')}","isBase64Encoded":true}`,
    );
    expect(
      edited(
        `{"Records":[{"kinesis":{"sequenceNumber":"1","data":"${base64('{"a":1}')}"}}]}`,
        'Records[0].kinesis.data.a=2',
      ),
    ).toBe(`{"Records":[{"kinesis":{"sequenceNumber":"1","data":"${base64('{"a":2}')}"}}]}`);
  });

  it.each<[string, string, string]>([
    ['a', '{}', '--set a: write it as PATH=VALUE, e.g. body.items[0].id=5'],
    ['a..b=1', '{}', '--set a..b=1: a name is missing in its path'],
    [
      'a[x]=1',
      '{}',
      '--set a[x]=1: brackets must contain a position or a name in double quotes: [0], ["x-a"]',
    ],
    [
      'a["x=1',
      '{}',
      '--set a["x=1: brackets must contain a position or a name in double quotes: [0], ["x-a"]',
    ],
    [`${'a.'.repeat(200)}a=1`, '{}', `--set ${'a.'.repeat(100)}: a path has at most 100 steps`],
    ['a.b=1', '{"a":1}', '--set a.b: a is neither an object nor an array'],
    ['a.b=1', '{"a":"x"}', '--set a.b: a is a text that is not JSON'],
    ['a.b=1', '[]', '--set a.b: the event is an array: write a position, e.g. [0]'],
    ['a[3]=1', '{}', '--set a[3]: a is missing; its first item is [0]'],
    ['a.b[3]=1', '{"a":{"b":[1]}}', '--set a.b[3]: a.b has 1 items; the next one is [1]'],
  ])('refuses %s', (setting, event, message) => {
    expect(() => edited(event, setting)).toThrow(message);
  });

  it('sets what JSON.parse then finds there, for any event and name', () => {
    const event = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue(), {
      minKeys: 1,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(event, fc.nat(), fc.jsonValue(), fc.boolean(), (object, pick, value, isIndented) => {
        const text = JSON.stringify(object, null, isIndented ? 2 : undefined);
        const before = JSON.parse(text) as Record<string, unknown>;
        const names = Object.keys(before);
        const name = names[pick % names.length] ?? '';
        const setting = { path: 'p', steps: [name], value: JSON.stringify(value) };
        const expected = Object.fromEntries(
          Object.entries(before).map(([each, old]) => [
            each,
            each === name ? JSON.parse(setting.value) : old,
          ]),
        );
        expect(JSON.parse(withValue(text, setting))).toEqual(expected);
      }),
    );
  });

  it('writes a path so that it can be read again', () => {
    const steps = fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1 }), fc.nat({ max: 999 })), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(steps, (path) => {
        expect(parseSetting(`${pathWords(path)}=1`).steps).toEqual(path);
      }),
    );
  });
});
