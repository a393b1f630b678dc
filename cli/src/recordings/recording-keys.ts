// Names for recordings: unique in a folder that several livectls write to, and in the order of their times.
import { randomInt } from 'node:crypto';

/** What a key looks like; also a file name on every system. */
export const keyPattern = /^[0-9a-z]{9}-[0-9a-z]{3}-[0-9a-z]{5}$/;

/** Of this process, in one millisecond. */
const mostPerMillisecond = 36 ** 3;
const randoms = 36 ** 5;

export class RecordingKeys {
  #ms = 0;
  #count = 0;

  /** Sorts after all that this object has returned, even if the clock was set back. */
  next(nowMs: number): string {
    if (nowMs > this.#ms) {
      this.#ms = Math.floor(nowMs);
      this.#count = 0;
    } else if (++this.#count >= mostPerMillisecond) {
      this.#ms += 1;
      this.#count = 0;
    }
    return `${digits(this.#ms, 9)}-${digits(this.#count, 3)}-${digits(randomInt(randoms), 5)}`;
  }
}

/** When it was created, in milliseconds since the epoch. */
export function timeOfKey(key: string): number {
  return Number.parseInt(key.slice(0, 9), 36);
}

function digits(value: number, length: number): string {
  return value.toString(36).padStart(length, '0');
}
