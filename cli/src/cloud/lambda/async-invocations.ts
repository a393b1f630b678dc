// The Lambda host: asynchronous invocations, which no caller waits for: two more attempts after an error, then the end.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Outcome } from '../../worker/contract.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import { asyncLimits } from '../aws-api/aws-limits.ts';
import type { CloudEvent, EventSource } from '../cloud.ts';
import type { Deliveries } from '../triggers/deliveries.ts';
import type { LambdaHost } from './lambda-host.ts';
import { nextTrace } from './trace.ts';

/** An event for a function, and its source. */
export interface AsyncEvent {
  readonly functionName: string;
  readonly source: EventSource;
  /** The topic's, bus's or bucket's name; the function's own if it was invoked directly. */
  readonly resource: string;
  /** JSON text. */
  readonly payload: Uint8Array;
  /** X-Ray header of the chain of requests that it belongs to. */
  readonly trace: string | undefined;
  /** The message's id, if its source has one. */
  readonly messageId?: string;
  /** JSON text. */
  readonly clientContext?: string | undefined;
  /** The version or alias that is called. */
  readonly qualifier?: string | undefined;
}

/** One whose outcome is not known. */
export interface WaitingEvent {
  readonly event: AsyncEvent;
  readonly id: string;
  /** Undefined before the first attempt. */
  readonly trace: string | undefined;
  /** The number of the attempt that runs or comes next, from 1. */
  readonly attempt: number;
  /** When it is due. */
  readonly dueAt: number;
}

interface AsyncOptions {
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
  /** Nothing is invoked while it is paused; default: never. */
  readonly deliveries?: Pick<Deliveries, 'isPaused' | 'watch'>;
  /** Before each further attempt, in milliseconds; default: those of {@link asyncLimits}. */
  readonly retryDelaysMs?: readonly number[];
}

export class AsyncInvocations {
  readonly #options: AsyncOptions;
  readonly #retries = new Set<Timer>();
  readonly #entries = new Map<string, WaitingEvent>();
  /** Attempts that wait until deliveries go on. */
  readonly #held: (() => void)[] = [];
  /** Attempts that wait for a slot, first come, first served. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #events = 0;
  #bytes = 0;
  #closed = false;

  constructor(options: AsyncOptions) {
    this.#options = options;
    options.deliveries?.watch(() => this.#letGo());
  }

  /**
   * Accepts all of these events or none, and returns their request ids; throws a CloudFullError if there are too many. Their
   * outcome is reported as events.
   */
  accept(events: readonly AsyncEvent[]): string[] {
    const bytes = events.reduce((sum, { payload }) => sum + payload.length, 0);
    if (
      this.#events + events.length > asyncLimits.queuedEvents ||
      this.#bytes + bytes > asyncLimits.queuedBytes
    ) {
      throw new CloudFullError('Rate exceeded: too many asynchronous invocations wait in the local cloud');
    }
    return events.map((event) => {
      const id = randomUUID();
      this.#start({ event, id, trace: undefined, attempt: 1, dueAt: this.#options.clock.now() });
      return id;
    });
  }

  /** Those whose outcome is not known, in their order. */
  waiting(): readonly WaitingEvent[] {
    return [...this.#entries.values()];
  }

  /** Takes up what another one has left. */
  goOn(waiting: readonly WaitingEvent[]): void {
    for (const entry of waiting) this.#start(entry);
  }

  /** Ends all retries. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#retries) timer.cancel();
    for (const wake of this.#waiting.splice(0)) wake();
    this.#letGo();
  }

  #letGo(): void {
    for (const go of this.#held.splice(0)) go();
  }

  #start(entry: WaitingEvent): void {
    const { payload } = entry.event;
    this.#events += 1;
    this.#bytes += payload.length;
    this.#entries.set(entry.id, entry);
    void this.#begin(entry).finally(() => {
      this.#events -= 1;
      this.#bytes -= payload.length;
      // One that was cut off stays for the next cloud.
      if (!this.#closed) this.#entries.delete(entry.id);
    });
  }

  async #begin(entry: WaitingEvent): Promise<void> {
    const { event, id } = entry;
    const { clock, retryDelaysMs = asyncLimits.retryDelaysMs } = this.#options;
    const { functionName } = event;
    const traced = entry.trace === undefined ? nextTrace(functionName, clock.now(), event.trace) : undefined;
    const trace = entry.trace ?? traced?.trace ?? '';
    if (traced !== undefined && traced.count > asyncLimits.invocationsInLoop) {
      const words = `${functionName} was invoked ${asyncLimits.invocationsInLoop} times in one chain of requests: a loop`;
      return this.#giveUp(event, id, 0, words);
    }
    const attempts = retryDelaysMs.length + 1;
    const aheadMs = entry.dueAt - clock.now();
    if (aheadMs > 0) await this.#wait(aheadMs);
    for (let { attempt } = entry; ; attempt += 1) {
      this.#entries.set(id, { event, id, trace, attempt, dueAt: clock.now() });
      const outcome = await this.#attempt(event, id, trace);
      if (outcome === undefined || this.#closed) return;
      if (outcome.ok) return;
      const reason = `${outcome.error.errorType}: ${outcome.error.errorMessage}`;
      const delayMs = retryDelaysMs[attempt - 1];
      if (delayMs === undefined) return this.#giveUp(event, id, attempt, reason);
      const { source, resource } = event;
      this.#options.onEvent({
        type: 'retry',
        source,
        resource,
        functionName,
        id,
        attempt,
        attempts,
        delayMs,
        reason,
      });
      this.#entries.set(id, { event, id, trace, attempt: attempt + 1, dueAt: clock.now() + delayMs });
      await this.#wait(delayMs);
    }
  }

  /** Undefined if the cloud stopped. */
  async #attempt(event: AsyncEvent, id: string, traceId: string): Promise<Outcome | undefined> {
    const { functionName, payload, clientContext, qualifier } = event;
    if (this.#running < asyncLimits.concurrent) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      while (this.#options.deliveries?.isPaused && !this.#closed)
        await new Promise<void>((resolve) => this.#held.push(resolve));
      if (this.#closed) return undefined;
      return await this.#options.host.invoke(functionName, payload, {
        id,
        clientContext,
        traceId,
        qualifier,
      });
    } catch {
      return undefined;
    } finally {
      // The one that has waited longest gets the slot.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }

  #giveUp(
    { source, resource, functionName, messageId }: AsyncEvent,
    id: string,
    attempts: number,
    reason: string,
  ) {
    const ids = messageId === undefined ? [id] : [messageId];
    this.#options.onEvent({ type: 'dead_letter', source, resource, functionName, ids, attempts, reason });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, () => {
        this.#retries.delete(timer);
        resolve();
      });
      this.#retries.add(timer);
    });
  }
}
