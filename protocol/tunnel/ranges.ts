// Sets of numbers as ranges: bytes of a stream that are lost or have arrived, batches that have arrived.

/** Disjoint ranges `[start, end)`, in order. Made for few ranges of many numbers. */
export class Ranges {
  /** start, end, start, end ... */
  readonly #edges: number[] = [];

  get count(): number {
    return this.#edges.length / 2;
  }

  /** How many numbers are in it. */
  get total(): number {
    let total = 0;
    for (let at = 0; at < this.#edges.length; at += 2) total += this.#edge(at + 1) - this.#edge(at);
    return total;
  }

  /** The lowest range. */
  get first(): readonly [start: number, end: number] | undefined {
    return this.count === 0 ? undefined : [this.#edge(0), this.#edge(1)];
  }

  /** The highest ranges, the highest first, at most `most`. */
  highest(most: number): (readonly [start: number, end: number])[] {
    const ranges: (readonly [number, number])[] = [];
    for (let at = this.#edges.length - 2; at >= 0 && ranges.length < most; at -= 2)
      ranges.push([this.#edge(at), this.#edge(at + 1)]);
    return ranges;
  }

  has(number: number): boolean {
    return this.#countUpTo(number) % 2 === 1;
  }

  add(start: number, end: number): void {
    if (start >= end) return;
    // Ranges that touch become one: an edge equal to `start` is an end that is passed over, one equal to `end` a start.
    let from = this.#countUpTo(start);
    if (from > 0 && this.#edge(from - 1) === start && from % 2 === 0) from -= 1;
    const to = this.#countUpTo(end);
    const edges: number[] = [];
    if (from % 2 === 0) edges.push(start);
    if (to % 2 === 0) edges.push(end);
    this.#edges.splice(from, Math.max(0, to - from), ...edges);
  }

  remove(start: number, end: number): void {
    if (start >= end) return;
    const from = this.#countBelow(start);
    const to = this.#countUpTo(end);
    const edges: number[] = [];
    if (from % 2 === 1) edges.push(start);
    if (to % 2 === 1) edges.push(end);
    this.#edges.splice(from, Math.max(0, to - from), ...edges);
  }

  /** Removes the lowest range. */
  removeFirst(): void {
    this.#edges.splice(0, 2);
  }

  clear(): void {
    this.#edges.length = 0;
  }

  /** The number of edges that are not above `number`; odd if it is in a range. */
  #countUpTo(number: number): number {
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#edge(middle) <= number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #countBelow(number: number): number {
    let count = this.#countUpTo(number);
    while (count > 0 && this.#edge(count - 1) === number) count -= 1;
    return count;
  }

  #edge(at: number): number {
    return this.#edges[at] as number;
  }
}

/** Which numbers have been seen, in bounded memory: far below the newest, every number counts as seen. */
export class Seen {
  readonly ranges = new Ranges();
  readonly #most: number;
  #floor = 0;

  /** Remembers `most` ranges. */
  constructor(most: number) {
    this.#most = most;
  }

  has(number: number): boolean {
    return number < this.#floor || this.ranges.has(number);
  }

  add(number: number): void {
    this.ranges.add(number, number + 1);
    while (this.ranges.count > this.#most) {
      this.#floor = this.ranges.first?.[1] ?? this.#floor;
      this.ranges.removeFirst();
    }
  }
}
