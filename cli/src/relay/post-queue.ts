// [3] The order in which livectl's posts leave for the relay: small ones at once, large ones in turn, as the line allows.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import {
  firstRetryMs,
  longestRetryMs,
  type PostOutcome,
  type RelayPoster,
} from '../../../protocol/relay-post.ts';
import type { Destination } from './destination.ts';
import { Line } from './line.ts';

interface PostQueueOptions {
  readonly poster: Pick<RelayPoster, 'attempt'>;
  /** Has its own connections for messages of more than one chunk, so that small ones find theirs free. */
  readonly bulkHttp: HttpClient | undefined;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

/** Texts up to this size wait for no other: acks, questions, most answers. They fit in one flight of TCP (14 KB). */
const smallTextBytes = 8 * 1024;

/** Connections at once: for small texts, and for large ones, which fill 100 Mbit/s with a round trip of 100 ms. */
export const smallAtOnce = 64;
export const largeAtOnce = 16;

/** A post older than this when a lost link is back may be stuck on a dead connection. Milliseconds. */
const staleAfterMs = 1000;

/** One post under way. */
interface Attempt {
  readonly controller: AbortController;
  readonly at: number;
  /** It was aborted in order to be repeated. */
  isStale: boolean;
}

/** One message under way. */
interface Job {
  readonly to: Destination;
  readonly untilMs: number;
  readonly http: HttpClient | undefined;
  /** Number of texts that are not delivered yet. */
  left: number;
  readonly underWay: Set<Attempt>;
  readonly waits: Set<Timer>;
  /** Undefined once it has ended. */
  resolve: ((outcome: PostOutcome) => void) | undefined;
}

interface Entry {
  readonly job: Job;
  readonly text: string;
  retryCeilingMs: number;
  /** Number of timeouts so far. */
  timeouts: number;
}

/** One per livectl and relay. */
export class PostQueue {
  readonly line: Line;
  readonly #options: PostQueueOptions;
  #small: Entry[] = [];
  #smallUnderWay = 0;
  /** By connection, in the order of their turns: stub instances share the line. */
  readonly #large = new Map<string, Entry[]>();
  #largeUnderWay = 0;
  readonly #jobs = new Set<Job>();
  #closed = false;

  constructor(options: PostQueueOptions) {
    this.#options = options;
    this.line = new Line(options.clock);
  }

  /** Number of large texts that the relay has not answered. */
  get largeUnderWay(): number {
    return this.#largeUnderWay;
  }

  /**
   * Posts all texts of one message; never rejects. 429, 5xx, resets and timeouts are retried, with full jitter, until `untilMs`
   * (milliseconds since the epoch), until the destination is closed, or until `close`.
   */
  post(to: Destination, texts: readonly string[], untilMs: number): Promise<PostOutcome> {
    if (this.#closed || to.isClosed)
      return Promise.resolve({ kind: 'failed', reason: 'nobody waits for it' });
    return new Promise((resolve) => {
      const job: Job = {
        to,
        untilMs,
        http: texts.length > 1 ? this.#options.bulkHttp : undefined,
        left: texts.length,
        underWay: new Set(),
        waits: new Set(),
        resolve: (outcome) => {
          forget();
          resolve(outcome);
        },
      };
      const forget = to.onClose(() => this.#end(job, { kind: 'failed', reason: 'nobody waits for it' }));
      this.#jobs.add(job);
      if (texts.length === 0) return this.#end(job, { kind: 'delivered' });
      for (const text of texts) this.#add({ job, text, retryCeilingMs: firstRetryMs, timeouts: 0 });
      this.#next();
    });
  }

  /**
   * The relay is reachable again after an outage. A post that began during it would wait for TCP's retransmission, up to 16 s,
   * so it is sent once more at once. Its receiver accepts a duplicate chunk only once.
   */
  renew(): void {
    const now = this.#options.clock.now();
    for (const { underWay } of this.#jobs) {
      for (const attempt of underWay) {
        if (now - attempt.at < staleAfterMs) continue;
        attempt.isStale = true;
        attempt.controller.abort();
      }
    }
  }

  /** Ends all posts, and accepts no more. */
  close(): void {
    this.#closed = true;
    for (const job of this.#jobs)
      this.#end(job, { kind: 'failed', reason: 'the link to the relay is closed' });
  }

  #add(entry: Entry): void {
    if (entry.text.length <= smallTextBytes) {
      this.#small.push(entry);
      return;
    }
    const key = entry.job.to.connectionId;
    const entries = this.#large.get(key);
    if (entries) entries.push(entry);
    else this.#large.set(key, [entry]);
  }

  #next(): void {
    while (this.#smallUnderWay < smallAtOnce) {
      const entry = this.#small.shift();
      if (entry === undefined) break;
      if (entry.job.resolve) void this.#attempt(entry, false);
    }
    while (this.#largeUnderWay < largeAtOnce && this.line.hasRoom) {
      const entry = this.#nextLarge();
      if (entry === undefined) break;
      if (entry.job.resolve) void this.#attempt(entry, true);
    }
  }

  /** The next text of the connection whose turn it is; that connection then moves to the end. */
  #nextLarge(): Entry | undefined {
    const [next] = this.#large;
    if (next === undefined) return undefined;
    const [key, entries] = next;
    this.#large.delete(key);
    const entry = entries.shift();
    if (entries.length > 0) this.#large.set(key, entries);
    return entry;
  }

