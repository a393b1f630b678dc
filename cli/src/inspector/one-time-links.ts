// The inspector's server: links that open the page in a browser, each of them once.
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';

/** How long a link can be opened, in milliseconds. */
export const linkMs = 10 * 60_000;

/** Links that are open at a time; the oldest one ends for a further one. */
const mostLinks = 100;

export class OneTimeLinks {
  readonly #clock: Clock;
  /** Hashes, so that a token is found without comparing it byte by byte; with when they expire. */
  readonly #open = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The token of a new link. */
  create(): string {
    const token = randomBytes(32).toString('base64url');
    this.#open.set(hashOf(token), this.#clock.now() + linkMs);
    for (const oldest of this.#open.keys()) {
      if (this.#open.size <= mostLinks) break;
      this.#open.delete(oldest);
    }
    return token;
  }

  /** Whether the token is that of an open link, which it no longer is afterwards. */
  redeem(token: string): boolean {
    const hash = hashOf(token);
    const expires = this.#open.get(hash);
    this.#open.delete(hash);
    return expires !== undefined && this.#clock.now() < expires;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64');
}
