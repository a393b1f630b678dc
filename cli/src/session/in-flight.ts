// [4] The invocations that are being worked on, and how many of them livectl will hold.
import type { Run } from './run.ts';

/** Lambda's own default for an account: 1,000 at one time (AWS, "Lambda quotas"). */
export const maxInFlight = 1000;
/** Events held for those with what comes beside them, in bytes. */
export const maxInFlightBytes = 256 * 1024 * 1024;

/**
 * Of one stub instance, which sends one at a time: the others are those that it gave up while the code goes on. So one
 * that floods leaves room for all others.
 */
export const maxOfSender = 64;
const maxBytesOfSender = 64 * 1024 * 1024;

/** Begun and not yet told of as ended. */
export class InFlight {
  readonly #bySender = new Map<string, { count: number; bytes: number }>();
  /** With the bytes held for them. */
  readonly #runs = new Map<Run, number>();
  #bytes = 0;

  get count(): number {
    return this.#runs.size;
  }

  get runs(): readonly Run[] {
    return [...this.#runs.keys()];
  }

  /** In words what there is too much of, with this one; undefined where there is room. */
  excessWith({ channel }: Run): string | undefined {
    const its = this.#bySender.get(channel.enc);
    if ((its?.count ?? 0) > maxOfSender) return `${maxOfSender} invocations of one stub`;
    if ((its?.bytes ?? 0) > maxBytesOfSender) return `${maxBytesOfSender} bytes of events of one stub`;
    if (this.#runs.size > maxInFlight) return `${maxInFlight} invocations`;
    if (this.#bytes > maxInFlightBytes) return `${maxInFlightBytes} bytes of events`;
    return undefined;
  }

  /** `bytes` are those held for it until it ends. */
  begin(run: Run, bytes: number): void {
    this.#runs.set(run, bytes);
    this.#count(run, 1, bytes);
  }

  /** False where it has ended before. */
  end(run: Run): boolean {
    const bytes = this.#runs.get(run);
    if (bytes === undefined) return false;
    this.#runs.delete(run);
    this.#count(run, -1, -bytes);
    return true;
  }

  #count({ channel }: Run, count: number, bytes: number): void {
    this.#bytes += bytes;
    const its = this.#bySender.get(channel.enc) ?? { count: 0, bytes: 0 };
    its.count += count;
    its.bytes += bytes;
    if (its.count > 0) this.#bySender.set(channel.enc, its);
    else this.#bySender.delete(channel.enc);
  }
}
