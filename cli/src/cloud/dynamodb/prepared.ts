// DynamoDB: the form of every operation before it runs, and what operations share.
import type { AttributeValue, Item } from './attribute-value.ts';
import { invalid } from './dynamodb-error.ts';
import type { KeySchema } from './item-key.ts';
import type { Table } from './table.ts';

/** A valid request; it may run once access to its partitions is allowed. */
export interface Prepared {
  /** The partitions it touches, IAM's `dynamodb:LeadingKeys`. */
  readonly partitions: readonly string[];
  /** The attributes that a write names, IAM's `dynamodb:Attributes`: those of its item or key, and in its expressions. */
  readonly attributes: readonly string[];
  /** Returns the answer's JSON. Throws if the existing items conflict with it. */
  run(table: Table): unknown;
}

/** Parses a request; throws a DynamoDbError if it is invalid. */
export type Operation = (raw: unknown, tableName: string, schema: KeySchema) => Prepared;

/** An item, or a part of one, as JSON. */
export function itemJson(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(item);
}

/** Placeholders are invalid without an expression that uses them. */
export function checkPlaceholders(
  names: unknown,
  values: unknown,
  expressions: readonly (string | undefined)[],
  valueExpressions: readonly string[],
): void {
  if (expressions.some((text) => text !== undefined)) return;
  if (names !== undefined) {
    throw invalid('ExpressionAttributeNames can only be specified when using expressions');
  }
  if (values !== undefined) {
    const verb = valueExpressions.length > 1 ? 'are' : 'is';
    throw invalid(
      `ExpressionAttributeValues can only be specified when using expressions: ${valueExpressions.join(' and ')} ${verb} null`,
    );
  }
}
