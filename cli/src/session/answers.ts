// [4] What is remembered of invocations: a re-sent one is not run again, an answer is kept until it is delivered.
import type { Channel } from '../../../protocol/sealing.ts';
import type { Outcome } from '../worker/invocation.ts';

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
  /** Until when the stub waits, on this machine's clock. */
  readonly deadlineMs: number;
  /** When the stub sent it, on this machine's clock. */
  readonly sentMs: number;
  /** Counts this end's messages about the invocation. */
  attempt: number;
  state: 'running' | 'answered' | 'cancelled';
  answer: { readonly outcome: Outcome; readonly codeMs: number } | undefined;
}

/** Answers kept, in bytes, before the oldest are forgotten. */
const maxKeptBytes = 64 * 1024 * 1024;
/** Invocations remembered by id. */
const maxRuns = 10_000;

/** All runs of a session, oldest first. */
export class Answers {
  readonly #runs = new Map<string, Run>();
  #running = 0;
  #keptBytes = 0;

  /** Invocations being worked on. */
  get running(): number {
    return this.#running;
  }

  get(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  /** Remembers a new invocation as running. */
  begin(run: Run): void {
    this.#runs.set(run.id, run);
    this.#running += 1;
    this.#makeRoom();
  }

  /** Keeps its answer for as long as there is room; a cancelled run's answer is nobody's. */
  finish(run: Run, answer: NonNullable<Run['answer']>): void {
    this.#running -= 1;
    if (run.state === 'cancelled') return;
    run.state = 'answered';
    run.answer = answer;
    this.#keptBytes += bodyOf(answer.outcome).length;
    this.#makeRoom();
  }

  /** Every run that is still being worked on. */
  *inFlight(): Iterable<Run> {
    for (const run of this.#runs.values()) if (run.state === 'running') yield run;
  }

  #makeRoom(): void {
    for (const [id, run] of this.#runs) {
      if (this.#runs.size <= maxRuns && this.#keptBytes <= maxKeptBytes) return;
      if (run.state === 'running') continue;
      this.#runs.delete(id);
      if (run.answer) this.#keptBytes -= bodyOf(run.answer.outcome).length;
    }
  }
}

/** The bytes that travel: the function's answer, or the error's JSON. */
export function bodyOf(outcome: Outcome): Uint8Array {
  return outcome.ok ? outcome.body : outcome.error.body;
}
