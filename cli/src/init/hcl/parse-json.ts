// A .tf.json file, as the blocks that it stands for. https://developer.hashicorp.com/terraform/language/syntax/json
import { parseExpression } from './parse-expression.ts';
import { wholeTemplate } from './parse-template.ts';
import {
  type Attribute,
  type Block,
  type Body,
  deepestNesting,
  type Expression,
  SyntaxFault,
} from './syntax.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** How many labels blocks of a type have; of other types nothing is read. */
const labelsOf: Readonly<Record<string, number>> = {
  resource: 2,
  data: 2,
  module: 1,
  variable: 1,
  output: 1,
  locals: 0,
};

/** Throws a {@link SyntaxFault}. Arguments and blocks within a block are attributes alike: only a schema tells them apart. */
export function parseJsonFile(text: string): Body {
  const blocks: Block[] = [];
  for (const each of objects(parsed(text)))
    for (const [type, content] of Object.entries(each)) {
      const count = Object.hasOwn(labelsOf, type) ? labelsOf[type] : undefined;
      if (count !== undefined) collect(type, [], count, content, blocks);
    }
  return { attributes: new Map(), blocks };
}

/** A .tfvars.json file. */
export function parseJsonValues(text: string): Body {
  const [values] = objects(parsed(text));
  return { attributes: attributesOf(values ?? {}), blocks: [] };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    throw new SyntaxFault(1, 'it is not JSON');
  }
}

function collect(
  type: string,
  labels: readonly string[],
  more: number,
  content: unknown,
  blocks: Block[],
): void {
  for (const each of objects(content)) {
    if (more > 0)
      for (const [label, its] of Object.entries(each))
        collect(type, [...labels, label], more - 1, its, blocks);
    else blocks.push({ type, labels, line: 1, body: { attributes: attributesOf(each), blocks: [] } });
  }
}

/** An object, or the objects of a list. */
function objects(value: unknown): JsonObject[] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.filter(
    (each): each is JsonObject => typeof each === 'object' && each !== null && !Array.isArray(each),
  );
}

function attributesOf(value: JsonObject): Map<string, Attribute> {
  return new Map(
    Object.entries(value)
      .filter(([name]) => name !== '//')
      .map(([name, its]) => [name, { name, value: expressionOf(its, 0), line: 1 }]),
  );
}

function expressionOf(value: unknown, depth: number): Expression {
  if (depth > deepestNesting) throw new SyntaxFault(1, `it is nested over ${deepestNesting} levels`);
  if (typeof value === 'string') return wholeTemplate(value, 1, parseExpression);
  if (Array.isArray(value))
    return { kind: 'tuple', items: value.map((each) => expressionOf(each, depth + 1)) };
  if (typeof value === 'object' && value !== null)
    return {
      kind: 'object',
      items: Object.entries(value).map(([key, its]) => [
        { kind: 'literal', value: key },
        expressionOf(its, depth + 1),
      ]),
    };
  return { kind: 'literal', value: typeof value === 'number' || typeof value === 'boolean' ? value : null };
}
