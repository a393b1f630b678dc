// [4] The invocations in flight, and how many of them livectl accepts.
import type { Run } from './run.ts';

/** Lambda's own default for an account: 1,000 at one time (AWS, "Lambda quotas"). */
export const maxInFlight = 1000;
/** Events held for those with what comes beside them, in bytes. */
export const maxInFlightBytes = 256 * 1024 * 1024;

/**
 * Per stub instance. A stub sends one invocation at a time; the others are those it gave up on while the code still runs.
 * So a stub that floods leaves room for the others.
 */
export const maxOfSender = 64;
const maxBytesOfSender = 64 * 1024 * 1024;

/** Begun, end not yet reported. */
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

  /** Which limit is exceeded with this one, in words; undefined if there is room. */
  excessWith({ channel }: Run): string | undefined {
    const its = this.#bySender.get(channel.enc);
    if ((its?.count ?? 0) > maxOfSender) return `${maxOfSender} invocations of one stub`;
    if ((its?.bytes ?? 0) > maxBytesOfSender) return `${maxBytesOfSender} bytes of events of one stub`;
    if (this.#runs.size > maxInFlight) return `${maxInFlight} invocations`;
    if (this.#bytes > maxInFlightBytes) return `${maxInFlightBytes} bytes of events`;
    return undefined;
  }

  /** `bytes`: what is held in memory for it until it ends. */
  begin(run: Run, bytes: number): void {
    this.#runs.set(run, bytes);
    this.#count(run, 1, bytes);
  }

  /** False if it had already ended. */
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
