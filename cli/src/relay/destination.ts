// [3] Where messages go, for as long as anybody waits for them there.

/** A connection of the relay. Once closed, whatever is on its way to it ends. */
export class Destination {
  readonly connectionId: string;
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(connectionId: string) {
    this.connectionId = connectionId;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Returns what takes the listener away again. */
  onClose(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    for (const listener of [...this.#listeners]) listener();
    this.#listeners.clear();
  }
}
