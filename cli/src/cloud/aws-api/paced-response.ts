// HTTP plumbing of the embedded cloud: an answer that is written in pieces, no faster than its caller reads.
import type { ServerResponse } from 'node:http';

export class PacedResponse {
  readonly #response: ServerResponse;
  #waiting: (() => void)[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
    const goOn = () => {
      for (const resolve of this.#waiting.splice(0)) resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  }

  /** A promise means that the caller is slow; it resolves when that has caught up or is gone. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#response.destroyed || bytes.length === 0 || this.#response.write(bytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
