// DynamoDB: the operations on one item, GetItem, PutItem, UpdateItem and DeleteItem.
import { dynamoDbLimits } from '../aws-api/aws-limits.ts';
import { type Item, itemSize, parseAttributes } from './attribute-value.ts';
import { attributesOf, type Condition, meets } from './condition.ts';
import { parseCondition } from './condition-parser.ts';
import { DynamoDbError, invalid } from './dynamodb-error.ts';
import { ExpressionAttributes } from './expression-attributes.ts';
import { type KeySchema, keyNames, keyOf, parseKey } from './item-key.ts';
import { checkPlaceholders, itemJson, type Prepared } from './prepared.ts';
import { parseProjection, pick } from './projection.ts';
import {
  deleteItemRequest,
  getItemRequest,
  parseRequest,
  putItemRequest,
  updateItemRequest,
} from './requests.ts';
import { parseUpdate, type Update } from './update.ts';

export function prepareGet(raw: unknown, _tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('GetItem', getItemRequest, raw);
  checkPlaceholders(request.ExpressionAttributeNames, undefined, [request.ProjectionExpression], []);
  const attributes = new ExpressionAttributes(request.ExpressionAttributeNames, undefined);
  const project = parseProjection(request.ProjectionExpression, attributes);
  attributes.checkAllUsed();
  const key = parseKey(parseAttributes(request.Key), schema);
  return {
    partitions: [key.partition],
    attributes: [],
    run(table) {
      const item = table.get(key);
      return item ? { Item: itemJson(project(item)) } : {};
    },
  };
}

export function preparePut(raw: unknown, _tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('PutItem', putItemRequest, raw);
  const item = parseAttributes(request.Item);
  if (itemSize(item) > dynamoDbLimits.itemBytes)
    throw invalid('Item size has exceeded the maximum allowed size');
  const check = conditionOf(request);
  const key = keyOf(item, schema);
  checkReturnsOld(request.ReturnValues);
  return {
    partitions: [key.partition],
    attributes: [...item.keys(), ...check.names],
    run(table) {
      const old = table.get(key);
      check.holds(old);
      table.put(key, item);
      return request.ReturnValues === 'ALL_OLD' && old ? { Attributes: itemJson(old) } : {};
    },
  };
}

export function prepareDelete(raw: unknown, _tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('DeleteItem', deleteItemRequest, raw);
  const check = conditionOf(request);
  const key = parseKey(parseAttributes(request.Key), schema);
  checkReturnsOld(request.ReturnValues);
  return {
    partitions: [key.partition],
    attributes: [...keyNames(schema), ...check.names],
    run(table) {
      const old = table.get(key);
      check.holds(old);
      table.delete(key);
      return request.ReturnValues === 'ALL_OLD' && old ? { Attributes: itemJson(old) } : {};
    },
  };
}

export function prepareUpdate(raw: unknown, _tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('UpdateItem', updateItemRequest, raw);
  let update: Update | undefined;
  const check = conditionOf(request, (attributes) => {
    if (request.UpdateExpression !== undefined) update = parseUpdate(request.UpdateExpression, attributes);
  });
  const given = parseAttributes(request.Key);
  const key = parseKey(given, schema);
  const keyName = keyNames(schema).find((name) => update?.names.includes(name));
  if (keyName) {
    throw invalid(
      `One or more parameter values were invalid: Cannot update attribute ${keyName}. This attribute is part of the key`,
    );
  }
  return {
    partitions: [key.partition],
    attributes: [...keyNames(schema), ...(update?.reads ?? []), ...(update?.names ?? []), ...check.names],
    run(table) {
      const old = table.get(key);
      check.holds(old);
      const item = update ? update.apply(old ?? given) : (old ?? given);
      if (itemSize(item) > dynamoDbLimits.itemBytes) {
        throw invalid('Item size to update has exceeded the maximum allowed size');
      }
      table.put(key, item);
      const names = update?.names ?? [];
      switch (request.ReturnValues) {
        case 'ALL_OLD':
          return old ? { Attributes: itemJson(old) } : {};
        case 'UPDATED_OLD':
          return old ? { Attributes: itemJson(pick(old, names)) } : {};
        case 'ALL_NEW':
          return { Attributes: itemJson(item) };
        case 'UPDATED_NEW':
          return { Attributes: itemJson(pick(item, names)) };
        default:
          return {};
      }
    },
  };
}

interface Conditional {
  readonly ConditionExpression?: string | undefined;
  readonly UpdateExpression?: string | undefined;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined;
  readonly ReturnValuesOnConditionCheckFailure?: 'ALL_OLD' | 'NONE' | undefined;
}

interface Check {
  /** The attributes that the condition reads. */
  readonly names: readonly string[];
  /** Throws if the existing item does not meet the condition. */
  holds(old: Item | undefined): void;
}

/** Parses a write's expressions. */
function conditionOf(
  request: Conditional,
  parseUpdateFirst?: (attributes: ExpressionAttributes) => void,
): Check {
  const {
    ConditionExpression: text,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  } = request;
  const users = parseUpdateFirst ? ['UpdateExpression', 'ConditionExpression'] : ['ConditionExpression'];
  checkPlaceholders(names, values, [text, request.UpdateExpression], users);
  const attributes = new ExpressionAttributes(names, values);
  parseUpdateFirst?.(attributes);
  let condition: Condition | undefined;
  if (text !== undefined) condition = parseCondition('ConditionExpression', text, attributes);
  attributes.checkAllUsed();
  const holds = (old: Item | undefined) => {
    if (!condition || meets(old ?? new Map(), condition)) return;
    const shown =
      old && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' ? { Item: itemJson(old) } : {};
    throw new DynamoDbError('ConditionalCheckFailedException', 'The conditional request failed', shown);
  };
  return { names: condition ? attributesOf(condition) : [], holds };
}

function checkReturnsOld(returnValues: string | undefined): void {
  if (returnValues !== undefined && returnValues !== 'ALL_OLD' && returnValues !== 'NONE') {
    throw invalid('ReturnValues can only be ALL_OLD or NONE');
  }
}
