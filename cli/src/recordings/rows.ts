// The rows of a running `serve`: those that were recorded when it started, and its own.
import type { InvocationSummary } from './recording.ts';

const mostRows = 10_000;

export class Rows {
  /** Oldest first. */
  #earlier: readonly InvocationSummary[] = [];
  readonly #own = new Map<string, InvocationSummary>();

  /** Adds what was recorded before, oldest first; its own may be among them. */
  addEarlier(rows: readonly InvocationSummary[]): void {
    this.#earlier = rows.filter(({ key }) => !this.#own.has(key));
    this.#bound();
  }

  get(key: string): InvocationSummary | undefined {
    return this.#own.get(key);
  }

  set(row: InvocationSummary): void {
    this.#own.set(row.key, row);
    this.#bound();
  }

  /** A copy, since rows come while it is read. */
  newestFirst(): InvocationSummary[] {
    return [...this.#earlier, ...this.#own.values()].reverse();
  }

  #bound(): void {
    const excess = this.#earlier.length + this.#own.size - mostRows;
    if (excess <= 0) return;
    const ofEarlier = Math.min(excess, this.#earlier.length);
    if (ofEarlier > 0) this.#earlier = this.#earlier.slice(ofEarlier);
    for (const key of this.#own.keys()) {
      if (this.#earlier.length + this.#own.size <= mostRows) return;
      this.#own.delete(key);
    }
  }
}
