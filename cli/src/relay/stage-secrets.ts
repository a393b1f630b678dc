// [3] The secrets that senders of a stage may prove themselves with: today's, and for a while the one before.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';

/** The directory is read for a sender's sake this often at most; a stub sends its invocation again after 3 s. */
export const rereadAfterMs = 2000;

/** Without a sender's doing the directory is read this often: a secret that was taken back is known as such then. */
export const checkEveryMs = 5 * 60_000;

/**
 * The secret before is good for this long after another one was seen. An apply writes the directory first and then
 * updates the functions one by one, and an instance that has the old secret may work on its last invocation for
 * Lambda's 900 s.
 */
export const previousForMs = 15 * 60_000;

interface StageSecretsOptions {
  /** As the directory had it at the start; undefined for a stage of module 0.1, which has none. */
  readonly initial: StageSecret | undefined;
  /** Reads it again; undefined where the stage has none. */
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

  /** What this stage's messages are to be proved with; undefined where it has no secret. */
  get current(): StageSecret | undefined {
    return this.#current;
  }

  /** The secret of this id, while it is good. */
  find(id: string): StageSecret | undefined {
    if (this.#current?.id === id) return this.#current;
    const { clock } = this.#options;
    const previous = this.#previous;
    return previous?.secret.id === id && clock.now() < previous.untilMs ? previous.secret : undefined;
  }

  /**
   * Reads the directory again, unless that was just done. Never rejects: what is known stays known where it can't be
   * read, and where the stage seems to have no secret any more. Calls that meet share one reading.
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

  /** Looks for another secret from time to time, until `close`. */
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
