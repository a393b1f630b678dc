// [4] The invocations in flight, and how many of them livectl accepts.
import type { Run } from './run.ts';

/** Lambda's default concurrency for an account (AWS, "Lambda quotas"). */
export const maxInFlight = 1000;
/** Bytes of their events with everything held beside them. */
export const maxInFlightBytes = 256 * 1024 * 1024;

/**
 * Per stub instance, so that a stub that floods leaves room for others. A stub sends one invocation at a time; the others are
 * those that it gave up on while their code still runs.
 */
export const maxOfSender = 64;
const maxBytesOfSender = 64 * 1024 * 1024;

/** Runs that have begun and whose end is not reported yet. */
export class InFlight {
  readonly #bySender = new Map<string, { count: number; bytes: number }>();
  /** With the bytes held for each. */
  readonly #runs = new Map<Run, number>();
  #bytes = 0;

  get count(): number {
    return this.#runs.size;
  }

  get runs(): readonly Run[] {
    return [...this.#runs.keys()];
  }

  /** The limit that this run would exceed, in words; undefined if there is room. */
  excessWith({ channel }: Run): string | undefined {
    const its = this.#bySender.get(channel.enc);
    if ((its?.count ?? 0) > maxOfSender) return `${maxOfSender} invocations of one stub`;
    if ((its?.bytes ?? 0) > maxBytesOfSender) return `${maxBytesOfSender} bytes of events of one stub`;
    if (this.#runs.size > maxInFlight) return `${maxInFlight} invocations`;
    if (this.#bytes > maxInFlightBytes) return `${maxInFlightBytes} bytes of events`;
    return undefined;
  }

  /** `bytes`: memory held for it until it ends. */
  begin(run: Run, bytes: number): void {
    this.#runs.set(run, bytes);
    this.#count(run, 1, bytes);
  }

  /** Returns false if it had already ended. */
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
