import { describe, expect, it } from 'vitest';
import { childrenOf, decodeString, follow, NotJsonError, pathOf } from '../src/json/json-document.ts';
import { JsonParser, parseJsonText } from '../src/json/json-parser.ts';
import { JsonTree } from '../src/json/json-tree.ts';

const text = '{ "id": 12345678901234567890, "a": [1, {"b": "x\\"]"}, []], "z": null, "id": 1.50e+2 }';

describe('a JSON text', () => {
  const document = parseJsonText(text);
  const shown = (value: number) => document.text.slice(document.start(value), document.end(value));

  it('keeps digits, order and equal keys', () => {
    const children = childrenOf(document, 0);
    expect(children.map((value) => [document.key(value), document.kind(value), shown(value)])).toEqual([
      ['"id"', 'number', '12345678901234567890'],
      ['"a"', 'array', '[1, {"b": "x\\"]"}, []]'],
      ['"z"', 'literal', 'null'],
      ['"id"', 'number', '1.50e+2'],
    ]);
    expect([document.count(0), document.size, document.isCut]).toEqual([4, 9, false]);
  });

  it('names the path of a value, and finds it by a pointer', () => {
    const { value, rest } = follow(document, '/a/1/b');
    expect([shown(value), pathOf(document, value), rest]).toEqual(['"x\\"]"', 'a[1].b', '']);
    expect(follow(document, '/a/7/c')).toEqual({ value: 2, rest: '/7/c' });
    expect(follow(parseJsonText('{"x/y~":[5]}'), '/x~1y~0/0')).toEqual({ value: 2, rest: '' });
    expect(follow(document, '')).toEqual({ value: 0, rest: '' });
  });

  it.each([
    '',
    '{',
    '[1,]',
    '[1 2]',
    '{"a":1,}',
    '{"a"}',
    '{a:1}',
    '[1]]',
    '"abc',
    '"abc\\"',
    'tru',
    '01x',
    '[}',
    '{]',
    '-',
    '1 2',
    'undefined',
  ])('is refused: %s', (wrong) => {
    expect(() => parseJsonText(wrong)).toThrow(NotJsonError);
  });

  it.each(['0', '"a\\\\"', '[]', ' {} ', '\ufeff[true,false,null]', '-1.5E-3', '"\u2028\u0001"'])(
    'is accepted: %s',
    (right) => {
      expect(parseJsonText(right).size).toBeGreaterThan(0);
    },
  );

  it.each([
    '{"a":[1,{"b":"cut of',
    '{"a":[1,{"b":"x"',
    '{"a":[1,{"b":tr',
    '{"a":[1,{"b"',
    '{"a":[1,{',
    '"x\\"',
  ])('may end too early if it was cut: %s', (start) => {
    expect(parseJsonText(start, true).isCut).toBe(true);
    expect(() => parseJsonText(start)).toThrow(NotJsonError);
  });

  it('is not cut if it is whole', () => {
    expect(parseJsonText('{"a":"b"}', true).isCut).toBe(false);
    expect(() => parseJsonText('{"a":b c', true)).toThrow(NotJsonError);
  });

  it('may be deep', () => {
    const depth = 200_000;
    const deep = parseJsonText('['.repeat(depth) + ']'.repeat(depth));
    expect(deep.size).toBe(depth);
    const tree = new JsonTree(deep);
    tree.expandAll();
    expect(tree.line(tree.length - 1).depth).toBe(depth - 1);
  });

  it('is read in steps', () => {
    const parser = new JsonParser('[1,2,3]');
    expect([parser.step(3), parser.step(3), parser.step(3)]).toEqual([false, false, true]);
    expect(parser.document.count(0)).toBe(3);
  });

  it('has strings that may be invalid', () => {
    expect(decodeString('"a\\nb"')).toBe('a\nb');
    expect(decodeString('"a\\q"')).toBe('a\\q');
    expect(decodeString('"cut')).toBe('cut');
  });
});

