// The directory: the table's key, `stage` and `item`, in items, in requests and in key conditions.

import { directoryLimits } from '../aws-limits.ts';
import { type AttributeValue, type Item, typeOf } from './attribute-value.ts';
import { type Comparator, type Condition, type Operand, operandsOf } from './condition.ts';
import { invalid } from './directory-error.ts';

export const partitionName = 'stage';
export const sortName = 'item';
const keyNames = [partitionName, sortName] as const;

export interface ItemKey {
  readonly partition: string;
  readonly sort: string;
}

/** The `Key` of a request: both attributes, strings, and nothing else. */
export function parseKey(key: Item): ItemKey {
  const values = keyNames.map((name) => key.get(name));
  if (key.size !== keyNames.length || !values.every((value) => value !== undefined && 'S' in value)) {
    throw invalid('The provided key element does not match the schema');
  }
  return checkKey(key, 'One or more parameter values were invalid:');
}

/** The key within a whole item. */
export function keyOf(item: Item): ItemKey {
  for (const name of keyNames) {
    const value = item.get(name);
    if (!value)
      throw invalid(`One or more parameter values were invalid: Missing the key ${name} in the item`);
    if (!('S' in value)) {
      throw invalid(
        `One or more parameter values were invalid: Type mismatch for key ${name} expected: S actual: ${typeOf(value)}`,
      );
    }
  }
  return checkKey(item, 'One or more parameter values are not valid.');
}

function checkKey(item: Item, lead: string): ItemKey {
  const [partition, sort] = [textOf(item.get(partitionName)), textOf(item.get(sortName))];
  for (const [name, text] of [[partitionName, partition] as const, [sortName, sort] as const]) {
    if (text === '') {
      throw invalid(
        `${lead} The AttributeValue for a key attribute cannot contain an empty string value. Key: ${name}`,
      );
    }
  }
  if (Buffer.byteLength(partition) > directoryLimits.partitionKeyBytes) {
    throw invalid(
      'One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of2048 bytes',
    );
  }
  if (Buffer.byteLength(sort) > directoryLimits.sortKeyBytes) {
    throw invalid(
      'One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
    );
  }
  return { partition, sort };
}

/** What a KeyConditionExpression asks for: one partition, and perhaps a condition on the sort key. */
export interface KeyRange {
  readonly partition: string;
  readonly sort: Condition | undefined;
}

/** Throws a ValidationException for a condition that can't be a key's. */
export function parseKeyRange(condition: Condition): KeyRange {
  const byName = new Map<string, Condition>();
  for (const leaf of conjuncts(condition)) {
    const { name, condition: normalised, values } = onOneKey(leaf);
    if (byName.has(name)) throw invalid('KeyConditionExpressions must only contain one condition per key');
    if (!values.every((value) => 'S' in value) && keyNames.some((each) => each === name)) {
      throw invalid(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      );
    }
    byName.set(name, normalised);
  }
  if (byName.size > keyNames.length) throw invalid('Conditions can be of length 1 or 2 only');
  const partition = byName.get(partitionName);
  if (!partition) throw invalid(`Query condition missed key schema element: ${partitionName}`);
  if (partition.kind !== 'compare' || partition.comparator !== '=' || partition.right.kind !== 'literal') {
    throw invalid('Query key condition not supported');
  }
  const sort = byName.get(sortName);
  if (byName.size === 2 && !sort) throw invalid(`Query condition missed key schema element: ${sortName}`);
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
