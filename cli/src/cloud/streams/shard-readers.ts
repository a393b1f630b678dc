// Streams: the shards that functions read, and their readers.
import type { SourceOptions } from '../triggers/cloud-source.ts';
import type { Shard } from './shard.ts';
import { ShardReader, type ShardReaderOptions } from './shard-reader.ts';

type Reading = Pick<ShardReaderOptions, 'shard' | 'consumer' | 'source' | 'resource'>;

type ReaderOptions = Pick<SourceOptions, 'host' | 'deliveries' | 'clock' | 'onEvent'>;

export class ShardReaders {
  readonly #options: ReaderOptions;
  readonly #shards: Shard[] = [];
  readonly #readers: ShardReader[] = [];

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** From now on a function reads a shard. */
  add(reading: Reading): void {
    const { host, clock, deliveries, onEvent } = this.#options;
    this.#shards.push(reading.shard);
    this.#readers.push(new ShardReader({ ...reading, host, deliveries, clock, onEvent }));
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
    for (const shard of this.#shards) shard.close();
  }
}
