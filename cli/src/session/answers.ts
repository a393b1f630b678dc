// [4] Remembers invocations: one that is sent again is not run again, and its answer is kept until the stub has it.
import type { Clock } from '../../../protocol/clock.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { Outcome } from '../worker/contract.ts';
import type { Answer, Run } from './run.ts';

/** Answers kept, in bytes, before the oldest are forgotten. */
export const maxKeptBytes = 64 * 1024 * 1024;
/** Invocations remembered by id, of one sender and of all. An id takes about 1 KB. */
export const maxRunsOfSender = 2000;
export const maxRuns = 20_000;

/**
 * An id is remembered this long after its stub's deadline. From then on a copy of the invocation is recognised by its
 * deadline, whatever is not known exactly of the stub's clock.
 */
const rememberedAfterMs = 60_000;
/** No invocation arrives later than this after it was sent; a function of Lambda's runs no longer either (AWS: quotas). */
export const longestMs = 15 * 60_000;
/** How often expired ids are removed. */
const sweepMs = 60_000;

/** A stub instance, by the key of its channel. */
interface Sender {
  /** Oldest first. */
  readonly runs: Set<Run>;
  /** Ids were forgotten early that it had sent until then, on its clock; and when those would have been forgotten. */
  floor: number | undefined;
  floorUntilMs: number;
}

/**
 * All runs of a session. Where there is no room, the sender that has the most loses its oldest id first, so that a
 * flood of one's costs nobody else an id. What a sender sent before an id that it has lost may be a copy: see
 * {@link Answers.mayBeCopy}.
 */
export class Answers {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #runs = new Map<string, Run>();
  readonly #senders = new Map<string, Sender>();
  #sweptMs: number;
  /** Runs with an answer, the first answered first, and the bytes they hold. */
  readonly #kept = new Map<Run, number>();
  #keptBytes = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#sweptMs = clock.now();
  }

  /** Invocations remembered. */
  get size(): number {
    return this.#runs.size;
  }

  /** Bytes of the answers kept. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  get(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /** Whether an unknown invocation, sent at `sentAt` on its stub's clock, may be one whose id has been forgotten. */
  mayBeCopy(channel: Channel, sentAt: number): boolean {
    const floor = this.#senders.get(channel.enc)?.floor;
    return floor !== undefined && sentAt <= floor;
  }

  /** Remembers a new invocation as running; false where too many are running to remember another one. */
  begin(run: Run): boolean {
    this.#sweep();
    const { enc } = run.channel;
    const known = this.#senders.get(enc);
    const sender = known ?? { runs: new Set(), floor: undefined, floorUntilMs: Number.NEGATIVE_INFINITY };
    if (known === undefined && this.#senders.size >= maxRuns) return false;
    if (sender.runs.size >= maxRunsOfSender && !this.#forgetOldest(sender)) return false;
    if (this.#runs.size >= maxRuns && !this.#makeRoom()) return false;
    this.#senders.set(enc, sender);
    sender.runs.add(run);
    this.#runs.set(run.id, run);
    return true;
  }

  /** Keeps a run's answer for as long as there is room; that it ran is remembered longer, so that it never runs twice. */
  finish(run: Run, answer: Answer): void {
    this.#forgetAnswer(run);
    run.finish(answer, this.#clock.now());
    const bytes = bodyOf(answer.outcome).length + (run.parts?.heldBytes ?? 0);
    this.#kept.set(run, bytes);
    this.#keptBytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= maxKeptBytes) return;
      this.#forgetAnswer(oldest);
    }
  }

  /** Forgets an id of the sender with the most; a sender's only id is kept, since its stub may still ask. */
  #makeRoom(): boolean {
    let most: Sender | undefined;
    for (const sender of this.#senders.values()) if (sender.runs.size > (most?.runs.size ?? 1)) most = sender;
    return most !== undefined && this.#forgetOldest(most);
  }

  #forgetOldest(sender: Sender): boolean {
    for (const run of sender.runs) {
      if (run.state === 'running') continue;
      sender.floor = Math.max(sender.floor ?? run.sentAt, run.sentAt);
      sender.floorUntilMs = Math.max(sender.floorUntilMs, rememberedUntilMs(run));
      this.#forget(sender, run);
      return true;
    }
    return false;
  }

  #forget(sender: Sender, run: Run): void {
    this.#forgetAnswer(run);
    sender.runs.delete(run);
    this.#runs.delete(run.id);
  }

  #sweep(): void {
    const now = this.#clock.now();
    // The clock may have been set back.
    if (Math.abs(now - this.#sweptMs) < sweepMs) return;
    this.#sweptMs = now;
    for (const [enc, sender] of this.#senders) {
      for (const run of sender.runs) {
        if (run.state !== 'running' && rememberedUntilMs(run) < now) this.#forget(sender, run);
      }
      if (sender.runs.size === 0 && sender.floorUntilMs < now) this.#senders.delete(enc);
    }
  }

  #forgetAnswer(run: Run): void {
    const bytes = this.#kept.get(run);
    if (bytes === undefined) return;
    this.#kept.delete(run);
    this.#keptBytes -= bytes;
    run.forgetAnswer();
  }
}

/** An answer may be asked for until the deadline, though no longer than any function of Lambda's waits. */
function rememberedUntilMs({ answeredMs, deadlineMs, sentMs }: Run): number {
  return Math.min(deadlineMs, Math.max(sentMs, answeredMs ?? 0) + longestMs) + rememberedAfterMs;
}

/** The bytes that are sent: the function's answer, or the error's JSON. */
export function bodyOf(outcome: Outcome): Uint8Array {
  return outcome.ok ? outcome.body : outcome.error.body;
}
