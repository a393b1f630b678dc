// The Region's tunnel function: the built one, beside the stubs, and Lambda's Invoke for it.
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { type Answer, jsonAnswer, readBody } from '../../cli/src/cloud/aws-api/loopback-server.ts';
import type { StubPlace } from '../../cli/src/cloud/lambda/stub-environment.ts';
import {
  tunnelFunctionName,
  tunnelHost,
  tunnelVariables,
} from '../../cli/src/cloud/lambda/tunnel-function.ts';
import { unpack } from '../../cli/src/cloud/lambda/unpack.ts';
import { systemClock } from '../../protocol/clock.ts';
import { repository, tunnelZipFile } from '../repository.ts';

export interface TunnelOptions {
  readonly allow: readonly string[];
  readonly place: StubPlace;
  /** Where it is unpacked. */
  readonly folder: string;
  readonly authorityFile: string;
  readonly onLog: (text: string) => void;
}

export interface RegionTunnel {
  /** Undefined for a request that is not an invocation of it. */
  invoke(request: IncomingMessage): Promise<Answer> | undefined;
  close(): Promise<void>;
}

const longestEvent = 64 * 1024;

export async function startTunnel(options: TunnelOptions): Promise<RegionTunnel> {
  const { allow, authorityFile, folder, onLog, place } = options;
  await unpack(readFileSync(tunnelZipFile), folder);
  const functionName = tunnelFunctionName(place.stage);
  const { host, invocations } = tunnelHost({
    functionName,
    taskRoot: folder,
    command: [process.execPath, join(repository, 'dist', 'node-runtime.mjs')],
    place,
    // Read by its Node; on AWS, Node trusts the authority by default.
    variables: { ...tunnelVariables(place, allow), NODE_EXTRA_CA_CERTS: authorityFile },
    clock: systemClock,
    onEvent: (event) => {
      if (event.type === 'tunnel_log') onLog(`${functionName}: ${event.message}`);
      if (event.type === 'tunnel_failed') onLog(`${functionName} failed: ${event.reason}`);
    },
  });
  const accept = async (request: IncomingMessage): Promise<Answer> => {
    const payload = await readBody(request, longestEvent);
    if (payload === undefined) return jsonAnswer(413, {});
    const event = {
      functionName,
      source: 'lambda',
      resource: functionName,
      payload,
      trace: undefined,
    } as const;
    const [id = ''] = invocations.accept([event]);
    return { status: 202, headers: { 'x-amzn-RequestId': id }, body: '' };
  };
  return {
    invoke: (request) =>
      request.method === 'POST' && request.url?.endsWith(`/functions/${functionName}/invocations`)
        ? accept(request)
        : undefined,
    async close() {
      invocations.close();
      await host.close();
    },
  };
}