  async #attempt(entry: Entry, isLarge: boolean): Promise<void> {
    const { job, text } = entry;
    const { poster } = this.#options;
    const timeoutMs = this.line.timeoutMs(text.length) * 2 ** entry.timeouts;
    const passage = this.line.begin(text.length);
    const attempt: Attempt = { controller: new AbortController(), at: passage.at, isStale: false };
    job.underWay.add(attempt);
    this.#count(isLarge, 1);
    const outcome = await poster.attempt(job.to.connectionId, text, {
      untilMs: job.untilMs,
      timeoutMs,
      signal: attempt.controller.signal,
      ...(job.http ? { http: job.http } : {}),
    });
    this.#count(isLarge, -1);
    job.underWay.delete(attempt);
    const isFull = isLarge && this.#large.size > 0;
    const isFailure = typeof outcome !== 'string' && outcome.kind === 'failed';
    if (attempt.isStale && isFailure) {
      this.line.end(passage, 'given-up', isFull);
      if (job.resolve) this.#add(entry);
    } else if (typeof outcome === 'string') {
      const isTimeout = this.#options.clock.now() - passage.at >= timeoutMs;
      if (isTimeout) entry.timeouts += 1;
      const isRefused = outcome.startsWith('HTTP');
      this.line.end(passage, isRefused ? 'refused' : isTimeout ? 'broken' : 'given-up', isFull);
      this.#later(entry, outcome);
    } else {
      this.line.end(passage, outcome.kind === 'delivered' ? 'delivered' : 'given-up', isFull);
      if (outcome.kind !== 'delivered') this.#end(job, outcome);
      else {
        job.left -= 1;
        if (job.left === 0) this.#end(job, outcome);
      }
    }
    this.#next();
  }

  #count(isLarge: boolean, by: 1 | -1): void {
    if (isLarge) this.#largeUnderWay += by;
    else this.#smallUnderWay += by;
  }

  /** Retries after a wait, if there is time. */
  #later(entry: Entry, reason: string): void {
    const { clock, random = Math.random } = this.#options;
    const { job } = entry;
    if (!job.resolve) return;
    const waitMs = random() * entry.retryCeilingMs;
    entry.retryCeilingMs = Math.min(entry.retryCeilingMs * 2, longestRetryMs);
    if (clock.now() + waitMs >= job.untilMs) return this.#end(job, { kind: 'failed', reason });
    const timer = clock.after(waitMs, () => {
      job.waits.delete(timer);
      this.#add(entry);
      this.#next();
    });
    job.waits.add(timer);
  }

  #end(job: Job, outcome: PostOutcome): void {
    const { resolve } = job;
    if (resolve === undefined) return;
    job.resolve = undefined;
    this.#jobs.delete(job);
    for (const timer of job.waits) timer.cancel();
    for (const { controller } of job.underWay) controller.abort();
    const key = job.to.connectionId;
    const others = this.#large.get(key)?.filter((entry) => entry.job !== job);
    if (others?.length === 0) this.#large.delete(key);
    else if (others) this.#large.set(key, others);
    resolve(outcome);
  }
}
