// Expressions of Terraform's language: https://developer.hashicorp.com/terraform/language/expressions
import { heredoc, quoted } from './parse-template.ts';
import type { Reader } from './reader.ts';
import type { Expression } from './syntax.ts';

/** Operators by how tightly they bind, the loosest first; a longer one before its beginning. */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const position = /\d{1,9}/y;
const digits = /\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?/y;

/** Throws a {@link SyntaxFault}. */
export function parseExpression(reader: Reader): Expression {
  return reader.within(reader.linesJoin, () => {
    const test = binary(reader, 0);
    if (!reader.takes('?')) return test;
    // Terraform takes line ends around both.
    reader.skip(true);
    const yes = parseExpression(reader);
    reader.skip(true);
    reader.needs(':');
    reader.skip(true);
    return { kind: 'condition', test, yes, no: parseExpression(reader) };
  });
}

function binary(reader: Reader, level: number): Expression {
  const operators = levels[level];
  if (operators === undefined) return unary(reader);
  let left = binary(reader, level + 1);
  for (;;) {
    const operator = operators.find((each) => reader.sees(each));
    if (operator === undefined) return left;
    reader.at += operator.length;
    reader.skip(true);
    left = { kind: 'binary', operator, left, right: binary(reader, level + 1) };
  }
}

function unary(reader: Reader): Expression {
  for (const operator of ['-', '!'] as const)
    if (reader.takes(operator))
      return { kind: 'unary', operator, of: reader.within(reader.linesJoin, () => unary(reader)) };
  return traversal(reader, primary(reader));
}

/** What follows a value: `.name`, `.0`, `[key]`, `[*]` and `.*`. */
function traversal(reader: Reader, first: Expression): Expression {
  let value = first;
  for (;;) {
    // No space may be before these.
    const { at, text } = reader;
    if (text.startsWith('...', at)) return value;
    if (text.startsWith('[*]', at) || text.startsWith('.*', at)) {
      reader.at += text[at] === '[' ? 3 : 2;
      const rest = reader.within(reader.linesJoin, () => traversal(reader, { kind: 'item' }));
      return { kind: 'splat', of: value, each: rest };
    }
    if (text[at] === '.') {
      reader.at += 1;
      position.lastIndex = reader.at;
      const [number] = position.exec(text) ?? [];
      if (number !== undefined) {
        reader.at += number.length;
        value = { kind: 'index', of: value, key: { kind: 'literal', value: Number(number) } };
      } else {
        const name = reader.word() ?? reader.fail('a name is missing behind "."');
        value = { kind: 'index', of: value, key: { kind: 'literal', value: name } };
      }
    } else if (text[at] === '[') {
      reader.at += 1;
      const of = value;
      value = reader.within(true, () => {
        const key = parseExpression(reader);
        reader.needs(']');
        return { kind: 'index', of, key };
      });
    } else return value;
  }
}

function primary(reader: Reader): Expression {
  reader.skip();
  const { at, text } = reader;
  const character = text[at];
  if (character === '"') return quoted(reader, parseExpression);
  if (text.startsWith('<<', at)) return heredoc(reader, parseExpression);
  if (character === '(') return inside(reader, '(', ')', true, () => parseExpression(reader));
  if (character === '[') return inside(reader, '[', ']', true, () => forOrItems(reader, ']'));
  if (character === '{') return inside(reader, '{', '}', false, () => forOrItems(reader, '}'));
  digits.lastIndex = at;
  const number = digits.exec(text);
  if (number !== null) {
    reader.at = digits.lastIndex;
    return { kind: 'literal', value: Number(number[0]) };
  }
  const word = reader.word();
  if (word === undefined) return reader.fail('a value is missing');
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  if (word === 'null') return { kind: 'literal', value: null };
  let name = word;
  // A function of a provider.
  while (reader.text.startsWith('::', reader.at)) {
    reader.at += 2;
    name += `::${reader.word() ?? reader.fail('a name is missing behind "::"')}`;
  }
  return reader.text[reader.at] === '(' ? call(reader, name) : { kind: 'name', name };
}

function inside<T>(reader: Reader, open: string, close: string, linesJoin: boolean, read: () => T): T {
  reader.at += open.length;
  return reader.within(linesJoin, () => {
    const value = read();
    reader.skip(true);
    reader.needs(close);
    return value;
  });
}

function call(reader: Reader, name: string): Expression {
  return inside(reader, '(', ')', true, () => {
    const args: Expression[] = [];
    let isSpread = false;
    while (!reader.sees(')')) {
      args.push(parseExpression(reader));
      isSpread = reader.takes('...');
      if (isSpread || !reader.takes(',')) break;
    }
    return { kind: 'call', name, args, isSpread };
  });
}

function forOrItems(reader: Reader, close: ']' | '}'): Expression {
  reader.skip(true);
  const from = reader.at;
  if (reader.takesWord('for') && /\s/.test(reader.text[reader.at] ?? ''))
    return reader.within(true, () => forOf(reader, close));
  reader.at = from;
  return close === ']' ? tuple(reader) : object(reader);
}

function forOf(reader: Reader, close: ']' | '}'): Expression {
  const names = [reader.word() ?? reader.fail('a name is missing behind "for"')];
  if (reader.takes(',')) names.push(reader.word() ?? reader.fail('a name is missing behind ","'));
  if (!reader.takesWord('in')) reader.fail('"in" is missing');
  const over = parseExpression(reader);
  reader.needs(':');
  const first = parseExpression(reader);
  const isObject = close === '}';
  if (isObject) reader.needs('=>');
  const value = isObject ? parseExpression(reader) : first;
  const isGrouped = isObject && reader.takes('...');
  const when = reader.takesWord('if') ? parseExpression(reader) : undefined;
  return { kind: 'for', names, over, key: isObject ? first : undefined, value, when, isGrouped };
}

function tuple(reader: Reader): Expression {
  const items: Expression[] = [];
  while (!reader.sees(']')) {
    items.push(parseExpression(reader));
    if (!reader.takes(',')) break;
  }
  return { kind: 'tuple', items };
}

function object(reader: Reader): Expression {
  const items: (readonly [Expression, Expression])[] = [];
  for (;;) {
    reader.skip(true);
    if (reader.sees('}')) return { kind: 'object', items };
    const key = keyOf(reader);
    if (!reader.takes('=')) reader.needs(':');
    reader.skip(true);
    items.push([key, parseExpression(reader)]);
    if (!reader.takes(',') && !reader.sees('\n') && !reader.sees('}'))
      reader.fail('a "," or the end of the line is missing');
  }
}

/** A name alone stands for itself. */
function keyOf(reader: Reader): Expression {
  const from = reader.at;
  const word = reader.word();
  if (word !== undefined) {
    reader.skip();
    if (reader.text[reader.at] === '=' || reader.text[reader.at] === ':')
      if (!reader.text.startsWith('==', reader.at) && !reader.text.startsWith('::', reader.at))
        return { kind: 'literal', value: word };
    reader.at = from;
  }
  return parseExpression(reader);
}
