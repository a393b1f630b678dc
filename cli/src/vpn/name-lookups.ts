// Looks up names with the system's resolver, as the functions' code does: a few at a time, each with a timeout.
import { lookup } from 'node:dns/promises';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';

/** A name's addresses, or the system's code for what failed: `ENOTFOUND`, or `ETIMEDOUT` if nothing answered. */
export type Looked = readonly string[] | { readonly code: string };

/**
 * The system's look-up cannot be cancelled. If no DNS server answers, it holds one of Node's four threads (which also read files
 * and compress) for about 10 s, and Node cannot end before that. So only a limited number is begun.
 */
export class NameLookups {
  readonly #atOnce: number;
  readonly #clock: Clock;
  readonly #ask: (host: string) => Promise<readonly { readonly address: string }[]>;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** `atOnce`: 4 uses all of Node's threads. */
  constructor(
    atOnce: number,
    clock: Clock = systemClock,
    ask: (host: string) => Promise<readonly { readonly address: string }[]> = (host) =>
      lookup(host, { all: true }),
  ) {
    this.#atOnce = atOnce;
    this.#clock = clock;
    this.#ask = ask;
  }

  /** Never rejects; takes at most `boundMs`, part of which may be spent waiting for others. */
  async addresses(host: string, boundMs: number): Promise<Looked> {
    let begin = () => {};
    const work = new Promise<Looked>((resolve) => {
      begin = () => {
        this.#running += 1;
        resolve(this.#lookup(host));
      };
    });
    if (this.#running < this.#atOnce) begin();
    else this.#waiting.add(begin);
    const looked = await within(this.#clock, boundMs, work);
    this.#waiting.delete(begin);
    return looked ?? { code: 'ETIMEDOUT' };
  }

  async #lookup(host: string): Promise<Looked> {
    try {
      return (await this.#ask(host)).map(({ address }) => address);
    } catch (error) {
      return { code: (error as NodeJS.ErrnoException).code ?? 'EAI_FAIL' };
    } finally {
      this.#running -= 1;
      const [next] = this.#waiting;
      if (next) {
        this.#waiting.delete(next);
        next();
      }
    }
  }
}
