// DynamoDB: what every operation comes to before it runs, and what they share.
import type { AttributeValue, Item } from './attribute-value.ts';
import { invalid } from './dynamodb-error.ts';
import type { KeySchema } from './item-key.ts';
import type { Table } from './table.ts';

/** A request that was found right; it may run once its partitions are allowed. */
export interface Prepared {
  /** The partitions it touches, IAM's `dynamodb:LeadingKeys`. */
  readonly partitions: readonly string[];
  /** The attributes a write names, IAM's `dynamodb:Attributes`: of its item or key, and in its expressions. */
  readonly attributes: readonly string[];
  /** Gives the answer's JSON. Throws where the items stand against it. */
  run(table: Table): unknown;
}

/** Parses a request; throws a DynamoDbError for anything wrong with it. */
export type Operation = (raw: unknown, tableName: string, schema: KeySchema) => Prepared;

/** An item, or a part of one, as JSON. */
export function itemJson(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(item);
}

/** Placeholders make no sense without an expression to use them. */
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
