// SQS, composed: a queue with its dead-letter queue for each that triggers use, and a poller per function.

import { queueName } from '../../manifest/derived-names.ts';
import { accountId, region } from '../aws-api/access.ts';
import type { Service } from '../aws-api/service.ts';
import type { KeptCloud } from '../kept-cloud.ts';
import type { CloudSource, SourceOptions } from '../triggers/cloud-source.ts';
import { existing, type Identity, type Resource } from '../triggers/resources.ts';
import { Queue, type QueueState } from './queue.ts';
import { createQueueApi } from './queue-api.ts';
import { deadLetterName, QueuePoller } from './queue-poller.ts';

/** Visibility timeout of a queue without settings in a trigger, in seconds: SQS's own default. */
const defaultVisibilitySeconds = 30;

export const sqs: CloudSource<'sqs'> = {
  identify({ fifo_queue, queue_arn, queue_name }, { functionName, prefix }) {
    if (queue_arn !== undefined) return existing(queue_arn, ':');
    const name = queueName(queue_name ?? functionName, prefix, fifo_queue);
    return { name, arn: `arn:aws:sqs:${region}:${accountId}:${name}` };
  },
  target: (_trigger, { endpointUrl, resource }) => ({
    queue_url: queueUrlOf(resource, endpointUrl),
    queue_arn: resource.arn,
    dead_letter_queue_url: queueUrlOf(deadLetterQueueOf(resource), endpointUrl),
  }),
  allow: () => [{ actions: ['sqs:*'], resources: ['*'] }],
  create(resources, options) {
    const queues = new Queues(resources, options);
    return {
      api: { name: 'sqs', service: queues.service },
      close: () => queues.close(),
      keep: (kept) => queues.keep(kept),
    };
  },
};

/** Where a queue's messages go that could not be processed. */
function deadLetterQueueOf({ arn }: Identity): Identity {
  return existing(arn.endsWith('.fifo') ? `${arn.slice(0, -5)}-dlq.fifo` : `${arn}-dlq`, ':');
}

/** The account in a queue's URL is that of its ARN. */
function queueUrlOf({ name, arn }: Identity, endpointUrl: string): string {
  return `${endpointUrl}/${arn.split(':')[4]}/${name}`;
}

class Queues {
  readonly service: Service;
  readonly #options: SourceOptions;
  readonly #resources: readonly Resource<'sqs'>[];
  readonly #queues = new Map<string, Queue>();
  readonly #pollers: QueuePoller[] = [];

  constructor(resources: readonly Resource<'sqs'>[], options: SourceOptions) {
    this.#options = options;
    this.#resources = resources;
    const { host, verifier, clock, deliveries, onEvent, liftedSeconds: holdSeconds } = options;
    // One function's dead-letter queue may be another one's queue.
    for (const resource of resources) this.#queue(resource.arn);
    for (const { arn, consumers } of resources) {
      for (const consumer of consumers) {
        const queue = this.#queue(arn);
        this.#pollers.push(
          new QueuePoller({ queue, consumer, host, deliveries, clock, holdSeconds, onEvent }),
        );
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

  keep(kept: Pick<KeptCloud, 'keep'>): void {
    for (const [arn, queue] of this.#queues) kept.keep(arn, queue.handOver());
  }

  #queue(arn: string): Queue {
    const known = this.#queues.get(arn);
    if (known) return known;
    const { clock, kept, storage, endpointUrl, onEvent } = this.#options;
    const resource = this.#resources.find((each) => each.arn === arn);
    const identity = existing(arn, ':');
    const [first] = resource?.consumers ?? [];
    const timeouts = (resource?.consumers ?? []).map(({ timeout }) => timeout);
    const queue: Queue = new Queue({
      ...identity,
      url: queueUrlOf(identity, endpointUrl),
      isFifo: arn.endsWith('.fifo'),
      // The module creates queues without it; nothing is known of existing ones.
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
      state: kept.take<QueueState>(arn),
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
