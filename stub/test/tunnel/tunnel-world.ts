// The tunnel function's whole world for one test file: relay, directory and the built function; everything ends with the test.
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ClientItem } from '../../../protocol/directory.ts';
import { type DirectoryTable, startDirectoryTable } from '../../../protocol/test/directory-table.ts';
import { FakeRelay } from '../../../protocol/test/fake-relay.ts';
import type { Outcome } from '../harness/ipc.ts';
import { Lambda } from '../harness/lambda.ts';
import { type BuiltTunnel, buildTunnel } from './build-tunnel.ts';
import { ownAddress } from './servers.ts';
import { TunnelClient } from './tunnel-client.ts';
import type { Vpc } from './vpc.ts';

/** One tunnel: livectl's end, and the function that was invoked for it. */
export interface Tunnel {
  readonly client: TunnelClient;
  readonly lambda: Lambda;
  /** What the invocation ends with. */
  readonly outcome: Promise<Outcome>;
}

export interface TunnelWorld {
  readonly relay: FakeRelay;
  readonly table: DirectoryTable;
  readonly built: BuiltTunnel;
  /** livectl's end, before it invokes the function. */
  client(fields?: Partial<ClientItem>): Promise<TunnelClient>;
  /** A warm instance of the function that may reach this machine, or what `allow` says. */
  lambda(options?: LambdaSettings): Promise<Lambda>;
  /** A tunnel whose function has said hello. */
  tunnel(options?: TunnelSettings): Promise<Tunnel>;
}

export interface TunnelSettings extends LambdaSettings {
  /** The function's time. */
  readonly timeoutMs?: number;
  /** Of livectl's item. */
  readonly item?: Partial<ClientItem>;
}

export interface LambdaSettings {
  readonly allow?: readonly string[];
  /** The test advances its clock. */
  readonly isManual?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where it runs, if not beside the test. */
  readonly vpc?: Vpc | undefined;
}

/** Call at the top of a test file; the fields change with every test. */
export function useTunnelWorld(): TunnelWorld {
  let built: BuiltTunnel;
  let table: DirectoryTable;
  let relay: FakeRelay;
  let ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [built, table] = await Promise.all([buildTunnel(), startDirectoryTable()]);
  });
  beforeEach(async () => {
    relay = await new FakeRelay().start();
  });
  afterEach(async () => {
    for (const end of ends.reverse()) await end();
    ends = [];
    await relay.close();
  });
  afterAll(async () => {
    await Promise.all([built.remove(), table.close()]);
  });

  const lambda = async ({
    allow = [`${ownAddress()}/32:*`],
    environment,
    isManual,
    vpc,
  }: LambdaSettings = {}) => {
    const started = await Lambda.start({
      runtimeFile: built.runtimeFile,
      stubFile: isManual ? built.manualClockFile : built.indexFile,
      relayUrl: vpc ? await vpc.reach(relay.url()) : relay.url(),
      directoryEndpoint: vpc ? await vpc.reach(table.endpoint) : table.endpoint,
      exec: vpc?.exec,
      environment: { LIVE_DEBUG_TUNNEL_ALLOW: JSON.stringify(allow), ...environment },
    });
    ends.push(() => started.stop());
    return started;
  };
  const client = async (fields?: Partial<ClientItem>) => {
    const started = await TunnelClient.start(relay, table, fields);
    ends.push(() => started.close());
    return started;
  };
  return {
    get relay() {
      return relay;
    },
    get table() {
      return table;
    },
    get built() {
      return built;
    },
    lambda,
    client,
    tunnel: async ({ item, timeoutMs = 900_000, ...settings } = {}) => {
      const [near, far] = await Promise.all([client(item), lambda(settings)]);
      const outcome = far.invoke({ tunnel: near.id }, { timeoutMs });
      await Promise.race([
        near.hello,
        outcome.then((ended) => Promise.reject(new Error(JSON.stringify(ended)))),
      ]);
      return { client: near, lambda: far, outcome };
    },
  };
}
