// Streams: one shard, whose records are read in order by each of its readers, and kept until all have read them.
import type { Storage } from '../aws-api/storage.ts';

/** A record as a function receives it, in `Records` of its event. */
export interface StreamRecord {
  /** Orders it within the shard; ReportBatchItemFailures names it as text. */
  readonly sequenceNumber: string;
  /** Size of its content, for the limit on a batch. */
  readonly size: number;
  readonly content: unknown;
}

/** A reader's position. */
export interface ShardPosition {
  /** The next records, at most this many and this many bytes, but at least one if there is one. */
  peek(count: number, bytes: number): readonly StreamRecord[];
  /** The first `count` records are done. */
  advance(count: number): void;
}

/** What a shard holds, for the one that takes its place. */
export interface ShardState {
  readonly records: readonly StreamRecord[];
  /** Number of records that were removed before the first of `records`. */
  readonly trimmed: number;
  /** By reader: the number of records that it is done with. */
  readonly positions: ReadonlyMap<string, number>;
}

export class Shard {
  readonly #storage: Storage;
  readonly #before: ShardState['positions'];
  #records: StreamRecord[] = [];
  /** Number of records that were removed before the first of `#records`. */
  #trimmed = 0;
  readonly #positions: { readonly reader: string; at: number }[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(storage: Storage, state?: ShardState) {
    this.#storage = storage;
    this.#before = state?.positions ?? new Map();
    this.#trimmed = state?.trimmed ?? 0;
    for (const record of state?.records ?? []) this.append(record);
  }

  /** Throws a CloudFullError. */
  append(record: StreamRecord): void {
    this.#storage.take(record.size);
    this.#records.push(record);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** A reader from now on, or from where it was; `watcher` is called for every record. */
  read(reader: string, watcher: () => void): ShardPosition {
    const position = { reader, at: this.#before.get(reader) ?? this.#trimmed + this.#records.length };
    this.#positions.push(position);
    this.#watchers.add(watcher);
    return {
      peek: (count, bytes) => this.#peek(position.at - this.#trimmed, count, bytes),
      advance: (count) => {
        position.at += count;
        this.#trim();
      },
    };
  }

  close(): void {
    this.#watchers.clear();
  }

  /** Everything that it holds. */
  get state(): ShardState {
    const positions = new Map(this.#positions.map(({ at, reader }) => [reader, at]));
    return { records: this.#records, trimmed: this.#trimmed, positions };
  }

  #peek(from: number, count: number, bytes: number): StreamRecord[] {
    const records: StreamRecord[] = [];
    let size = 0;
    for (const record of this.#records.slice(from, from + count)) {
      size += record.size;
      if (records.length > 0 && size > bytes) break;
      records.push(record);
    }
    return records;
  }

  #trim(): void {
    const read = Math.min(...this.#positions.map(({ at }) => at)) - this.#trimmed;
    for (const { size } of this.#records.slice(0, read)) this.#storage.give(size);
    this.#records = this.#records.slice(read);
    this.#trimmed += read;
  }
}
