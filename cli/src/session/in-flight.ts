// [4] The invocations that are being worked on, and how many of them livectl will hold.
import type { Run } from './answers.ts';

/** Lambda's own default for an account: 1,000 at one time (AWS, "Lambda quotas"). */
export const maxInFlight = 1000;
/** Events held for those, in bytes. */
export const maxInFlightBytes = 256 * 1024 * 1024;

/** Begun and not yet told of as ended. */
export class InFlight {
  /** With the bytes of their events. */
  readonly #runs = new Map<Run, number>();
  #bytes = 0;

  get count(): number {
    return this.#runs.size;
  }

  get runs(): readonly Run[] {
    return [...this.#runs.keys()];
  }

  /** In words what there is too much of; undefined where there is room. */
  get excess(): string | undefined {
    if (this.#runs.size > maxInFlight) return `${maxInFlight} invocations`;
    if (this.#bytes > maxInFlightBytes) return `${maxInFlightBytes} bytes of events`;
    return undefined;
  }

  begin(run: Run, eventBytes: number): void {
    this.#runs.set(run, eventBytes);
    this.#bytes += eventBytes;
  }

  /** False where it has ended before. */
  end(run: Run): boolean {
    this.#bytes -= this.#runs.get(run) ?? 0;
    return this.#runs.delete(run);
  }
}
