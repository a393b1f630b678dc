// DynamoDB: a table's key, e.g. `stage` and `item`, in items, in requests and in key conditions.

import { dynamoDbLimits } from '../aws-api/aws-limits.ts';
import { type AttributeValue, type Item, typeOf } from './attribute-value.ts';
import { type Comparator, type Condition, type Operand, operandsOf } from './condition.ts';
import { invalid } from './dynamodb-error.ts';

/** The names of a table's key attributes, which are strings. */
export interface KeySchema {
  readonly partition: string;
  readonly sort: string | undefined;
}

/** The key of one item; `sort` is empty in a table without a sort key. */
export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

/** The attributes of a key, the partition's first. */
export function keyNames({ partition, sort }: KeySchema): readonly string[] {
  return sort === undefined ? [partition] : [partition, sort];
}

/** The `Key` of a request: all key attributes, strings, and nothing else. */
export function parseKey(key: Item, schema: KeySchema): ItemKey {
  const names = keyNames(schema);
  const values = names.map((name) => key.get(name));
  if (key.size !== names.length || !values.every((value) => value !== undefined && 'S' in value)) {
    throw invalid('The provided key element does not match the schema');
  }
  return checkKey(key, schema, 'One or more parameter values were invalid:');
}

/** The key within a whole item. */
export function keyOf(item: Item, schema: KeySchema): ItemKey {
  for (const name of keyNames(schema)) {
    const value = item.get(name);
    if (!value)
      throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`);
    if (!('S' in value)) {
      throw invalid(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: S actual: ${typeOf(value)}`,
      );
    }
  }
  return checkKey(item, schema, 'One or more parameter values are not valid.');
}

function checkKey(item: Item, schema: KeySchema, lead: string): ItemKey {
  const [partition = '', sort = ''] = keyNames(schema).map((name) => textOf(item.get(name)));
  for (const name of keyNames(schema)) {
    if (textOf(item.get(name)) === '') {
      throw invalid(
        `${lead} The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
    }
  }
  if (Buffer.byteLength(partition) > dynamoDbLimits.partitionKeyBytes) {
    throw invalid(
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    );
  }
  if (Buffer.byteLength(sort) > dynamoDbLimits.sortKeyBytes) {
    throw invalid(
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    );
  }
  return { partition, sort };
}

/** The range of a KeyConditionExpression: one partition, and possibly a condition on the sort key. */
export interface KeyRange {
  readonly partition: string;
  readonly sort: Condition | undefined;
}

/** Throws a ValidationException for a condition that is not valid for a key. */
export function parseKeyRange(condition: Condition, schema: KeySchema): KeyRange {
  const names = keyNames(schema);
  const byName = new Map<string, Condition>();
  for (const leaf of conjuncts(condition)) {
    const { name, condition: normalised, values } = onOneKey(leaf);
    if (byName.has(name)) throw invalid('KeyConditionExpressions must only contain one condition per key');
    if (!values.every((value) => 'S' in value) && names.includes(name)) {
      throw invalid(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      );
    }
    byName.set(name, normalised);
  }
  if (byName.size > 2) throw invalid('Conditions can be of length 1 or 2 only');
  const partition = byName.get(schema.partition);
  if (!partition) throw invalid(`Query condition missed key schema element: ${schema.partition}`);
  if (partition.kind !== 'compare' || partition.comparator !== '=' || partition.right.kind !== 'literal') {
    throw invalid('Query key condition not supported');
  }
  const sort = schema.sort === undefined ? undefined : byName.get(schema.sort);
  if (byName.size === 2 && !sort) {
    throw invalid(
      schema.sort === undefined
        ? 'Query key condition not supported'
        : `Query condition missed key schema element: ${schema.sort}`,
    );
  }
  return { partition: textOf(partition.right.value), sort };
}

function conjuncts(condition: Condition): Condition[] {
  return condition.kind === 'and'
    ? [...conjuncts(condition.left), ...conjuncts(condition.right)]
    : [condition];
}

const mirrored: Readonly<Record<Comparator, Comparator>> = {
  '=': '=',
  '<>': '<>',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

function onOneKey(leaf: Condition): { name: string; condition: Condition; values: AttributeValue[] } {
  const operator = leaf.kind === 'compare' ? leaf.comparator : leaf.kind;
  if (leaf.kind === 'and' || leaf.kind === 'or' || leaf.kind === 'not') {
    throw invalid(`Invalid operator used in KeyConditionExpression: ${leaf.kind.toUpperCase()}`);
  }
  if (leaf.kind !== 'compare' && leaf.kind !== 'between' && leaf.kind !== 'begins_with') {
    const shown = leaf.kind === 'in' ? 'IN' : leaf.kind;
    throw invalid(`Invalid operator used in KeyConditionExpression: ${shown}`);
  }
  if (operator === '<>') throw invalid('Invalid operator used in KeyConditionExpression: <>');
  const operands = operandsOf(leaf);
  const names = operands.flatMap((operand) => (operand.kind === 'attribute' ? [operand.name] : []));
  const [name] = names;
  if (name === undefined) {
    throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified');
  }
  if (names.length > 1) {
    throw invalid(
      'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition',
    );
  }
  const values = operands.flatMap((operand) => (operand.kind === 'literal' ? [operand.value] : []));
  if (operands[0]?.kind === 'attribute') return { name, condition: leaf, values };
  if (leaf.kind !== 'compare') {
    const shown = leaf.kind === 'between' ? 'BETWEEN' : leaf.kind;
    throw invalid(
      `Invalid condition in KeyConditionExpression: ${shown} operator must have the key attribute as its first operand`,
    );
  }
  const [left, right]: [Operand, Operand] = [leaf.right, leaf.left];
  return { name, condition: { ...leaf, comparator: mirrored[leaf.comparator], left, right }, values };
}

function textOf(value: AttributeValue | undefined): string {
  return value && 'S' in value ? value.S : '';
}
