// The cloud's event sources, put together: what the functions' triggers ask for, and the services to publish to it.
import type { Clock } from '../../../../protocol/clock.ts';
import type { Service } from '../aws-endpoint.ts';
import { storageLimits } from '../aws-limits.ts';
import type { CloudEvent, CloudFunction } from '../cloud.ts';
import type { Directory } from '../directory/directory-api.ts';
import { Bus } from '../eventbridge/bus.ts';
import { createBusApi } from '../eventbridge/bus-api.ts';
import { Schedules } from '../eventbridge/schedules.ts';
import { AsyncInvocations } from '../lambda/async-invocations.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import { Bucket } from '../s3/bucket.ts';
import { BucketApi } from '../s3/bucket-api.ts';
import type { SigV4Verifier } from '../sigv4-verify.ts';
import { Topic } from '../sns/topic.ts';
import { createTopicApi } from '../sns/topic-api.ts';
import { Queues } from '../sqs/queues.ts';
import { Streams } from '../streams/streams.ts';
import { addStreamedTable } from '../streams/table-stream.ts';
import { planResources } from './resources.ts';
import { Storage } from './storage.ts';

export interface EventSourcesOptions {
  readonly functions: readonly CloudFunction[];
  readonly stage: string;
  readonly host: Pick<LambdaHost, 'invoke'>;
  readonly verifier: SigV4Verifier;
  /** Gets the tables that triggers ask for. */
  readonly directory: Directory;
  readonly clock: Clock;
  readonly endpointUrl: string;
  /** Functions may take so long, whatever their timeout is. */
  readonly liftedSeconds?: number | undefined;
  readonly onEvent: (event: CloudEvent) => void;
}

export class EventSources {
  readonly invocations: AsyncInvocations;
  /** By the name their requests are signed for. */
  readonly services: ReadonlyMap<string, Service>;
  readonly #closables: readonly { close(): void }[];

  /** Throws LD_CONFIG for patterns that are none and for functions that contradict each other. */
  constructor(options: EventSourcesOptions) {
    const { functions, stage, host, verifier, directory, clock, onEvent } = options;
    const resources = planResources(functions, stage);
    const invocations = new AsyncInvocations({ host, clock, onEvent });
    const shared = { verifier, clock, onEvent, invocations };
    const storage = new Storage(storageLimits.messageBytes);
    const topics = resources.topics.map((each) => new Topic(each));
    const queues = new Queues({ ...options, resources: resources.queues, storage });
    const streams = new Streams({ ...options, resources: resources.streams, storage });
    for (const resource of resources.tables) {
      addStreamedTable({ resource, directory, streams, storage, clock, onEvent });
    }
    const buses = resources.buses.map((each) => new Bus(each));
    const objects = new Storage(storageLimits.objectBytes);
    const buckets = resources.buckets.map((each) => new Bucket(each, objects));
    const schedules = new Schedules({ functions, stage, invocations, clock, onEvent });
    this.invocations = invocations;
    this.services = new Map<string, Service>([
      ['sns', createTopicApi({ ...shared, topics })],
      ['sqs', queues.service],
      ['s3', new BucketApi({ ...shared, buckets })],
      ['kinesis', streams.service],
      ['events', createBusApi({ ...shared, buses })],
    ]);
    this.#closables = [invocations, schedules, queues, streams];
  }

  /** Takes nothing more from any source; what runs is the host's to end. */
  close(): void {
    for (const each of this.#closables) each.close();
  }
}
