// [5] Local cloud: refuses requests that an SDK without support for AWS_ENDPOINT_URL would send to AWS itself.
import { ClientRequest } from 'node:http';
import { localKeyPrefix } from '../runtime-api/local-credentials.ts';

/** Matches hosts of AWS's services. */
const awsHost = /\.(amazonaws\.com(\.cn)?|api\.aws)(:\d+)?$/i;

let isWatching = false;

/**
 * From now on a request of node:http or node:https to AWS fails before a byte of it is sent if it is signed with the local
 * cloud's credentials. With other credentials, those of a stage on AWS, this does nothing and costs nothing.
 */
export function keepLocal(environment: NodeJS.ProcessEnv): void {
  if (isWatching || !environment.AWS_ACCESS_KEY_ID?.startsWith(localKeyPrefix)) return;
  isWatching = true;
  const { prototype } = ClientRequest;
  // Whichever is called first; by then an SDK has signed the headers.
  for (const name of ['write', 'end', 'flushHeaders'] as const) {
    const original = prototype[name] as (this: ClientRequest, ...args: unknown[]) => unknown;
    const guarded = function (this: ClientRequest, ...args: unknown[]): unknown {
      const host = hostOnAws(this);
      if (host === undefined) return original.apply(this, args);
      this.destroy(new Error(refusal(host)));
      return name === 'write' ? false : this;
    };
    Object.defineProperty(prototype, name, { value: guarded, configurable: true, writable: true });
  }
}

function hostOnAws(request: ClientRequest): string | undefined {
  const host = String(request.getHeader('host') ?? request.host);
  const isOurs =
    awsHost.test(host) && String(request.getHeader('authorization') ?? '').includes(localKeyPrefix);
  return isOurs ? host : undefined;
}

function refusal(host: string): string {
  return `livectl refused a request to ${host}: it is signed with the credentials of the local cloud, which AWS does not know. aws-sdk v2 does not read AWS_ENDPOINT_URL; pass it, e.g. new AWS.SQS({ endpoint: process.env.AWS_ENDPOINT_URL }), or use AWS SDK v3`;
}
