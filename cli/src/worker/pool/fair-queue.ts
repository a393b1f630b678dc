// [5] Waiting invocations: first in, first out within a function; functions take turns.

export class FairQueue<Item> {
  /** In the order of their turns. */
  readonly #queues = new Map<string, Item[]>();

  get size(): number {
    let size = 0;
    for (const queue of this.#queues.values()) size += queue.length;
    return size;
  }

  /** Of the queues that are not empty. */
  get names(): string[] {
    return [...this.#queues.keys()];
  }

  has(name: string): boolean {
    return this.#queues.has(name);
  }

  push(name: string, item: Item): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) this.#queues.set(name, [item]);
    else queue.push(item);
  }

  /** Puts an item back at the front. */
  unshift(name: string, item: Item): void {
    this.#queues.set(name, [item, ...(this.#queues.get(name) ?? [])]);
  }

  remove(name: string, item: Item): boolean {
    const queue = this.#queues.get(name);
    const index = queue?.indexOf(item) ?? -1;
    if (queue === undefined || index < 0) return false;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(name);
    return true;
  }

  /**
   * Offers the head of each queue in turn until nothing is taken any more. A function whose head was taken moves to the end of
   * the line.
   */
  offer(take: (item: Item, name: string) => boolean): void {
    let taken = true;
    while (taken) {
      taken = false;
      for (const [name, queue] of [...this.#queues]) {
        const [head] = queue;
        if (head === undefined || !take(head, name)) continue;
        queue.shift();
        this.#queues.delete(name);
        if (queue.length > 0) this.#queues.set(name, queue);
        taken = true;
      }
    }
  }

  /** Empties the queue. */
  drain(): Item[] {
    const items = [...this.#queues.values()].flat();
    this.#queues.clear();
    return items;
  }
}
