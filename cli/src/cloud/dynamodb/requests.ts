// DynamoDB: the schemas of its operations' requests; anything else is refused by name.
import * as v from 'valibot';
import { DynamoDbError, invalid, unsupported } from './dynamodb-error.ts';

/** JSON objects with names from outside stay as parsed: no name is special. */
const attributes = v.custom<Readonly<Record<string, unknown>>>(isObject);
const names = v.custom<Readonly<Record<string, string>>>(
  (input) => isObject(input) && Object.values(input as object).every((name) => typeof name === 'string'),
);

const conditional = {
  ConditionExpression: v.optional(v.string()),
  ExpressionAttributeNames: v.optional(names),
  ExpressionAttributeValues: v.optional(attributes),
  ReturnValuesOnConditionCheckFailure: v.optional(v.picklist(['ALL_OLD', 'NONE'])),
  ReturnConsumedCapacity: v.optional(v.literal('NONE')),
  ReturnItemCollectionMetrics: v.optional(v.literal('NONE')),
};
const projected = {
  ConsistentRead: v.optional(v.boolean()),
  ProjectionExpression: v.optional(v.string()),
  ExpressionAttributeNames: v.optional(names),
};
const anyReturnValues = v.picklist(['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW']);

export const getItemRequest = v.strictObject({
  TableName: v.string(),
  Key: attributes,
  ...projected,
  ReturnConsumedCapacity: v.optional(v.literal('NONE')),
});

export const putItemRequest = v.strictObject({
  TableName: v.string(),
  Item: attributes,
  ReturnValues: v.optional(anyReturnValues),
  ...conditional,
});

export const deleteItemRequest = v.strictObject({
  TableName: v.string(),
  Key: attributes,
  ReturnValues: v.optional(anyReturnValues),
  ...conditional,
});

export const updateItemRequest = v.strictObject({
  TableName: v.string(),
  Key: attributes,
  UpdateExpression: v.optional(v.string()),
  ReturnValues: v.optional(anyReturnValues),
  ...conditional,
});

export const queryRequest = v.strictObject({
  TableName: v.string(),
  KeyConditionExpression: v.optional(v.string()),
  FilterExpression: v.optional(v.string()),
  ...projected,
  ExpressionAttributeValues: v.optional(attributes),
  ExclusiveStartKey: v.optional(attributes),
  Limit: v.optional(v.number()),
  ScanIndexForward: v.optional(v.boolean()),
  Select: v.optional(v.picklist(['ALL_ATTRIBUTES', 'COUNT', 'SPECIFIC_ATTRIBUTES'])),
  ReturnConsumedCapacity: v.optional(v.literal('NONE')),
});

const keysAndAttributes = v.strictObject({ Keys: v.array(attributes), ...projected });

export const batchGetItemRequest = v.strictObject({
  RequestItems: v.record(v.string(), keysAndAttributes),
  ReturnConsumedCapacity: v.optional(v.literal('NONE')),
});

export const describeTableRequest = v.strictObject({ TableName: v.string() });

/** Throws DynamoDB's errors for an invalid request of `operation`. */
export function parseRequest<Schema extends v.GenericSchema>(
  operation: string,
  schema: Schema,
  raw: unknown,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, raw, { abortEarly: true });
  if (success) return output;
  const [issue] = issues;
  const path = v.getDotPath(issue) ?? 'the request';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    throw unsupported(`the parameter ${path} of ${operation}`);
  }
  if (issue.input === undefined) {
    throw invalid(`The parameter '${path}' is required but was not present in the request`);
  }
  if (issue.type === 'literal') throw unsupported(`${path} ${issue.received} of ${operation}`);
  if (issue.type === 'picklist') {
    const values = (issue.expected ?? '').replace(/["()]/g, '').split(' | ').join(', ');
    const member = path.charAt(0).toLowerCase() + path.slice(1);
    throw invalid(
      `1 validation error detected: Value ${issue.received.replaceAll('"', "'")} at '${member}' failed to satisfy constraint: Member must satisfy enum value set: [${values}]`,
    );
  }
  throw new DynamoDbError('SerializationException', `Unexpected value type in payload: ${path}`);
}

function isObject(input: unknown): boolean {
  return typeof input === 'object' && input !== null && !Array.isArray(input);
}
