// Texts of Terraform's language: quoted ones and heredocs, with `${}` in them.
// https://developer.hashicorp.com/terraform/language/expressions/strings
import { Reader } from './reader.ts';
import type { Expression } from './syntax.ts';

type ReadExpression = (reader: Reader) => Expression;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** From its `"` on. */
export function quoted(reader: Reader, readExpression: ReadExpression): Expression {
  reader.at += 1;
  const value = parts(reader, readExpression, '"');
  reader.at += 1;
  return value;
}

/** From its `<<` on, until the line with its marker. */
export function heredoc(reader: Reader, readExpression: ReadExpression): Expression {
  reader.at += 2;
  const isIndented = reader.text[reader.at] === '-';
  if (isIndented) reader.at += 1;
  const marker = reader.word() ?? reader.fail('a heredoc has no marker');
  reader.skip(false);
  if (reader.text[reader.at] !== '\n') reader.fail('the marker of a heredoc must end its line');
  reader.at += 1;
  const { line } = reader;
  const lines: string[] = [];
  for (;;) {
    if (reader.isAtEnd) reader.fail(`the heredoc ${marker} has no end`);
    const newline = reader.text.indexOf('\n', reader.at);
    const end = newline < 0 ? reader.text.length : newline;
    const each = reader.text.slice(reader.at, end);
    // The line's end stays: it ends the attribute.
    reader.at = end;
    if (each.trim() === marker) break;
    lines.push(`${each}\n`);
    reader.at = Math.min(reader.text.length, end + 1);
  }
  const indent = isIndented
    ? Math.min(...lines.filter((each) => each.trim() !== '').map((each) => each.search(/\S/)), 1000)
    : 0;
  const text = lines
    .map((each) => (each.trim() === '' ? each.trimStart() || '\n' : each.slice(indent)))
    .join('');
  return parts(new Reader(text, line, reader.depth), readExpression, undefined);
}

/** A text that is a template as a whole, such as a string of a .tf.json file. */
export function wholeTemplate(text: string, line: number, readExpression: ReadExpression): Expression {
  return parts(new Reader(text, line), readExpression, undefined);
}

/** Until `close`, which is not passed over, or the end of the text. */
function parts(reader: Reader, readExpression: ReadExpression, close: '"' | undefined): Expression {
  const found: Expression[] = [];
  let text = '';
  const keep = () => {
    if (text !== '') found.push({ kind: 'literal', value: text });
    text = '';
  };
  for (;;) {
    const character = reader.text[reader.at];
    if (character === undefined) {
      if (close === undefined) break;
      reader.fail('a text has no end');
    }
    if (character === close) break;
    if (character === '\n' && close !== undefined) reader.fail('a text has no end on its line');
    const two = reader.text.slice(reader.at, reader.at + 2);
    const three = reader.text.slice(reader.at, reader.at + 3);
    // `$${` stands for `${`.
    if (three === '$${' || three === '%%{') {
      text += three.slice(1);
      reader.at += 3;
    } else if (two === '${') {
      keep();
      reader.at += 2;
      if (reader.text[reader.at] === '~') reader.at += 1;
      const value = reader.within(true, () => {
        const inner = readExpression(reader);
        reader.takes('~');
        reader.needs('}');
        return inner;
      });
      found.push(value);
    } else if (two === '%{') {
      keep();
      const end = reader.text.indexOf('}', reader.at);
      if (end < 0) reader.fail('a directive has no end');
      reader.at = end + 1;
      found.push({ kind: 'unsupported', what: 'a directive in a text' });
    } else if (character === '\\' && close !== undefined) text += escaped(reader);
    else {
      text += character;
      reader.at += 1;
    }
  }
  keep();
  const [only, second] = found;
  if (only === undefined) return { kind: 'literal', value: '' };
  // `"${x}"` is x, of whatever type.
  return second === undefined ? only : { kind: 'template', parts: found };
}

function escaped(reader: Reader): string {
  const sign = reader.text[reader.at + 1] ?? '';
  const length = sign === 'u' ? 4 : sign === 'U' ? 8 : 0;
  if (length > 0) {
    const hex = reader.text.slice(reader.at + 2, reader.at + 2 + length);
    const code = /^[\da-fA-F]{4,8}$/.test(hex) ? Number.parseInt(hex, 16) : Number.NaN;
    if (hex.length !== length || !(code <= 0x10ffff)) reader.fail('an escape has no valid code point');
    reader.at += 2 + length;
    return String.fromCodePoint(code);
  }
  const text = escapes[sign];
  if (text === undefined) reader.fail(`\\${sign} is not an escape`);
  reader.at += 2;
  return text;
}
