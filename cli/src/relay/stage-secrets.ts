// [3] The secrets by which senders of a stage authenticate: the current one, and for a while the previous one.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';

/** Minimum time between reads of the directory caused by senders; a stub resends its invocation after 3 s. */
export const rereadAfterMs = 2000;

/** Interval of regular reads, which detect a secret that was revoked. */
export const checkEveryMs = 5 * 60_000;

/**
 * The previous secret is valid this long after a new one was seen. An apply writes the directory first and then updates the
 * functions one by one, and an instance with the old secret may work on its last invocation for Lambda's maximum of 900 s.
 */
export const previousForMs = 15 * 60_000;

interface StageSecretsOptions {
  /** As the directory had it at the start; undefined for a stage of module 0.1, which has none. */
  readonly initial: StageSecret | undefined;
  /** Reads it again; undefined if the stage has none. */
  readonly read: () => Promise<StageSecret | undefined>;
  readonly clock: Clock;
}

export class StageSecrets {
  readonly #options: StageSecretsOptions;
  #current: StageSecret | undefined;
  #previous: { readonly secret: StageSecret; readonly untilMs: number } | undefined;
  #reading: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #check: Timer | undefined;

  constructor(options: StageSecretsOptions) {
    this.#options = options;
    this.#current = options.initial;
  }

  /** The secret that this stage's messages must be authenticated with; undefined if it has none. */
  get current(): StageSecret | undefined {
    return this.#current;
  }

  /** The secret with this id, while it is valid. */
  find(id: string): StageSecret | undefined {
    if (this.#current?.id === id) return this.#current;
    const { clock } = this.#options;
    const previous = this.#previous;
    return previous?.secret.id === id && clock.now() < previous.untilMs ? previous.secret : undefined;
  }

  /**
   * Reads the directory again, unless that was just done. Never rejects: if it cannot be read, or the stage seems to have no
   * secret any more, the known ones are kept. Concurrent calls share one read.
   */
  refresh(): Promise<void> {
    if (this.#reading) return this.#reading;
    const { clock } = this.#options;
    if (clock.now() - this.#readAt < rereadAfterMs) return Promise.resolve();
    this.#readAt = clock.now();
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Checks for a new secret from time to time, until `close`. */
  watch(): void {
    const check = () => {
      void this.refresh();
      this.watch();
    };
    this.#check = this.#options.clock.after(checkEveryMs, check, { background: true });
  }

  close(): void {
    this.#check?.cancel();
  }

  async #read(): Promise<void> {
    const { clock, read } = this.#options;
    const secret = await read().catch(() => undefined);
    if (secret === undefined || secret.id === this.#current?.id) return;
    if (this.#current) this.#previous = { secret: this.#current, untilMs: clock.now() + previousForMs };
    this.#current = secret;
  }
}
