// [4] Remembers invocations: one that is sent again is not run again, and its answer is kept until the stub has it.
import type { Clock } from '../../../protocol/clock.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { Outcome } from '../worker/contract.ts';
import type { Answer, Run } from './run.ts';

/** Bytes of kept answers; beyond it the oldest are dropped. */
export const maxKeptBytes = 64 * 1024 * 1024;
/** Number of invocations remembered by id, of one sender and of all. An id takes about 1 KB. */
export const maxRunsOfSender = 2000;
export const maxRuns = 20_000;

/**
 * An id is remembered this long after its stub's deadline. After that, a copy of the invocation is recognized by its deadline,
 * even with all uncertainty about the stub's clock.
 */
const rememberedAfterMs = 60_000;
/** No invocation arrives later than this after it was sent; no Lambda function runs longer either (AWS: quotas). */
export const longestMs = 15 * 60_000;
/** How often expired ids are removed. */
const sweepMs = 60_000;

/** A stub instance, by the key of its channel. */
interface Sender {
  /** Oldest first. */
  readonly runs: Set<Run>;
  /** Ids sent up to this time, on the sender's clock, were forgotten early; and when they would have been forgotten. */
  floor: number | undefined;
  floorUntilMs: number;
}

/**
 * All runs of a session. If there is no room, the sender with the most ids loses its oldest one, so that a flood from one
 * sender costs no other an id. What a sender sent before a lost id may be a copy: see {@link Answers.mayBeCopy}.
 */
export class Answers {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #runs = new Map<string, Run>();
  readonly #senders = new Map<string, Sender>();
  #sweptMs: number;
  /** Runs with an answer, in the order of their answers, and the bytes they hold. */
  readonly #kept = new Map<Run, number>();
  #keptBytes = 0;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#sweptMs = clock.now();
  }

  /** Number of remembered invocations. */
  get size(): number {
    return this.#runs.size;
  }

  /** Bytes of kept answers. */
  get keptBytes(): number {
    return this.#keptBytes;
  }

  get(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /** Whether an unknown invocation, sent at `sentAt` on its stub's clock, may be one whose id was forgotten. */
  mayBeCopy(channel: Channel, sentAt: number): boolean {
    const floor = this.#senders.get(channel.enc)?.floor;
    return floor !== undefined && sentAt <= floor;
  }

  /** Remembers a new invocation as running; returns false if too many are running to remember another one. */
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

  /** Keeps a run's answer while there is room; its id is remembered longer, so that it never runs twice. */
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

/** Until the deadline the stub may ask for the answer, but no longer than any Lambda function may run. */
function rememberedUntilMs({ answeredMs, deadlineMs, sentMs }: Run): number {
  return Math.min(deadlineMs, Math.max(sentMs, answeredMs ?? 0) + longestMs) + rememberedAfterMs;
}

/** The bytes to send: the function's answer, or the error's JSON. */
export function bodyOf(outcome: Outcome): Uint8Array {
  return outcome.ok ? outcome.body : outcome.error.body;
}
