// [3] Memory for large messages that are sealed and wait for the line; the others wait unsealed.

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

/** Bounds the bytes held at once, first come, first served. A message larger than the bound gets all of it alone. */
export class Room {
  readonly #most: number;
  #held = 0;
  readonly #waiting: Waiting[] = [];
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when there is room, with a function that frees it; at once if closed. */
  async take(bytes: number): Promise<() => void> {
    if (!this.#closed && (this.#waiting.length > 0 || !this.#fits(bytes))) {
      await new Promise<void>((go) => this.#waiting.push({ bytes, go }));
    } else this.#held += bytes;
    let isHeld = true;
    return () => {
      if (isHeld) this.#held -= bytes;
      isHeld = false;
      this.#next();
    };
  }

  /** Lets all waiting calls continue. */
  close(): void {
    this.#closed = true;
    this.#next();
  }

  #fits(bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#most;
  }

  #next(): void {
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined || (!this.#closed && !this.#fits(first.bytes))) return;
      this.#waiting.shift();
      this.#held += first.bytes;
      first.go();
    }
  }
}
