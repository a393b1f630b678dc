// `livectl trigger dynamodb`: puts an item into the table whose stream triggers the function.
import { keysTrace } from '../../manifest/sources/dynamodb-keys.ts';
import { type AttributeValue, itemOf } from './dynamodb-item.ts';
import type { Resource, Source } from './source.ts';

export const dynamodb: Source<'dynamodb'> = {
  flags: ['item'],
  missing: (given) => (given.has('item') ? [] : [{ flag: 'item', question: 'Item, a JSON object' }]),
  async publish(given, { resource }, aws) {
    const item = itemOf((await given.jsonObject('item'))?.value ?? {});
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME
    const tableArn = resource.stream_arn.split('/stream/', 1)[0] ?? '';
    const output = await aws.call('dynamodb:PutItem', tableArn, (calls) =>
      calls.putItem({ TableName: resource.table_name, Item: item }),
    );
    const requestId = output.$metadata.requestId;
    return {
      to: tableArn,
      ids: requestId === undefined ? {} : { request_id: requestId },
      traces: possibleKeys(item, resource),
    };
  },
};

/**
 * PutItem does not return the stream's sequence number, so the record is recognized by its key. For an existing table the names of
 * its key attributes are unknown: the key may be any one or two of the attributes.
 */
function possibleKeys(item: Readonly<Record<string, AttributeValue>>, table: Resource<'dynamodb'>): string[] {
  const names = Object.keys(item).filter((name) => /^[SNB]$/.test(Object.keys(item[name] ?? {})[0] ?? ''));
  const pick = (...keys: readonly string[]) =>
    keysTrace(Object.fromEntries(keys.map((key) => [key, asInEvents(item[key])])));
  if (table.hash_key) return [table.range_key ? pick(table.hash_key, table.range_key) : pick(table.hash_key)];
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => pick(one, other)));
  return [...names.map((name) => pick(name)), ...pairs];
}

/** Of the three types of keys, events encode bytes as base64. */
function asInEvents(value: AttributeValue | undefined): unknown {
  return value?.B === undefined ? value : { B: Buffer.from(value.B).toString('base64') };
}
