// Calls to the services behind event sources: of AWS, of an emulator or of the local cloud, by one code path.
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
  /** An emulator's, or the local cloud's; undefined where AWS answers. */
  readonly endpointFor: (service: AwsService) => string | undefined;
  /** The way through a proxy, where one stands before a URL. */
  readonly agentFor: (url: URL) => Agent | undefined;
  readonly http: HttpClient;
}

/** Where AWS's hosts begin with another word than the SDK's client. */
const hosts: Partial<Record<AwsService, string>> = { eventbridge: 'events' };

/** One run's way to AWS. */
export class Aws {
  readonly region: string;
  readonly credentials: () => Promise<AwsCredentials>;
  /** For requests that are no AWS API's. */
  readonly http: HttpClient;
  readonly #options: AwsOptions;

  constructor(options: AwsOptions) {
    this.#options = options;
    this.region = options.region;
    this.credentials = options.credentials;
    this.http = options.http;
  }

  /**
   * One call, in the Region of `resource` where that is an ARN which names one. Rejects with a LiveDebugError that
   * names `action` (as in an IAM policy) and the resource.
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
