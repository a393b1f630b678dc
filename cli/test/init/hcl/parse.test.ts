// The parser of Terraform's language: all code of this repository, what is not valid, and texts that were changed at random.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFile } from '../../../src/init/hcl/parse-body.ts';
import { parseJsonFile } from '../../../src/init/hcl/parse-json.ts';
import { SyntaxFault } from '../../../src/init/hcl/syntax.ts';

const repository = join(import.meta.dirname, '../../../..');
const files = spawnSync('git', ['ls-files', '-z', '*.tf', '*.tftest.hcl'], {
  cwd: repository,
  encoding: 'utf8',
})
  .stdout.split('\0')
  .filter((name) => name !== '');

const textOf = (name: string) => readFileSync(join(repository, name), 'utf8');

/** The fault of a text, as `line: message`; undefined if it is valid. Any other error is thrown. */
function fault(text: string, parse: (text: string) => unknown = parseFile): string | undefined {
  try {
    parse(text);
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxFault) return `${error.line}: ${error.message}`;
    throw error;
  }
}

test('all Terraform code of this repository is valid', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap((name) => fault(textOf(name)) ?? [])).toEqual([]);
});

test.each([
  ['a = [1, 2', '1: "]" is missing'],
  ['a = {\n  b = 1\n', '3: a value is missing'],
  ['a = "x', '1: a text has no end'],
  ['a = "x\n"', '1: a text has no end on its line'],
  ['a = "\\q"', '1: \\q is not an escape'],
  [`a = "\${1"`, '1: "}" is missing'],
  ['a = <<X\ntext\n', '3: the heredoc X has no end'],
  ['\n/* no end', '2: a comment has no end'],
  ['a = 1 b = 2', '1: the line must end behind this'],
  ['a "b" c', '1: "=" or "{" is missing'],
  [`resource "a" "\${b}" {}`, '1: a label must be a plain text'],
  ['}', '1: an attribute or a block is expected here'],
  ['a = b.', '1: a name is missing behind "."'],
  ['a = f(1,,2)', '1: a value is missing'],
  ['a = [for x of y : x]', '1: "in" is missing'],
])('%j is not', (text, message) => {
  expect(fault(text)).toBe(message);
});

test('what is hard to tell apart', () => {
  const { attributes, blocks } = parseFile(
    `
a = { in = 1, "b c" : 2, (d) = 3, e-f = 4 } // a comment
g = [ # another
  for k, v in h : v... if k == "i"
]
block { in_one_line = true }
nested "a" b {
  inner {}
}
`.replace(' v... if', ' v if'),
  );
  expect([...attributes.keys()]).toEqual(['a', 'g']);
  expect(blocks.map(({ labels, line, type }) => [type, labels, line])).toEqual([
    ['block', [], 6],
    ['nested', ['a', 'b'], 7],
  ]);
});

test('texts that were changed at random are valid or have a fault, and nothing else', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % below;
  };
  const signs = [
    '"',
    `\${`,
    '}',
    '{',
    '[',
    ']',
    '(',
    ')',
    '<<E\n',
    '\n',
    '*',
    '...',
    '%{',
    '\\',
    '/*',
    '#',
    '\u0000',
    'é',
    '=',
  ];
  let faults = 0;
  for (let round = 0; round < 1500; round++) {
    let text = textOf(files[random(files.length)] ?? '').slice(0, 3000);
    for (let change = 0; change < 3; change++) {
      const at = random(text.length + 1);
      text = text.slice(0, at) + (signs[random(signs.length)] ?? '') + text.slice(at + random(3));
    }
    if (fault(text) !== undefined) faults += 1;
  }
  expect(faults).toBeGreaterThan(500);
  expect(fault(`{"resource": [[[{"a": {"b": "\${"}}]]]}`, parseJsonFile)).toBeUndefined();
  expect(fault(`{"resource": {"a": {"b": {"c": "\${"}}}}`, parseJsonFile)).toBe('1: a value is missing');
});

test.each(['{', '[', '(', 'a=[', `"\${`, '!', '-', 'a{', `<<A\n\${`, 'a=<<A\n', 'a.b', '/*', 'a?b:'])(
  '%j a hundred thousand times over ends at once',
  (part) => {
    fault(part.repeat(100_000));
    fault(`a = ${part.repeat(100_000)}`);
    fault(JSON.stringify({ locals: { a: part.repeat(100_000) } }), parseJsonFile);
  },
);
