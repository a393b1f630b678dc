// A stage with a tunnel in an embedded cloud of the test's own: the built tunnel function in a process whose network has a
// database that this machine does not reach.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { Directory, tunnelItemPrefix } from '../../../protocol/directory.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import type { Cloud, CloudEvent } from '../../src/cloud/cloud.ts';
import { startCloud } from '../../src/cloud/start-cloud.ts';
import { loadManifest } from '../../src/manifest/load-manifest.ts';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl, project, repository } from './livectl-process.ts';

export const stage = 'dev-tom';

export interface TunnelledStageOptions {
  /** `functions` of livectl.json; default: one that sends its event to the database and returns the answer. */
  readonly functions?: Readonly<Record<string, object>>;
  /** Of the project. */
  readonly files?: Readonly<Record<string, string>>;
  /** `allow` of the tunnel. */
  readonly allow?: readonly string[];
}

const orders = `
import { connect } from 'node:net';
export const handler = ({ ask, host = process.env.DB_HOST, port = Number(process.env.DB_PORT) }) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.end(ask));
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => { answer += text; });
    socket.on('end', () => resolve(answer)).on('error', reject);
  });
`;

const ordersSettings = {
  handler: 'orders.handler',
  runtime: 'nodejs22.x',
  environment: { DB_HOST: 'db.internal', DB_PORT: '5432' },
};

/** Closed by `close`; tests see what it says in capitals. */
export class TunnelledStage {
  readonly cloud: Cloud;
  readonly root: string;
  readonly directory: Directory;
  /** The database's connections, as long as they are open. */
  readonly connections: Set<Socket>;
  /** What the tunnel function reported. */
  readonly log: string[];
  readonly #cleanups: (() => unknown)[];

  private constructor(parts: {
    readonly cloud: Cloud;
    readonly root: string;
    readonly http: HttpClient;
    readonly connections: Set<Socket>;
    readonly log: string[];
    readonly cleanups: (() => unknown)[];
  }) {
    const { cleanups, cloud, connections, http, log, root } = parts;
    this.cloud = cloud;
    this.root = root;
    this.connections = connections;
    this.log = log;
    this.#cleanups = cleanups;
    this.directory = new Directory({
      endpoint: cloud.directoryUrl,
      region: cloud.region,
      tableName: cloud.tableName,
      http,
      credentials: () => cloud.developerCredentials,
      clock: systemClock,
    });
  }

  static async start(options: TunnelledStageOptions = {}): Promise<TunnelledStage> {
    const {
      allow = ['db.internal:5432', '10.99.0.0/16:5432'],
      files = {},
      functions = { orders: ordersSettings },
    } = options;
    const cleanups: (() => unknown)[] = [];
    const { remove, root } = project({
      'orders.mjs': orders,
      ...files,
      'livectl.json': JSON.stringify({ functions }),
    });
    cleanups.push(remove);
    const tempDir = mkdtempSync(join(tmpdir(), 'cloud-'));
    cleanups.push(() => rmSync(tempDir, { recursive: true, force: true }));
    const connections = new Set<Socket>();
    const database = await startDatabase(connections);
    cleanups.push(() => database.close());
    const { functions: settings, texts } = await loadManifest({ root });
    const log: string[] = [];
    const preload = join(repository, 'cli/test/e2e/fixtures/tunnel/vpc.mjs');
    const ports = JSON.stringify({ 5432: (database.address() as AddressInfo).port });
    const cloud = await startCloud({
      functions: settings.map(({ environment, handler, memorySize, name, runtime, timeout }) => ({
        ...{ environment, handler, memorySize, name, runtime, timeout, triggers: {} },
      })),
      manifest: texts,
      port: 0,
      stage,
      stubZip: readFileSync(join(repository, 'dist/stub.zip')),
      vpc: {
        zip: readFileSync(join(repository, 'dist/tunnel.zip')),
        natFile: 'not used',
        namespace: {
          name: 'a process of its own',
          networks: [],
          // Without the NAT program before it: the process is in this machine's network, but for what the fixture makes of it.
          enter: ([node, , , ...runtime]) => [
            'env',
            `TEST_VPC_PORTS=${ports}`,
            node,
            '--import',
            preload,
            ...runtime,
          ],
        },
        allow,
      },
      nodeRuntimeFile: join(repository, 'dist/node-runtime.mjs'),
      tempDir,
      onEvent: (event: CloudEvent) => {
        if (event.type === 'tunnel_log' || event.type === 'tunnel_failed') log.push(JSON.stringify(event));
      },
    });
    cleanups.push(() => cloud.close());
    const http = new HttpClient();
    cleanups.push(() => http.close());
    return new TunnelledStage({ cloud, root, http, connections, log, cleanups });
  }

  get environment(): Record<string, string> {
    return developerEnvironment(this.cloud);
  }

  livectl(args: readonly string[], env: Record<string, string> = {}): Livectl {
    const livectl = new Livectl(args, { env: { ...this.environment, ...env } });
    this.#cleanups.push(() => livectl.dispose());
    return livectl;
  }

  serve(flags: readonly string[] = [], env: Record<string, string> = {}): Livectl {
    return this.livectl(['serve', '--stage', stage, '--root', this.root, '--format', 'json', ...flags], env);
  }

  /** Process ids of the tunnel functions that were started. */
  functions(): number[] {
    return this.log.flatMap((line) => {
      const [, pid] = /vpc process (\d+)/.exec(line) ?? [];
      return pid === undefined ? [] : [Number(pid)];
    });
  }

  /** Items of tunnels in the directory. */
  async items(): Promise<readonly Record<string, { S?: string; N?: string }>[]> {
    const output = (await this.directory.call('Query', {
      KeyConditionExpression: '#stage = :stage AND begins_with(#item, :prefix)',
      ExpressionAttributeNames: { '#stage': 'stage', '#item': 'item' },
      ExpressionAttributeValues: { ':stage': { S: stage }, ':prefix': { S: tunnelItemPrefix } },
    })) as { Items?: Record<string, { S?: string; N?: string }>[] };
    return output.Items ?? [];
  }

  cleanup(work: () => unknown): void {
    this.#cleanups.push(work);
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
  }
}

/** Answers in capitals, and closes when the client has. */
async function startDatabase(connections: Set<Socket>): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => connections.delete(socket));
    socket.setEncoding('utf8').on('data', (text) => socket.write(String(text).toUpperCase()));
    socket.on('end', () => socket.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
