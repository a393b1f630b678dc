// The cloud's event sources, put together: what the functions' triggers ask for, and the services to publish to it.

import { storageLimits } from './aws-api/aws-limits.ts';
import type { Service } from './aws-api/service.ts';
import { Storage } from './aws-api/storage.ts';
import { createBuses } from './eventbridge/buses.ts';
import { AsyncInvocations } from './lambda/async-invocations.ts';
import { createBuckets } from './s3/buckets.ts';
import { createTopics } from './sns/topics.ts';
import { createQueues } from './sqs/queues.ts';
import { createStreams } from './streams/streams.ts';
import { planResources } from './triggers/resources.ts';
import type { SourceOptions, SourceService } from './triggers/source-service.ts';

type EventSourcesOptions = Omit<SourceOptions, 'invocations' | 'resources' | 'storage'>;

/** A line for each service. */
const create: readonly ((options: SourceOptions) => SourceService)[] = [
  createTopics,
  createQueues,
  createStreams,
  createBuckets,
  createBuses,
];

export class EventSources {
  readonly invocations: AsyncInvocations;
  readonly #sources: SourceService[] = [];

  /** Throws LD_CONFIG for an invalid pattern or schedule, and for functions that contradict each other. */
  constructor(options: EventSourcesOptions) {
    const { functions, stage, host, clock, onEvent } = options;
    const resources = planResources(functions, stage);
    this.invocations = new AsyncInvocations({ host, clock, onEvent });
    const storage = new Storage(storageLimits.messageBytes);
    try {
      for (const each of create) {
        this.#sources.push(each({ ...options, invocations: this.invocations, resources, storage }));
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** By the name that requests are signed for. */
  service(name: string): Service | undefined {
    return this.#sources.find((source) => source.name === name)?.service;
  }

  /** Takes nothing more from any source; what runs is the host's to end. */
  close(): void {
    this.invocations.close();
    for (const each of this.#sources) each.close();
  }
}
