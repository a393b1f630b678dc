// DynamoDB: the items of one table, with DynamoDB's sort order and time to live.
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import { dynamoDbLimits } from '../aws-api/aws-limits.ts';
import type { Item } from './attribute-value.ts';
import type { ItemKey } from './item-key.ts';

export interface TableOptions {
  /** The attribute with an item's expiry, in seconds since the epoch; without one nothing expires. */
  readonly ttlName?: string;
  /** Called before every change; may throw to prevent it. */
  readonly onChange?: (before: Item | undefined, after: Item | undefined) => void;
  /** What it holds from the beginning, which is no change. */
  readonly items?: TableItems | undefined;
}

/** By partition and sort key. */
export type TableItems = ReadonlyMap<string, ReadonlyMap<string, Item>>;

export class Table {
  readonly #partitions = new Map<string, Map<string, Item>>();
  readonly #clock: Clock;
  readonly #options: TableOptions;
  #sweep: Timer | undefined;

  constructor(clock: Clock, options: TableOptions) {
    this.#clock = clock;
    this.#options = options;
    for (const [partition, items] of options.items ?? []) this.#partitions.set(partition, new Map(items));
    if (options.ttlName !== undefined) this.#sweep = this.#nextSweep(options.ttlName);
  }

  /** Everything that it holds. */
  get items(): TableItems {
    return this.#partitions;
  }

  get size(): number {
    let size = 0;
    for (const partition of this.#partitions.values()) size += partition.size;
    return size;
  }

  get({ partition, sort }: ItemKey): Item | undefined {
    return this.#partitions.get(partition)?.get(sort);
  }

  put({ partition, sort }: ItemKey, item: Item): void {
    this.#options.onChange?.(this.get({ partition, sort }), item);
    let items = this.#partitions.get(partition);
    if (!items) {
      items = new Map();
      this.#partitions.set(partition, items);
    }
    items.set(sort, item);
  }

  delete({ partition, sort }: ItemKey): void {
    const items = this.#partitions.get(partition);
    const item = items?.get(sort);
    if (items === undefined || item === undefined) return;
    this.#options.onChange?.(item, undefined);
    items.delete(sort);
    if (items.size === 0) this.#partitions.delete(partition);
  }

  /** A partition's items by the UTF-8 bytes of their sort keys. */
  partition(partition: string): [sort: string, item: Item][] {
    return [...(this.#partitions.get(partition) ?? [])].sort(([a], [b]) =>
      Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
  }

  /** Stops the regular removal of expired items. */
  close(): void {
    this.#sweep?.cancel();
  }

  #nextSweep(ttlName: string): Timer {
    return this.#clock.after(
      dynamoDbLimits.sweepMs,
      () => {
        this.#deleteExpired(ttlName);
        this.#sweep = this.#nextSweep(ttlName);
      },
      { background: true },
    );
  }

  #deleteExpired(ttlName: string): void {
    const now = this.#clock.now() / 1000;
    for (const [partition, items] of this.#partitions) {
      for (const [sort, item] of items) {
        const ttl = item.get(ttlName);
        const age = ttl && 'N' in ttl ? now - Number(ttl.N) : 0;
        if (age > 0 && age < dynamoDbLimits.ttlHorizonSeconds) this.delete({ partition, sort });
      }
    }
  }
}
