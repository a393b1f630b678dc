// [4] What is remembered of invocations: a re-sent one is not run again, an answer is kept until it is fetched.
import type { MessageHead } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { HttpFrontKind } from '../worker/http-answer.ts';
import type { Outcome } from '../worker/invocation.ts';
import type { OutgoingParts } from './outgoing-parts.ts';

/** What goes back for an invocation. */
export interface Answer {
  readonly outcome: Outcome;
  readonly codeMs: number;
  /** How many parts of a streamed response come before it. */
  readonly parts?: number | undefined;
}

/** One invocation as the session knows it. */
export interface Run {
  /** The conversation's id: every invocation a stub receives has its own, also Lambda's retry of a request. */
  readonly id: string;
  /** Lambda's request id: what the function, its logs and the terminal know the invocation by. */
  readonly requestId: string;
  readonly functionName: string;
  readonly channel: Channel;
  /** The stub's connection of its latest message. */
  replyTo: string;
  /** What turns the answer into an HTTP response; undefined for every other source. */
  http?: HttpFrontKind | undefined;
  /** Until when the stub waits, on this machine's clock. */
  readonly deadlineMs: number;
  /** When the stub sent it, on this machine's clock. */
  readonly sentMs: number;
  /** Of the stub's messages that name its connection, the latest one's number. */
  heardAttempt: number;
  /** Counts this end's messages about the invocation. */
  attempt: number;
  state: 'running' | 'answered';
  /** Why the stub gave up, where it did: the run is being ended, its answer goes to nobody. */
  cancelled: MessageHead<'cancel'>['reason'] | undefined;
  /** What a response that is streamed still holds; undefined for a stub that takes whole answers only. */
  readonly parts: OutgoingParts | undefined;
  /** Undefined while it runs, and again when it has been forgotten to make room. */
  answer: Answer | undefined;
}

/** Answers kept, in bytes, before the oldest are forgotten. */
export const maxKeptBytes = 64 * 1024 * 1024;
/** Invocations remembered by id. */
export const maxRuns = 10_000;

/** All runs of a session, oldest first. */
export class Answers {
  readonly #runs = new Map<string, Run>();
  /** Runs with an answer, the first answered first, and the bytes they hold. */
  readonly #kept = new Map<Run, number>();
  #keptBytes = 0;

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

  /** Remembers a new invocation as running. */
  begin(run: Run): void {
    this.#runs.set(run.id, run);
    if (this.#runs.size <= maxRuns) return;
    for (const old of this.#runs.values()) {
      if (old.state === 'running') continue;
      this.#forgetAnswer(old);
      this.#runs.delete(old.id);
      return;
    }
  }

  /** Keeps a run's answer for as long as there is room; that it ran is remembered longer, so that it never runs twice. */
  finish(run: Run, answer: Answer): void {
    this.#forgetAnswer(run);
    run.state = 'answered';
    run.answer = answer;
    const bytes = bodyOf(answer.outcome).length + (run.parts?.heldBytes ?? 0);
    this.#kept.set(run, bytes);
    this.#keptBytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= maxKeptBytes) return;
      this.#forgetAnswer(oldest);
    }
  }

  #forgetAnswer(run: Run): void {
    const bytes = this.#kept.get(run);
    if (bytes === undefined) return;
    this.#kept.delete(run);
    this.#keptBytes -= bytes;
    run.answer = undefined;
    run.parts?.close();
  }
}

/** The bytes that travel: the function's answer, or the error's JSON. */
export function bodyOf(outcome: Outcome): Uint8Array {
  return outcome.ok ? outcome.body : outcome.error.body;
}
