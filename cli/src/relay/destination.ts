// [3] The connection that messages are sent to, for as long as somebody waits for them there.

/** A connection of the relay. Closing it ends every message that is being sent to it. */
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

  /** Returns a function that removes the listener. */
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
