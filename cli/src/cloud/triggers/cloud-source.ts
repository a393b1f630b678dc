// Triggers: the one shape of an event source in this cloud, so that the cloud composes them from a list.
import type { Clock } from '../../../../protocol/clock.ts';
import type { TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { Statement } from '../aws-api/access.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { Storage } from '../aws-api/storage.ts';
import type { CloudEvent } from '../cloud.ts';
import type { TableApi } from '../dynamodb/table-api.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { Identity, Naming, Resource, SourceKind, Trigger } from './resources.ts';

/** What each service is created from; it takes what it needs. */
export interface SourceOptions {
  /** Invokes and waits: for what is polled. */
  readonly host: Pick<LambdaHost, 'invoke'>;
  /** Invokes and tries again: for what is pushed. */
  readonly invocations: AsyncInvocations;
  readonly verifier: SigV4Verifier;
  /** Gets the tables that triggers ask for. */
  readonly dynamodb: TableApi;
  /** How much messages and records may hold in memory. */
  readonly storage: Storage;
  readonly clock: Clock;
  readonly endpointUrl: string;
  /** Seconds: functions may take so long, whatever their timeout is. */
  readonly liftedSeconds?: number | undefined;
  readonly onEvent: (event: CloudEvent) => void;
}

/** A service that runs. */
export interface SourceService {
  /** What requests are signed for, e.g. `sns`, and what answers them; undefined where another service takes what is published. */
  readonly api?: { readonly name: string; readonly service: Service };
  /** Ends its timers and pollers; what runs is the host's to end. */
  close(): void;
}

/** Where a function's trigger publishes to, for its target. */
export interface Place extends Naming {
  readonly resource: Identity;
  readonly endpointUrl: string;
}

/** One kind of event source. */
export interface CloudSource<Kind extends SourceKind> {
  /** The resource behind a function's trigger: the one that it names, or what Terraform would create. */
  identify(trigger: Trigger<Kind>, naming: Naming): Identity;
  /** What `livectl trigger` publishes to, as the Terraform module's manifest says it for a stage. */
  target(trigger: Trigger<Kind>, place: Place): NonNullable<TriggerTargets[Kind]>;
  /** What developers and functions may do with it. */
  allow(resources: readonly Resource<Kind>[]): Statement[];
  /** The variable that sends SDKs to this cloud's HTTP/2 port, where some speak nothing else to this service. */
  readonly http2Variable?: string;
  /** Throws LD_CONFIG for a pattern, filter or expression that is invalid. */
  create(resources: readonly Resource<Kind>[], options: SourceOptions): SourceService;
}
