// `livectl cloud` as a process, and what its other terminals have: the environment that it names, and nothing of this
// machine's AWS.
import type { CloudReady } from '../../src/log/cloud-lines.ts';
import { awsClient } from '../cloud/signing.ts';
import { type JsRuntime, Livectl } from './livectl-process.ts';

export interface CloudProcess {
  readonly livectl: Livectl;
  readonly ready: CloudReady;
  /** Of a terminal that has what `ready` says. */
  readonly environment: Record<string, string>;
  /** Where a function answers. */
  urlOf(name: string): string;
}

/** On free ports, once it is ready. `flags` name the folder. */
export async function startCloudProcess(
  flags: readonly string[],
  options: { readonly runtime?: JsRuntime; readonly cleanups: (() => unknown)[] },
): Promise<CloudProcess> {
  const args = ['cloud', '--port', '0', '--format', 'json', ...flags];
  const livectl = new Livectl(args, options.runtime ? { runtime: options.runtime } : {});
  options.cleanups.push(() => livectl.dispose());
  const ready: unknown = await livectl.event('ready');
  return { livectl, ready: ready as CloudReady, ...ofReady(ready as CloudReady) };
}

function ofReady({ env, functions }: CloudReady): Pick<CloudProcess, 'environment' | 'urlOf'> {
  return {
    environment: {
      ...env,
      ...{ AWS_PROFILE: '', AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    },
    urlOf: (name) => functions.find((each) => each.name === name)?.url ?? '',
  };
}

/** Signs requests for one of the cloud's services as such a terminal does. */
export function clientOf({ environment }: Pick<CloudProcess, 'environment'>, service: string) {
  const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '' } = environment;
  const credentials = {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  };
  return awsClient(credentials, service);
}
