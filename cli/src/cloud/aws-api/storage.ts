// AWS's APIs: a limit on what they hold in livectl's memory.
import { CloudFullError } from './aws-error.ts';

/** A limit shared by several resources. */
export class Storage {
  readonly #limit: number;
  #used = 0;

  /** In bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws a CloudFullError if there is not enough left. */
  take(bytes: number): void {
    if (this.#used + bytes > this.#limit) {
      const megabytes = Math.round(this.#limit / 1024 / 1024);
      throw new CloudFullError(`The local cloud of livectl holds ${megabytes} MB already`);
    }
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
