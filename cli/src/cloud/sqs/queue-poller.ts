// SQS: Lambda's event source mapping of a queue: sends batches to the function, then deletes or returns their messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
import { randomUUID } from 'node:crypto';
import type { Clock, Timer } from '../../../../protocol/clock.ts';
import type { Outcome } from '../../worker/contract.ts';
import { asyncLimits, lambdaLimits, mappingLimits } from '../aws-api/aws-limits.ts';
import type { CloudEvent } from '../cloud.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { longestTrace, nextTrace } from '../lambda/trace.ts';
import { reportedFailures } from '../triggers/batch-response.ts';
import type { Deliveries } from '../triggers/deliveries.ts';
import type { Consumer } from '../triggers/resources.ts';
import { md5, md5OfAttributes, type QueueMessage, systemAttributes } from './message.ts';
import type { Queue } from './queue.ts';

interface QueuePollerOptions {
  readonly queue: Queue;
  readonly consumer: Consumer<'sqs'>;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly deliveries: Pick<Deliveries, 'isPaused' | 'watch'>;
  readonly clock: Clock;
  /** Hides a batch's messages for this long while the function works, instead of the queue's own time. */
  readonly holdSeconds?: number | undefined;
  readonly onEvent: (event: CloudEvent) => void;
}

export class QueuePoller {
  readonly #options: QueuePollerOptions;
  readonly #unwatch: () => void;
  #running = 0;
  readonly #inWork = new Set<QueueMessage>();
  /** Runs while a batch is not full but may still fill up. */
  #window: Timer | undefined;
  #closed = false;

  /** Begins at once. */
  constructor(options: QueuePollerOptions) {
    this.#options = options;
    this.#unwatch = options.queue.watch(() => this.#look());
    options.deliveries.watch(() => this.#look());
  }

  /** What the function works on is in the queue again. */
  close(): void {
    this.#closed = true;
    this.#unwatch();
    this.#window?.cancel();
    this.#options.queue.putBack(this.#inWork);
    this.#inWork.clear();
  }

  #look(): void {
    const { queue, consumer, clock } = this.#options;
    const { batch_size: size, maximum_batching_window_in_seconds: windowSeconds } = consumer.trigger;
    while (
      !this.#closed &&
      !this.#options.deliveries.isPaused &&
      this.#running < mappingLimits.queueBatches
    ) {
      const count = queue.receivableCount(size);
      if (count === 0) return;
      if (count < size && windowSeconds > 0) {
        this.#window ??= clock.after(windowSeconds * 1000, () => {
          this.#window = undefined;
          this.#take();
          this.#look();
        });
        return;
      }
      this.#window?.cancel();
      this.#window = undefined;
      this.#take();
    }
  }

  #take(): void {
    const { queue, consumer, holdSeconds } = this.#options;
    if (this.#closed || this.#options.deliveries.isPaused || this.#running >= mappingLimits.queueBatches)
      return;
    // A third for JSON's escapes and what SQS adds.
    const bytes = (lambdaLimits.eventBytes * 2) / 3;
    const messages = queue.receive({
      messages: consumer.trigger.batch_size,
      bytes,
      visibilitySeconds: holdSeconds,
    });
    if (messages.length === 0) return;
    this.#running += 1;
    for (const message of messages) this.#inWork.add(message);
    void this.#work(messages).finally(() => {
      for (const message of messages) this.#inWork.delete(message);
      this.#running -= 1;
      this.#look();
    });
  }

  async #work(messages: readonly QueueMessage[]): Promise<void> {
    const { queue, consumer, host, clock } = this.#options;
    const { functionName } = consumer;
    const incoming = longestTrace(messages.map(({ traceHeader }) => traceHeader));
    const { trace, count } = nextTrace(functionName, clock.now(), incoming);
    if (count > asyncLimits.invocationsInLoop) {
      queue.giveUp(messages);
      const words = `${functionName} was invoked ${asyncLimits.invocationsInLoop} times in one chain of requests: a loop`;
      return this.#tellGivenUp(messages, 0, words);
    }
    const id = randomUUID();
    const event = { Records: messages.map((each) => record(each, queue)) };
    let outcome: Outcome;
    try {
      const payload = Buffer.from(JSON.stringify(event));
      outcome = await host.invoke(functionName, payload, { id, traceId: trace });
    } catch {
      // The cloud is stopping; the messages in its queues end with it.
      return;
    }
    // Its messages are in the queue again, or in that of the next cloud.
    if (!this.#closed) this.#settle(messages, outcome, id);
  }

  #settle(messages: readonly QueueMessage[], outcome: Outcome, id: string): void {
    const { queue, consumer, holdSeconds } = this.#options;
    const reports = consumer.trigger.function_response_types.includes('ReportBatchItemFailures');
    let failed: ReadonlySet<string> | 'all' = outcome.ok ? new Set() : 'all';
    if (reports) failed = reportedFailures(outcome, new Set(messages.map((each) => each.id)));
    const remaining = messages.filter((each) => failed === 'all' || failed.has(each.id));
    const reason = outcome.ok
      ? `the function reported ${remaining.length} of ${messages.length} messages as failed`
      : `${outcome.error.errorType}: ${outcome.error.errorMessage}`;
    for (const message of messages) {
      const { receiptHandle = '' } = message;
      if (!remaining.includes(message)) {
        queue.delete(receiptHandle);
        continue;
      }
      message.lastFailure = reason;
      if (holdSeconds !== undefined) {
        queue.changeVisibility(receiptHandle, queue.options.visibilityTimeoutSeconds);
      }
    }
    this.#tellRetry(remaining, reason, id);
  }

  /** A message's last receive is not reported as a retry, but when the message moves. */
  #tellRetry(messages: readonly QueueMessage[], reason: string, id: string): void {
    const { queue, consumer, clock, onEvent } = this.#options;
    const { functionName } = consumer;
    const attempts = queue.options.redrive?.maxReceiveCount;
    const again = messages.filter(
      ({ receiveCount }) => receiveCount < (attempts ?? Number.POSITIVE_INFINITY),
    );
    const [first] = again;
    if (!first) return;
    const delayMs = Math.max(0, first.visibleAt - clock.now());
    const where = { source: 'sqs', resource: queue.options.name, functionName } as const;
    onEvent({ type: 'retry', ...where, id, attempt: first.receiveCount, attempts, delayMs, reason });
  }

  #tellGivenUp(messages: readonly QueueMessage[], attempts: number, reason: string): void {
    const { queue, consumer, onEvent } = this.#options;
    onEvent({
      type: 'dead_letter',
      source: 'sqs',
      resource: queue.options.name,
      functionName: consumer.functionName,
      ids: messages.map(({ id }) => id),
      attempts,
      reason,
      ...deadLetterName(queue),
    });
  }
}

/** For events, the name of the queue that messages were moved to. */
export function deadLetterName(queue: Queue): { deadLetterQueue?: string } {
  const { redrive } = queue.options;
  return redrive ? { deadLetterQueue: redrive.deadLetterQueue.options.name } : {};
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event */
function record(message: QueueMessage, queue: Queue) {
  const { arn } = queue.options;
  const checksum = md5OfAttributes(message.attributes);
  return {
    messageId: message.id,
    receiptHandle: message.receiptHandle,
    body: message.body,
    attributes: systemAttributes(message),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    ...(checksum === undefined ? {} : { md5OfMessageAttributes: checksum }),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: arn,
    awsRegion: arn.split(':')[3],
  };
}
