// Calls to the services behind event sources, the same for AWS, an emulator and the local cloud.
import type { Agent } from 'node:http';
import type { HttpClient } from '../../../protocol/http-client.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import type { AwsCalls, AwsConnection, AwsService } from './aws-calls.ts';
import { explainRefusal } from './explain-refusal.ts';
import { loadAwsCalls } from './load-aws-calls.ts';

export interface AwsOptions {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** `--profile`. */
  readonly profile: string | undefined;
  /** An emulator's endpoint, or the local cloud's; undefined for AWS. */
  readonly endpointFor: (service: AwsService) => string | undefined;
  /** The agent for requests through a proxy, if one applies to the URL. */
  readonly agentFor: (url: URL) => Agent | undefined;
  readonly http: HttpClient;
}

/** AWS host names that begin differently from the SDK client's name. */
const hosts: Partial<Record<AwsService, string>> = { eventbridge: 'events' };

/** Calls AWS for one run. */
export class Aws {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** For requests that are not calls of an AWS API. */
  readonly http: HttpClient;
  readonly #options: AwsOptions;

  constructor(options: AwsOptions) {
    this.#options = options;
    this.region = options.region;
    this.credentials = options.credentials;
    this.http = options.http;
  }

  /**
   * One call, in the Region of `resource` if that is an ARN with a Region. Rejects with a LiveDebugError that names `action` (as in
   * an IAM policy) and the resource.
   */
  async call<T>(action: string, resource: string, send: (calls: AwsCalls) => Promise<T>): Promise<T> {
    const region = (resource.startsWith('arn:') && resource.split(':')[3]) || this.region;
    const calls = loadAwsCalls().awsCalls((service) => this.#connection(service, region));
    try {
      return await send(calls);
    } catch (error) {
      throw explainRefusal(error, { action, resource, region, profile: this.#options.profile });
    }
  }

  #connection(service: AwsService, region: string): AwsConnection {
    const { agentFor, credentials, endpointFor, profile } = this.#options;
    const endpoint = endpointFor(service);
    const url = endpoint ?? `https://${hosts[service] ?? service}.${region}.amazonaws.com`;
    return { region, credentials, profile, endpoint, agent: agentFor(new URL(url)) };
  }
}
