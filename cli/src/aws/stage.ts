// A stage on AWS as a command finds it: the credentials, and the directory table.
import type { LookupFunction } from 'node:net';
import { systemClock } from '../../../protocol/clock.ts';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import { Directory } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { type AwsIdentity, resolveIdentity } from './aws-identity.ts';
import { endpointOf } from './endpoints.ts';
import type { DirectoryContext } from './explain-directory.ts';
import { knownAddresses } from './known-addresses.ts';
import { proxyAgent } from './proxy-agents.ts';

export interface StageOptions {
  readonly stage: string;
  /** Prefix of the table's name; the module's `name`. */
  readonly name: string;
  readonly profile: string | undefined;
  readonly region: string | undefined;
}

export interface Stage {
  readonly identity: AwsIdentity;
  readonly directory: Directory;
  /** What the directory's answers reveal about AWS's clock. */
  readonly skew: ClockSkew;
  /** Must be closed before the process can end. */
  readonly http: HttpClient;
  /** Looks up names for connections to AWS. */
  readonly lookup: LookupFunction;
  /** For error messages. */
  readonly context: DirectoryContext;
}

/** Resolves the credentials; sends nothing else to AWS yet. Rejects with LD_REGION or LD_CREDENTIALS. */
export async function openStage(options: StageOptions): Promise<Stage> {
  const { name, profile, stage } = options;
  const identity = await resolveIdentity(options);
  const { credentials, region } = identity;
  const tableName = `${name}-${stage}`;
  const lookup = knownAddresses(systemClock);
  const http = new HttpClient({ agentFor: proxyAgent, lookup });
  const endpoint = endpointOf('dynamodb', region);
  const skew = new ClockSkew();
  const clock = systemClock;
  const directory = new Directory({ endpoint, region, tableName, http, credentials, clock, skew });
  return { identity, directory, skew, http, lookup, context: { stage, tableName, region, profile } };
}
