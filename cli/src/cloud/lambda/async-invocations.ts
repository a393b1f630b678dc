// The Lambda host: asynchronous invocations, which no caller waits for: two more attempts after an error, then the end.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Outcome } from '../../worker/contract.ts';
import { CloudFullError } from '../aws-api/aws-error.ts';
import { asyncLimits } from '../aws-api/aws-limits.ts';
import type { CloudEvent, EventSource } from '../cloud.ts';
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

interface AsyncOptions {
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
  /** Before each further attempt, in milliseconds; default: those of {@link asyncLimits}. */
  readonly retryDelaysMs?: readonly number[];
}

export class AsyncInvocations {
  readonly #options: AsyncOptions;
  readonly #retries = new Set<Timer>();
  /** Attempts that wait for a slot, first come, first served. */
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #events = 0;
  #bytes = 0;
  #closed = false;

  constructor(options: AsyncOptions) {
    this.#options = options;
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
      this.#events += 1;
      this.#bytes += event.payload.length;
      void this.#begin(event, id).finally(() => {
        this.#events -= 1;
        this.#bytes -= event.payload.length;
      });
      return id;
    });
  }

  /** Ends all retries. */
  close(): void {
    this.#closed = true;
    for (const timer of this.#retries) timer.cancel();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async #begin(event: AsyncEvent, id: string): Promise<void> {
    const { functionName } = event;
    const { trace, count } = nextTrace(functionName, this.#options.clock.now(), event.trace);
    if (count > asyncLimits.invocationsInLoop) {
      const words = `${functionName} was invoked ${asyncLimits.invocationsInLoop} times in one chain of requests: a loop`;
      return this.#giveUp(event, id, 0, words);
    }
    const { retryDelaysMs = asyncLimits.retryDelaysMs } = this.#options;
    const attempts = retryDelaysMs.length + 1;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(event, id, trace);
      if (outcome === undefined || outcome.ok || this.#closed) return;
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
      await this.#wait(delayMs);
    }
  }

  /** Undefined if the cloud stopped. */
  async #attempt(event: AsyncEvent, id: string, traceId: string): Promise<Outcome | undefined> {
    const { functionName, payload, clientContext, qualifier } = event;
    if (this.#running < asyncLimits.concurrent) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#closed) return undefined;
    try {
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
