// [4] Detects that this process was suspended (a sleeping laptop, SIGSTOP), or that the machine's clock or network changed.
import { networkInterfaces } from 'node:os';
import type { Clock, Timer } from '../../../protocol/clock.ts';

/** How often the clock is checked while nothing else happens. */
export const beatMs = 1000;
/** A busy process is at most this late; more than that is a gap. */
const lateMs = 2000;

interface BeatOptions {
  readonly clock: Clock;
  /** More time has passed since the last beat than a running process lets pass, or less than none; milliseconds. */
  readonly onGap: (ms: number) => void;
  /** This machine has other addresses than at the last beat: connections may be dead. */
  readonly onNetwork: () => void;
  /** Default: {@link machineAddresses}. */
  readonly addresses?: () => string;
}

/** All addresses by which others may reach this machine, but for those that come and go with each container. */
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

/** A beat that must be checked before whatever depends on the time: timers may come after the messages of a wake-up. */
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

  /** Reports a gap before it returns. */
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
