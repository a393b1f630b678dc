// SQS, put together: a queue with its dead-letter queue for each that triggers ask for, and a poller per function.
import type { Service } from '../aws-api/service.ts';
import { deadLetterQueueOf, queueUrlOf } from '../triggers/resources.ts';
import type { SourceOptions, SourceService } from '../triggers/source-service.ts';
import { Queue } from './queue.ts';
import { createQueueApi } from './queue-api.ts';
import { deadLetterName, QueuePoller } from './queue-poller.ts';

/** A queue that no trigger says anything about, in seconds: SQS's own default. */
const defaultVisibilitySeconds = 30;

export function createQueues(options: SourceOptions): SourceService {
  const queues = new Queues(options);
  return { name: 'sqs', service: queues.service, close: () => queues.close() };
}

class Queues {
  readonly service: Service;
  readonly #options: SourceOptions;
  readonly #queues = new Map<string, Queue>();
  readonly #pollers: QueuePoller[] = [];

  constructor(options: SourceOptions) {
    this.#options = options;
    const { host, verifier, clock, onEvent, liftedSeconds: holdSeconds } = options;
    const resources = options.resources.queues;
    // One function's dead-letter queue may be another one's queue.
    for (const resource of resources) this.#queue(resource.arn);
    for (const { arn, consumers } of resources) {
      for (const consumer of consumers) {
        const queue = this.#queue(arn);
        this.#pollers.push(new QueuePoller({ queue, consumer, host, clock, holdSeconds, onEvent }));
      }
    }
    this.service = createQueueApi({
      queues: [...this.#queues.values()],
      consumersOf: ({ options: { arn } }) =>
        (resources.find((each) => each.arn === arn)?.consumers ?? []).map(({ functionName }) => functionName),
      verifier,
      clock,
      onEvent,
    });
  }

  close(): void {
    for (const poller of this.#pollers) poller.close();
    for (const queue of this.#queues.values()) queue.close();
  }

  #queue(arn: string): Queue {
    const known = this.#queues.get(arn);
    if (known) return known;
    const { resources, clock, storage, endpointUrl, onEvent } = this.#options;
    const resource = resources.queues.find((each) => each.arn === arn);
    const identity = { arn, name: arn.split(':').at(-1) ?? arn };
    const [first] = resource?.consumers ?? [];
    const timeouts = (resource?.consumers ?? []).map(({ timeout }) => timeout);
    const queue: Queue = new Queue({
      ...identity,
      url: queueUrlOf(identity, endpointUrl),
      isFifo: arn.endsWith('.fifo'),
      // The module makes queues without it; of those that exist already nothing is known.
      deduplicatesByContent: first?.trigger.queue_arn !== undefined,
      visibilityTimeoutSeconds:
        first?.trigger.visibility_timeout_seconds ??
        (timeouts.length > 0 ? 6 * Math.max(...timeouts) : defaultVisibilitySeconds),
      redrive: first && {
        deadLetterQueue: this.#queue(deadLetterQueueOf(identity).arn),
        maxReceiveCount: first.trigger.max_receive_count,
      },
      clock,
      storage,
      onRedrive: (messages) =>
        onEvent({
          type: 'dead_letter',
          source: 'sqs',
          resource: identity.name,
          functionName: first?.functionName ?? '',
          ids: messages.map(({ id }) => id),
          attempts: first?.trigger.max_receive_count ?? 0,
          reason: messages[0]?.lastFailure ?? 'received too often and not deleted',
          ...deadLetterName(queue),
        }),
    });
    this.#queues.set(arn, queue);
    return queue;
  }
}
