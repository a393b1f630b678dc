// DynamoDB: the operations that read several items, Query and BatchGetItem, a page at a time.
import { dynamoDbLimits } from '../aws-api/aws-limits.ts';
import { type Item, itemSize, parseAttributes } from './attribute-value.ts';
import { attributesOf, type Condition, meets } from './condition.ts';
import { parseCondition } from './condition-parser.ts';
import { invalid } from './dynamodb-error.ts';
import { ExpressionAttributes } from './expression-attributes.ts';
import {
  type ItemKey,
  type KeyRange,
  type KeySchema,
  keyNames,
  parseKey,
  parseKeyRange,
} from './item-key.ts';
import { checkPlaceholders, itemJson, type Prepared } from './prepared.ts';
import { parseProjection } from './projection.ts';
import { batchGetItemRequest, parseRequest, queryRequest } from './requests.ts';

const batchBytes = 16 * dynamoDbLimits.pageBytes;

export function prepareQuery(raw: unknown, _tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('Query', queryRequest, raw);
  const {
    Limit: limit,
    Select: select,
    KeyConditionExpression: keyText,
    FilterExpression: filterText,
  } = request;
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1)) {
    throw invalid(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    );
  }
  if (keyText === undefined) {
    throw invalid(
      'Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.',
    );
  }
  const attributes = new ExpressionAttributes(
    request.ExpressionAttributeNames,
    request.ExpressionAttributeValues,
  );
  const keyCondition = parseCondition('KeyConditionExpression', keyText, attributes);
  const filter = filterText === undefined ? undefined : parseFilter(filterText, attributes, schema);
  const project = parseProjection(request.ProjectionExpression, attributes);
  attributes.checkAllUsed();
  checkSelect(select, request.ProjectionExpression);
  const range = parseKeyRange(keyCondition, schema);
  const start =
    request.ExclusiveStartKey === undefined
      ? undefined
      : parseStartKey(request.ExclusiveStartKey, range, schema);
  const backwards = request.ScanIndexForward === false;
  return {
    partitions: [range.partition],
    attributes: [],
    run(table) {
      const found = table
        .partition(range.partition)
        .filter(([sort, item]) => isAfter(sort, start, backwards) && (!range.sort || meets(item, range.sort)))
        .map(([, item]) => item);
      if (backwards) found.reverse();
      const { page, last } = takePage(found, limit);
      const matching = page.filter((item) => !filter || meets(item, filter));
      return {
        ...(select === 'COUNT' ? {} : { Items: matching.map((item) => itemJson(project(item))) }),
        Count: matching.length,
        ScannedCount: page.length,
        ...(last ? { LastEvaluatedKey: keyJson(last, schema) } : {}),
      };
    },
  };
}

export function prepareBatchGet(raw: unknown, tableName: string, schema: KeySchema): Prepared {
  const request = parseRequest('BatchGetItem', batchGetItemRequest, raw);
  const { Keys: rawKeys, ...options } = request.RequestItems[tableName] ?? { Keys: [] };
  if (rawKeys.length === 0) {
    throw invalid(
      `1 validation error detected: Value '[]' at 'requestItems.${tableName}.member.keys' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    );
  }
  checkPlaceholders(options.ExpressionAttributeNames, undefined, [options.ProjectionExpression], []);
  const attributes = new ExpressionAttributes(options.ExpressionAttributeNames, undefined);
  const project = parseProjection(options.ProjectionExpression, attributes);
  attributes.checkAllUsed();
  if (rawKeys.length > dynamoDbLimits.batchKeys)
    throw invalid('Too many items requested for the BatchGetItem call');
  const keys = rawKeys.map((key) => parseKey(parseAttributes(key), schema));
  if (new Set(keys.map(({ partition, sort }) => JSON.stringify([partition, sort]))).size < keys.length) {
    throw invalid('Provided list of item keys contains duplicates');
  }
  return {
    partitions: keys.map(({ partition }) => partition),
    attributes: [],
    run(table) {
      const found: unknown[] = [];
      const unprocessed: unknown[] = [];
      let size = 0;
      for (const [index, key] of keys.entries()) {
        const item = table.get(key);
        if (!item) continue;
        size += itemSize(item);
        if (size > batchBytes) unprocessed.push(rawKeys[index]);
        else found.push(itemJson(project(item)));
      }
      return {
        Responses: { [tableName]: found },
        UnprocessedKeys: unprocessed.length > 0 ? { [tableName]: { Keys: unprocessed, ...options } } : {},
      };
    },
  };
}

/** Items up to the limit or 1 MB; `last` is set if the caller must request the next page. */
function takePage(
  items: readonly Item[],
  limit: number | undefined,
): { page: Item[]; last: Item | undefined } {
  const page: Item[] = [];
  let size = 0;
  for (const item of items) {
    page.push(item);
    size += itemSize(item);
    if (page.length === limit || size >= dynamoDbLimits.pageBytes) return { page, last: item };
  }
  return { page, last: undefined };
}

function parseFilter(text: string, attributes: ExpressionAttributes, schema: KeySchema): Condition {
  const filter = parseCondition('FilterExpression', text, attributes);
  const keyName = attributesOf(filter).find((name) => keyNames(schema).includes(name));
  if (keyName) {
    throw invalid(
      `Filter Expression can only contain non-primary key attributes: Primary key attribute: ${keyName}`,
    );
  }
  return filter;
}

function parseStartKey(raw: unknown, range: KeyRange, schema: KeySchema): ItemKey {
  const item = parseAttributes(raw);
  if (item.size !== keyNames(schema).length) throw invalid('The provided starting key is invalid');
  let key: ItemKey;
  try {
    key = parseKey(item, schema);
  } catch (cause) {
    throw invalid(`The provided starting key is invalid: ${cause instanceof Error ? cause.message : cause}`);
  }
  if (range.sort && !meets(item, range.sort)) {
    throw invalid('The provided starting key does not match the range key predicate');
  }
  if (key.partition !== range.partition) {
    throw invalid('The provided starting key is outside query boundaries based on provided conditions');
  }
  return key;
}

function checkSelect(select: string | undefined, projection: string | undefined): void {
  if (select === 'SPECIFIC_ATTRIBUTES' && projection === undefined) {
    throw invalid('SPECIFIC_ATTRIBUTES requires a ProjectionExpression');
  }
  if (select !== undefined && select !== 'SPECIFIC_ATTRIBUTES' && projection !== undefined) {
    throw invalid(`Cannot specify the ProjectionExpression when choosing to get ${select}`);
  }
}

function isAfter(sort: string, start: ItemKey | undefined, backwards: boolean): boolean {
  if (!start) return true;
  const order = Buffer.compare(Buffer.from(sort), Buffer.from(start.sort));
  return backwards ? order < 0 : order > 0;
}

function keyJson(item: Item, schema: KeySchema): Record<string, unknown> {
  return Object.fromEntries(keyNames(schema).map((name) => [name, item.get(name)]));
}
