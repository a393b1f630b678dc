// Streams, put together: a Kinesis stream for each that triggers ask for, and a reader per shard and function.
import type { Service } from '../aws-api/service.ts';
import type { SourceOptions, SourceService } from '../triggers/source-service.ts';
import { createKinesisApi } from './kinesis-api.ts';
import { KinesisStream } from './kinesis-stream.ts';
import type { Shard } from './shard.ts';
import { ShardReader, type ShardReaderOptions } from './shard-reader.ts';
import { addStreamedTable } from './table-stream.ts';

/** Kinesis, and the streams of DynamoDB tables, which only functions read. */
export function createStreams(options: SourceOptions): SourceService {
  const streams = new Streams(options);
  for (const resource of options.resources.tables) addStreamedTable({ ...options, resource, streams });
  return { name: 'kinesis', service: streams.service, close: () => streams.close() };
}

class Streams {
  /** Kinesis. */
  readonly service: Service;
  readonly #options: SourceOptions;
  readonly #shards: Shard[] = [];
  readonly #readers: ShardReader[] = [];

  constructor(options: SourceOptions) {
    this.#options = options;
    const { storage, verifier, clock, onEvent } = options;
    const resources = options.resources.streams;
    const streams = resources.map((resource) => {
      const stream = new KinesisStream(resource, storage);
      for (const consumer of resource.consumers) {
        for (const shard of stream.shards) {
          this.read({ shard, consumer, source: 'kinesis', resource: stream.name });
        }
      }
      return stream;
    });
    this.service = createKinesisApi({
      streams,
      consumersOf: ({ arn }) =>
        (resources.find((each) => each.arn === arn)?.consumers ?? []).map(({ functionName }) => functionName),
      verifier,
      clock,
      onEvent,
    });
  }

  /** Has a function read a shard from now on. */
  read(reading: Pick<ShardReaderOptions, 'shard' | 'consumer' | 'source' | 'resource'>): void {
    const { host, clock, onEvent } = this.#options;
    this.#shards.push(reading.shard);
    this.#readers.push(new ShardReader({ ...reading, host, clock, onEvent }));
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    for (const shard of this.#shards) shard.close();
  }
}
