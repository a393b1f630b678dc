// Streams, put together: a Kinesis stream for each that triggers ask for, and a reader per shard and function.
import type { Clock } from '../../../../protocol/clock.ts';
import type { Service } from '../aws-endpoint.ts';
import type { CloudEvent } from '../cloud.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { SigV4Verifier } from '../sigv4-verify.ts';
import type { Resource } from '../sources/resources.ts';
import type { Storage } from '../sources/storage.ts';
import { createKinesisApi } from './kinesis-api.ts';
import { KinesisStream } from './kinesis-stream.ts';
import type { Shard } from './shard.ts';
import { ShardReader, type ShardReaderOptions } from './shard-reader.ts';

export interface StreamsOptions {
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly verifier: SigV4Verifier;
  readonly clock: Clock;
  readonly storage: Storage;
  readonly onEvent: (event: CloudEvent) => void;
}

export class Streams {
  /** Kinesis. */
  readonly service: Service;
  readonly #options: StreamsOptions;
  readonly #shards: Shard[] = [];
  readonly #readers: ShardReader[] = [];

  constructor(options: StreamsOptions & { readonly resources: readonly Resource<'kinesis'>[] }) {
    this.#options = options;
    const { resources, storage, verifier, clock, onEvent } = options;
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