describe('the lines of a JSON text', () => {
  const keys = (tree: JsonTree) =>
    Array.from({ length: tree.length }, (_, index) => {
      const { document, value, depth } = tree.line(index);
      const source = tree.document(document);
      return `${' '.repeat(depth)}${source.key(value) ?? source.text.slice(source.start(value), source.end(value)).slice(0, 4)}`;
    });

  it('are those of expanded values', () => {
    const tree = new JsonTree(parseJsonText('{"a":{"b":1},"c":[2]}'));
    const all = ['{"a"', ' "a"', '  "b"', ' "c"', '  2'];
    expect(keys(tree)).toEqual(all);
    tree.toggle({ document: 0, value: 1 });
    expect(keys(tree)).toEqual(['{"a"', ' "a"', ' "c"', '  2']);
    tree.collapseAll();
    expect(keys(tree)).toEqual(['{"a"', ' "a"', ' "c"']);
    tree.expandAll();
    expect(keys(tree)).toEqual(all);
    expect(tree.indexOf({ document: 0, value: 3 })).toBe(3);
    expect([0, 1, 2, 3, 4].map((index) => tree.line(index).place)).toEqual([0, 0, 0, 1, 0]);
  });

  it('go into a string that is JSON', () => {
    const tree = new JsonTree(parseJsonText(JSON.stringify({ body: '{"x":[7]}', y: 1 })));
    expect(tree.canExpand({ document: 0, value: 1 })).toBe(true);
    tree.toggle({ document: 0, value: 1 });
    expect(keys(tree)).toEqual(['{"bo', ' "body"', '  {"x"', '   "x"', '    7', ' "y"']);
    expect(tree.parentOf({ document: 1, value: 0 })).toEqual({ document: 0, value: 1 });
  });

  it('know what was masked, also in a string that is JSON', () => {
    const inner = JSON.stringify({ x: [JSON.stringify({ password: '[masked]' })] });
    const text = JSON.stringify({ body: inner, token: '[masked]', plain: 'x' });
    const tree = new JsonTree(parseJsonText(text), ['/body/x/0/password', '/token', '/gone/too']);
    const marked = () =>
      Array.from({ length: tree.length }, (_, index) => index).filter((index) =>
        tree.isMasked(tree.line(index)),
      );
    expect(marked()).toEqual([1, 2]);
    tree.toggle({ document: 0, value: 1 });
    // body, its whole, x, the string in it, token, plain
    expect(marked()).toEqual([1, 4, 5]);
    tree.toggle({ document: 1, value: 2 });
    expect(keys(tree)[6]?.trim()).toBe('"password"');
    expect(marked()).toEqual([1, 4, 6, 7]);
  });

  it('do not go into a string that only looks like JSON', () => {
    const tree = new JsonTree(parseJsonText(JSON.stringify({ body: '{not JSON}' })));
    const at = { document: 0, value: 1 };
    expect(tree.canExpand(at)).toBe(true);
    tree.toggle(at);
    expect([tree.canExpand(at), tree.isExpanded(at), tree.length]).toEqual([false, false, 2]);
  });

  it('are few at first', () => {
    const many = { small: [1, 2], large: Array.from({ length: 5000 }, (_, index) => index) };
    const tree = new JsonTree(parseJsonText(JSON.stringify(many)));
    expect(keys(tree)).toEqual(['{"sm', ' "small"', '  1', '  2', ' "large"']);
  });

  it('show a value that was found', () => {
    const source = '{"a":{"b":{"needle":1}}}';
    const tree = new JsonTree(parseJsonText(source));
    tree.collapseAll();
    const found = tree.valueAtOffset(source.indexOf('needle'));
    expect(tree.indexOf(found)).toBeUndefined();
    tree.reveal(found);
    expect(keys(tree)).toEqual(['{"a"', ' "a"', '  "b"', '   "needle"']);
    expect(tree.indexOf(found)).toBe(3);
  });
});
