// Streams: a DynamoDB table of a trigger, with the stream of its changes.
import { createHash } from 'node:crypto';
import type { Clock } from '../../../../protocol/clock.ts';
import type { Storage } from '../aws-api/storage.ts';
import type { CloudEvent } from '../cloud.ts';
import { type Item, itemSize, sameValue } from '../dynamodb/attribute-value.ts';
import { keyNames } from '../dynamodb/item-key.ts';
import { itemJson } from '../dynamodb/prepared.ts';
import { pick } from '../dynamodb/projection.ts';
import type { TableItems } from '../dynamodb/table.ts';
import type { TableApi } from '../dynamodb/table-api.ts';
import type { KeptCloud } from '../kept-cloud.ts';
import type { Identity, Resource, Trigger } from '../triggers/resources.ts';
import { Shard, type ShardState } from './shard.ts';
import type { ShardReaders } from './shard-readers.ts';

interface TableStreamOptions {
  readonly resource: Resource<'dynamodb'>;
  readonly dynamodb: TableApi;
  readonly readers: Pick<ShardReaders, 'add'>;
  readonly kept: Pick<KeptCloud, 'take'>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

/** A new table's stream is labelled with a time, as on AWS; ours is constant. */
export function tableStreamArn(trigger: Trigger<'dynamodb'>, table: Identity): string {
  return trigger.stream_arn ?? `${table.arn}/stream/2026-01-01T00:00:00.000`;
}

/** Creates the table, or takes up the one before it; with one shard, whose order is then also that of every item. */
export function addStreamedTable({
  resource,
  dynamodb,
  kept,
  readers,
  storage,
  clock,
  onEvent,
}: TableStreamOptions): KeepTable {
  const { name, consumers } = resource;
  const [first] = consumers;
  if (!first) return () => undefined;
  const { hash_key: partition, range_key: sort, stream_view_type: viewType } = first.trigger;
  const key = { partition, sort };
  const arn = tableStreamArn(first.trigger, resource);
  // Another key is another table, on AWS as well.
  const shape = JSON.stringify(key);
  const before = kept.take<TableState>(resource.arn, shape);
  const shard = new Shard(storage, before?.shard);
  let count = before?.count ?? 0;
  for (const items of before?.items.values() ?? [])
    for (const item of items.values()) storage.take(itemSize(item));

  const onChange = (before: Item | undefined, after: Item | undefined) => {
    const grows = (after ? itemSize(after) : 0) - (before ? itemSize(before) : 0);
    if (before && after && sameItem(before, after)) return;
    storage.take(grows);
    count += 1;
    const sequenceNumber = `${100_000_000_000_000_000_000n + BigInt(count)}`;
    const change = { before, after, keys: pick(after ?? before ?? new Map(), keyNames(key)), viewType };
    const content = record(change, { arn, sequenceNumber, time: clock.now() });
    try {
      shard.append({ sequenceNumber, size: content.dynamodb.SizeBytes, content });
    } catch (error) {
      storage.give(grows);
      throw error;
    }
    onEvent({
      type: 'published',
      source: 'dynamodb',
      resource: name,
      id: sequenceNumber,
      functionNames: consumers.map(({ functionName }) => functionName),
    });
  };

  const table = dynamodb.addTable(name, key, { onChange, items: before?.items }, { arn, viewType });
  for (const consumer of consumers) readers.add({ shard, consumer, source: 'dynamodb', resource: name });
  return (next) => {
    const state: TableState = { items: table.items, shard: shard.state, count };
    next.keep(resource.arn, state, shape);
  };
}

/** Leaves a table and its stream to the next cloud. */
type KeepTable = (kept: Pick<KeptCloud, 'keep'>) => void;

interface TableState {
  readonly items: TableItems;
  readonly shard: ShardState;
  readonly count: number;
}

interface Change {
  readonly before: Item | undefined;
  readonly after: Item | undefined;
  readonly keys: Item;
  readonly viewType: string;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html */
function record(
  { before, after, keys, viewType }: Change,
  { arn, sequenceNumber, time }: { arn: string; sequenceNumber: string; time: number },
) {
  const newImage = /^NEW_(IMAGE|AND_OLD_IMAGES)$/.test(viewType) ? after : undefined;
  const oldImage = /^(OLD_IMAGE|NEW_AND_OLD_IMAGES)$/.test(viewType) ? before : undefined;
  const images = [newImage, oldImage].filter((each) => each !== undefined);
  return {
    eventID: createHash('md5').update(`${arn} ${sequenceNumber}`).digest('hex'),
    eventName: before ? (after ? 'MODIFY' : 'REMOVE') : 'INSERT',
    eventVersion: '1.1',
    eventSource: 'aws:dynamodb',
    awsRegion: arn.split(':')[3],
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(time / 1000),
      Keys: itemJson(keys),
      ...(newImage ? { NewImage: itemJson(newImage) } : {}),
      ...(oldImage ? { OldImage: itemJson(oldImage) } : {}),
      SequenceNumber: sequenceNumber,
      SizeBytes: images.reduce((sum, each) => sum + itemSize(each), itemSize(keys)),
      StreamViewType: viewType,
    },
    eventSourceARN: arn,
  };
}

/** A write that changes nothing produces no record. */
function sameItem(before: Item, after: Item): boolean {
  return (
    before.size === after.size &&
    [...before].every(([name, value]) => {
      const other = after.get(name);
      return other !== undefined && sameValue(value, other);
    })
  );
}
