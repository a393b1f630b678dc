// Inspector page: the invocations it knows, newest first. Keys sort by time, so their order is the list's.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import type { Watchable } from './store.ts';

export const mostRows = 10_000;

/** A snapshot; a new object after each change. */
export interface RowList {
  readonly items: readonly InvocationSummary[];
  /** New rows that wait while the list is paused. */
  readonly waiting: number;
  readonly isPaused: boolean;
}

/**
 * Changes are published together, by `schedule` (the page's next frame): thousands of rows may arrive at once. A row is
 * replaced as a whole; one that has ended does not run again, since a page that was requested earlier may arrive later.
 */
export class Rows implements Watchable<RowList> {
  /** Newest first. */
  #items: InvocationSummary[] = [];
  /** New rows by key, while paused. */
  readonly #waiting = new Map<string, InvocationSummary>();
  #isPaused = false;
  #value: RowList = { items: [], waiting: 0, isPaused: false };
  #isScheduled = false;
  readonly #listeners = new Set<() => void>();
  readonly #schedule: (publish: () => void) => void;

  constructor(schedule: (publish: () => void) => void) {
    this.#schedule = schedule;
  }

  get value(): RowList {
    return this.#value;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether it waits or is listed makes no difference. */
  get(key: string): InvocationSummary | undefined {
    const at = this.#find(key);
    return this.#items[at]?.key === key ? this.#items[at] : this.#waiting.get(key);
  }

  upsert(row: InvocationSummary): void {
    const at = this.#find(row.key);
    const known = this.#items[at];
    if (known?.key === row.key) {
      if (row.status === 'running' && known.status !== 'running') return;
      this.#items[at] = row;
    } else if (this.#isPaused) {
      if (row.status === 'running' && this.#waiting.has(row.key)) return;
      this.#waiting.set(row.key, row);
      this.#dropOldestWaiting();
    } else {
      this.#insert(row, at);
    }
    this.#changed();
  }

  upsertAll(rows: Iterable<InvocationSummary>): void {
    for (const row of rows) this.upsert(row);
  }

  /** Only those remain. */
  keepOnly(keys: ReadonlySet<string>): void {
    this.#items = this.#items.filter(({ key }) => keys.has(key));
    for (const key of [...this.#waiting.keys()]) if (!keys.has(key)) this.#waiting.delete(key);
    this.#changed();
  }

  /** Rows that are listed stay up to date; new ones wait. */
  pause(): void {
    this.#isPaused = true;
    this.#changed();
  }

  resume(): void {
    this.#isPaused = false;
    for (const row of this.#waiting.values()) this.#insert(row, this.#find(row.key));
    this.#waiting.clear();
    this.#changed();
  }

  #insert(row: InvocationSummary, at: number): void {
    this.#items.splice(at, 0, row);
    if (this.#items.length > mostRows) this.#items.pop();
  }

  #dropOldestWaiting(): void {
    if (this.#waiting.size <= mostRows) return;
    const [oldest] = this.#waiting.keys();
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Where the key is or belongs. */
  #find(key: string): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#items[middle]?.key ?? '') > key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #changed(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#schedule(() => {
      this.#isScheduled = false;
      this.#value = { items: this.#items.slice(), waiting: this.#waiting.size, isPaused: this.#isPaused };
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
