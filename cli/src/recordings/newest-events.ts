// The newest events as they came, unmasked, so that `serve` can run them again. They are never written anywhere.

/** Bounds of what is kept. */
const mostEvents = 200;
const mostBytes = 16 * 1024 * 1024;

export class NewestEvents {
  /** Oldest first. */
  readonly #events = new Map<string, Uint8Array>();
  #bytes = 0;

  add(key: string, event: Uint8Array): void {
    if (event.length > mostBytes) return;
    this.#events.set(key, event);
    this.#bytes += event.length;
    for (const [oldest, { length }] of this.#events) {
      if (this.#events.size <= mostEvents && this.#bytes <= mostBytes) return;
      this.#events.delete(oldest);
      this.#bytes -= length;
    }
  }

  get(key: string): Uint8Array | undefined {
    return this.#events.get(key);
  }
}
