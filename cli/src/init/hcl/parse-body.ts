// A .tf file: attributes and blocks. https://developer.hashicorp.com/terraform/language/syntax/configuration
import { parseExpression } from './parse-expression.ts';
import { Reader } from './reader.ts';
import type { Attribute, Block, Body } from './syntax.ts';

/** Throws a {@link SyntaxFault} for the first thing that is not of the language. */
export function parseFile(text: string): Body {
  const reader = new Reader(text.replace(/^\ufeff/, ''));
  const body = parseBody(reader);
  if (!reader.isAtEnd) reader.fail('an attribute or a block is expected here');
  return body;
}

function parseBody(reader: Reader): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    reader.skip(true);
    if (reader.isAtEnd || reader.sees('}')) return { attributes, blocks };
    const { line } = reader;
    const name = reader.word() ?? reader.fail('an attribute or a block is expected here');
    if (reader.takes('=')) {
      attributes.set(name, { name, value: parseExpression(reader), line });
    } else blocks.push(parseBlock(reader, name, line));
    if (!reader.isAtEnd && !reader.sees('\n') && !reader.sees('}'))
      reader.fail('the line must end behind this');
  }
}

function parseBlock(reader: Reader, type: string, line: number): Block {
  const labels: string[] = [];
  while (!reader.sees('{')) {
    if (reader.isAtEnd || reader.sees('\n')) reader.fail('"=" or "{" is missing');
    labels.push(labelOf(reader));
  }
  reader.at += 1;
  return reader.within(false, () => {
    const body = parseBody(reader);
    reader.needs('}');
    return { type, labels, body, line };
  });
}

function labelOf(reader: Reader): string {
  if (!reader.sees('"')) return reader.word() ?? reader.fail('a label is missing');
  const label = parseExpression(reader);
  return label.kind === 'literal' && typeof label.value === 'string'
    ? label.value
    : reader.fail('a label must be a plain text');
}
