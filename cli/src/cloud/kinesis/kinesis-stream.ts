// Kinesis: a data stream, its shards and their records as functions receive them.
import { createHash } from 'node:crypto';
import { accountId } from '../aws-api/access.ts';
import { kilobyte } from '../aws-api/aws-limits.ts';
import type { Storage } from '../aws-api/storage.ts';
import { Shard, type ShardState } from '../streams/shard.ts';
import type { Resource } from '../triggers/resources.ts';

/** Kinesis. */
export const streamLimits = {
  recordBytes: 1024 * kilobyte,
  records: 500,
  requestBytes: 5 * 1024 * kilobyte,
  partitionKeyLength: 256,
  /** The initial number of an on-demand stream. */
  shards: 4,
} as const;

/** A record as a producer sends it. */
export interface NewRecord {
  /** Base64. */
  readonly data: string;
  readonly partitionKey: string;
  /** Overrides the partition key's hash: a decimal number of 128 bits. */
  readonly explicitHashKey: string | undefined;
}

/** What a stream holds, for the one that takes its place. */
export interface KinesisState {
  readonly count: bigint;
  readonly shards: readonly ShardState[];
}

export class KinesisStream {
  readonly name: string;
  readonly arn: string;
  readonly shards: readonly Shard[];
  #count: bigint;

  /** `state`: what it holds from the beginning. */
  constructor(
    { name, arn }: Pick<Resource<'kinesis'>, 'name' | 'arn'>,
    storage: Storage,
    state?: KinesisState,
  ) {
    this.name = name;
    this.arn = arn;
    this.#count = state?.count ?? 0n;
    this.shards = Array.from(
      { length: streamLimits.shards },
      (_, index) => new Shard(storage, state?.shards[index]),
    );
  }

  /** Everything that it holds. */
  get state(): KinesisState {
    return { count: this.#count, shards: this.shards.map(({ state }) => state) };
  }

  /** Throws a CloudFullError. `time` is in milliseconds since the epoch. */
  put(record: NewRecord, time: number): { readonly shardId: string; readonly sequenceNumber: string } {
    const index = shardIndex(record);
    const shardId = `shardId-${String(index).padStart(12, '0')}`;
    this.#count += 1n;
    const sequenceNumber = `49${String(this.#count).padStart(54, '0')}`;
    this.shards[index]?.append({
      sequenceNumber,
      size: record.data.length + record.partitionKey.length,
      content: this.#event(record, shardId, sequenceNumber, time),
    });
    return { shardId, sequenceNumber };
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html */
  #event({ data, partitionKey }: NewRecord, shardId: string, sequenceNumber: string, time: number) {
    return {
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey,
        sequenceNumber,
        data,
        approximateArrivalTimestamp: time / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: `arn:aws:iam::${accountId}:role/live-debug-stub`,
      awsRegion: this.arn.split(':')[3],
      eventSourceARN: this.arn,
    };
  }
}

/** Shards divide the space of MD5 hashes evenly. */
function shardIndex({ partitionKey, explicitHashKey }: NewRecord): number {
  const hash =
    explicitHashKey === undefined
      ? BigInt(`0x${createHash('md5').update(partitionKey).digest('hex')}`)
      : BigInt(explicitHashKey);
  return Number((hash * BigInt(streamLimits.shards)) >> 128n);
}
