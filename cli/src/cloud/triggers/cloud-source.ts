// Triggers: the common shape of an event source in this cloud, so that the cloud composes them from a list.
import type { Clock } from '../../../../protocol/clock.ts';
import type { TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { Statement } from '../aws-api/access.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { Storage } from '../aws-api/storage.ts';
import type { CloudEvent } from '../cloud.ts';
import type { TableApi } from '../dynamodb/table-api.ts';
import type { KeptCloud } from '../kept-cloud.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { Deliveries } from './deliveries.ts';
import type { Consumer, Identity, Naming, Resource, SourceKind, Trigger } from './resources.ts';

/** Input of each service, which takes what it needs. */
export interface SourceOptions {
  /** Invokes and waits: for sources that are polled. */
  readonly host: Pick<LambdaHost, 'invoke'>;
  /** Whether sources that are polled may take something. */
  readonly deliveries: Pick<Deliveries, 'isPaused' | 'watch'>;
  /** What the cloud before this one has left. */
  readonly kept: Pick<KeptCloud, 'take'>;
  /** Invokes and retries: for sources that push. */
  readonly invocations: AsyncInvocations;
  readonly verifier: SigV4Verifier;
  /** Hosts the tables of triggers. */
  readonly dynamodb: TableApi;
  /** Limits what messages and records hold in memory. */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly endpointUrl: string;
  /** Functions may take this long, in seconds, whatever their timeout is. */
  readonly liftedSeconds?: number | undefined;
  readonly onEvent: (event: CloudEvent) => void;
}

/** A running service. */
export interface SourceService {
  /** The name that requests are signed for, e.g. `sns`, and their service; undefined if another service handles them. */
  readonly api?: { readonly name: string; readonly service: Service };
  /** Ends its timers and pollers; running invocations are ended by the host. */
  close(): void;
  /** Leaves what it holds to the next cloud, once it is closed. */
  keep?(kept: Pick<KeptCloud, 'keep'>): void;
}

/** Where a function's trigger publishes to, for its target. */
export interface Place extends Naming {
  readonly resource: Identity;
  readonly endpointUrl: string;
}

/** One kind of event source. */
export interface CloudSource<Kind extends SourceKind> {
  /** The resource behind a function's trigger: the one that it names, or the one that Terraform would create. */
  identify(trigger: Trigger<Kind>, naming: Naming): Identity;
  /** What `livectl trigger` publishes to, in the form of a stage's manifest from the Terraform module. */
  target(trigger: Trigger<Kind>, place: Place): NonNullable<TriggerTargets[Kind]>;
  /** What developers and functions may do with it. */
  allow(resources: readonly Resource<Kind>[]): Statement[];
  /** The variable that directs SDKs to this cloud's HTTP/2 port, if some use only HTTP/2 for this service. */
  readonly http2Variable?: string;
  /** Throws LD_CONFIG as `create` does for the trigger of one function. */
  check?(consumer: Consumer<Kind>): void;
  /** Throws LD_CONFIG for an invalid pattern, filter or expression. */
  create(resources: readonly Resource<Kind>[], options: SourceOptions): SourceService;
}
