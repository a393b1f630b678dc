// Names to addresses by the system's resolver, as the functions' code asks it: few at a time, and each with a bound.
import { lookup } from 'node:dns/promises';
import { type Clock, systemClock } from '../../../protocol/clock.ts';

/** A name's addresses, or the system's word for what failed: `ENOTFOUND`, or `ETIMEDOUT` where nothing answered. */
export type Looked = readonly string[] | { readonly code: string };

/**
 * The system's lookup can't be cancelled. Where no DNS server answers it holds one of Node's four threads (which also
 * read files and compress) for 10 s or so, and Node doesn't end before it does. So no more are begun than are allowed.
 */
export class NameLookups {
  readonly #atOnce: number;
  readonly #clock: Clock;
  readonly #ask: (host: string) => Promise<readonly { readonly address: string }[]>;
  #running = 0;
  readonly #waiting = new Set<() => void>();

  /** `atOnce`: 4 takes all of Node's threads. */
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

  /** Never rejects; takes `boundMs` at most, of which a part may be waiting for others. */
  addresses(host: string, boundMs: number): Promise<Looked> {
    return new Promise((resolve) => {
      const begin = () => {
        this.#running += 1;
        void this.#lookup(host).then((looked) => {
          bound.cancel();
          resolve(looked);
        });
      };
      const bound = this.#clock.after(boundMs, () => {
        this.#waiting.delete(begin);
        resolve({ code: 'ETIMEDOUT' });
      });
      if (this.#running < this.#atOnce) begin();
      else this.#waiting.add(begin);
    });
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
