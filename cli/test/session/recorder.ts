// Records what happened, in order, and waits for what is yet to happen.

export class Recorder<T> {
  readonly all: T[] = [];
  readonly #watchers = new Set<() => void>();
  #read = 0;

  add(entry: T): void {
    this.all.push(entry);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** The first entry that matches, also one that is there already. */
  async first<S extends T>(matches: (entry: T) => entry is S): Promise<S>;
  async first(matches: (entry: T) => boolean): Promise<T>;
  async first(matches: (entry: T) => boolean): Promise<T> {
    await this.until(() => this.all.some(matches));
    return this.all.find(matches) as T;
  }

  /** Each call gives the entry after the one before. */
  async next(): Promise<T> {
    const index = this.#read;
    this.#read += 1;
    await this.until(() => this.all.length > index);
    return this.all[index] as T;
  }

  /** Resolves when so many are there. */
  count(count: number): Promise<void> {
    return this.until(() => this.all.length >= count);
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }
}
