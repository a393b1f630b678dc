// Triggers: the one shape of a service that functions' triggers ask for, so that the cloud composes them from a list.
import type { Clock } from '../../../../protocol/clock.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { Storage } from '../aws-api/storage.ts';
import type { CloudEvent, CloudFunction } from '../cloud.ts';
import type { TableApi } from '../dynamodb/table-api.ts';
import type { AsyncInvocations } from '../lambda/async-invocations.ts';
import type { LambdaHost } from '../lambda/lambda-host.ts';
import type { Resources } from './resources.ts';

/** What each service is created from; it takes what it needs. */
export interface SourceOptions {
  readonly functions: readonly CloudFunction[];
  readonly stage: string;
  /** What the functions' triggers ask for, by kind. */
  readonly resources: Resources;
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

export interface SourceService {
  /** By which requests to it are signed, e.g. `sns`. */
  readonly name: string;
  readonly service: Service;
  /** Ends its timers and pollers; what runs is the host's to end. */
  close(): void;
}
