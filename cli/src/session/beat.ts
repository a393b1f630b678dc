// [4] Detects that this process was suspended (a sleeping laptop, SIGSTOP), or that the machine's clock or network changed.
import { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../../../protocol/clock.ts';

/** How often the clock is checked if nothing else happens. */
export const beatMs = 1000;
/** A busy process is at most this late; anything more is a gap. */
const lateMs = 2000;

interface BeatOptions {
  readonly clock: Clock;
  /** More time has passed since the last beat than in a running process, or it is negative; milliseconds. */
  readonly onGap: (ms: number) => void;
  /** This machine's addresses differ from the last beat: connections may be dead. */
  readonly onNetwork: () => void;
  /** Default: {@link machineAddresses}. */
  readonly addresses?: () => string;
}

/** All addresses at which others may reach this machine, except those that come and go with containers. */
export function machineAddresses(): string {
  try {
    const all = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
    const outer = all.filter(({ address, internal }) => !internal && !address.startsWith('fe80:'));
    return outer.map(({ address }) => address).join();
  } catch {
    // Deno without the permission.
    return '';
  }
}

/** Must be checked before anything that depends on the time: after a wake-up, messages may come before timers. */
export class Beat {
  readonly #options: BeatOptions;
  #lastMs: number;
  #timer: Timer | undefined;
  #addresses = '';

  constructor(options: BeatOptions) {
    this.#options = options;
    this.#lastMs = options.clock.now();
  }

  start(): void {
    this.#lastMs = this.#options.clock.now();
    this.#addresses = this.#addressesNow();
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Reports a gap, if any, before it returns. */
  check(): void {
    const now = this.#options.clock.now();
    const passed = now - this.#lastMs;
    this.#lastMs = now;
    if (passed < 0 || passed > beatMs + lateMs) this.#options.onGap(passed);
  }

  #addressesNow(): string {
    return (this.#options.addresses ?? machineAddresses)();
  }

  #schedule(): void {
    const beat = () => {
      this.check();
      const before = this.#addresses;
      this.#addresses = this.#addressesNow();
      if (this.#addresses !== before) this.#options.onNetwork();
      this.#schedule();
    };
    this.#timer = this.#options.clock.after(beatMs, beat, { background: true });
  }
}
