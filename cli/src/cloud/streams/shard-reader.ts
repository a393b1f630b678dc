// Streams: Lambda's event source mapping of one shard: batches in order, each tried until it succeeds.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html and services-ddb-errorhandling.html
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { RecordBatch } from '../../manifest/sources/source-parts.ts';
import type { Outcome } from '../../worker/contract.ts';
import { lambdaLimits, mappingLimits } from '../aws-api/aws-limits.ts';
import type { CloudEvent } from '../cloud.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { reportedFailures } from '../triggers/batch-response.ts';
import type { Deliveries } from '../triggers/deliveries.ts';
import type { SourceKind } from '../triggers/resources.ts';
import type { Shard, ShardPosition, StreamRecord } from './shard.ts';

export interface ShardReaderOptions {
  readonly shard: Shard;
  readonly consumer: { readonly functionName: string; readonly trigger: RecordBatch };
  readonly source: SourceKind;
  /** The stream's or table's name. */
  readonly resource: string;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly deliveries: Pick<Deliveries, 'isPaused' | 'watch'>;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

export class ShardReader {
  readonly #options: ShardReaderOptions;
  readonly #position: ShardPosition;
  /** Runs while a batch is not full but may still fill up, or until one is retried. */
  #timer: Timer | undefined;
  #wake: () => void = () => {};
  #isWorking = false;
  #windowIsOver = false;
  #closed = false;

  /** Begins at once. */
  constructor(options: ShardReaderOptions) {
    this.#options = options;
    this.#position = options.shard.read(options.consumer.functionName, () => this.#look());
    options.deliveries.watch(() => this.#look());
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#wake();
  }

  get #isHeld(): boolean {
    return this.#closed || this.#options.deliveries.isPaused;
  }

  #look(): void {
    if (this.#isWorking || this.#isHeld) return;
    const { batch_size: size, maximum_batching_window_in_seconds: windowSeconds } =
      this.#options.consumer.trigger;
    // A quarter for JSON's escapes and what the event adds; Kinesis' base64 adds a third.
    const batch = this.#position.peek(size, lambdaLimits.eventBytes / 2);
    if (batch.length === 0) return;
    if (batch.length < size && windowSeconds > 0 && !this.#windowIsOver) {
      this.#timer ??= this.#options.clock.after(windowSeconds * 1000, () => {
        this.#timer = undefined;
        this.#windowIsOver = true;
        this.#look();
      });
      return;
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#windowIsOver = false;
    this.#isWorking = true;
    void this.#work(batch).finally(() => {
      this.#isWorking = false;
      this.#look();
    });
  }

  /** Nothing after a batch is read before the batch has succeeded or was given up. */
  async #work(batch: readonly StreamRecord[]): Promise<void> {
    const { maximum_retry_attempts: retries, bisect_batch_on_function_error: bisects } =
      this.#options.consumer.trigger;
    let parts = [batch];
    let attempt = 1;
    for (let [part] = parts; part !== undefined; [part] = parts) {
      // The rest is still in the shard.
      if (this.#isHeld) return;
      const id = randomUUID();
      const outcome = await this.#invoke(part, id);
      if (outcome === undefined) return;
      const done = this.#countDone(outcome, part);
      const rest = part.slice(done);
      const others = parts.slice(1);
      this.#position.advance(done);
      if (rest.length === 0) {
        parts = others;
        attempt = 1;
        continue;
      }
      const reason = outcome.ok
        ? `the function reported record ${rest[0]?.sequenceNumber} as failed`
        : `${outcome.error.errorType}: ${outcome.error.errorMessage}`;
      if (done > 0) {
        // The rest is a batch of its own.
        parts = [rest, ...others];
        attempt = 0;
      } else if (bisects && rest.length > 1) {
        // "Splitting a batch doesn't count towards the retry quota."
        const half = Math.ceil(rest.length / 2);
        parts = [rest.slice(0, half), rest.slice(half), ...others];
        attempt = 0;
      } else if (retries >= 0 && attempt > retries) {
        this.#giveUp(rest, attempt, reason);
        this.#position.advance(rest.length);
        parts = others;
        attempt = 1;
        continue;
      }
      if (this.#isHeld) return;
      await this.#waitToRetry(id, attempt, reason);
      attempt += 1;
    }
  }

  /** Undefined if the cloud stopped. */
  async #invoke(records: readonly StreamRecord[], id: string): Promise<Outcome | undefined> {
    const { host, consumer } = this.#options;
    const payload = Buffer.from(JSON.stringify({ Records: records.map(({ content }) => content) }));
    try {
      const outcome = await host.invoke(consumer.functionName, payload, { id });
      return this.#closed ? undefined : outcome;
    } catch {
      return undefined;
    }
  }

  /** Counts the records before the first one that failed. */
  #countDone(outcome: Outcome, records: readonly StreamRecord[]): number {
    const { function_response_types: types } = this.#options.consumer.trigger;
    if (!types.includes('ReportBatchItemFailures')) return outcome.ok ? records.length : 0;
    const failed = reportedFailures(outcome, new Set(records.map(({ sequenceNumber }) => sequenceNumber)));
    if (failed === 'all') return 0;
    const first = records.findIndex(({ sequenceNumber }) => failed.has(sequenceNumber));
    return first < 0 ? records.length : first;
  }

  #waitToRetry(id: string, attempt: number, reason: string): Promise<void> {
    const { consumer, source, resource, clock, onEvent } = this.#options;
    const { firstStreamRetryMs, lastStreamRetryMs } = mappingLimits;
    const delayMs = Math.min(lastStreamRetryMs, firstStreamRetryMs * 2 ** Math.max(0, attempt - 1));
    const { maximum_retry_attempts: retries } = consumer.trigger;
    onEvent({
      type: 'retry',
      source,
      resource,
      functionName: consumer.functionName,
      id,
      // A part that was split off has failed before, as part of its batch.
      attempt: Math.max(1, attempt),
      attempts: retries < 0 ? undefined : retries + 1,
      delayMs,
      reason,
    });
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = clock.after(delayMs, () => {
        this.#timer = undefined;
        resolve();
      });
    });
  }

  #giveUp(records: readonly StreamRecord[], attempts: number, reason: string): void {
    const { consumer, source, resource, onEvent } = this.#options;
    const ids = records.map(({ sequenceNumber }) => sequenceNumber);
    const { functionName } = consumer;
    onEvent({ type: 'dead_letter', source, resource, functionName, ids, attempts, reason });
  }
}
