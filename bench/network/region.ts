// The far side: the embedded cloud's relay, directory and Lambda host behind TLS 1.3, on the Region's end of the line.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import {
  createDeployer,
  createDeveloper,
  createStubRole,
  createTunnelRole,
  region,
  relayStage,
} from '../../cli/src/cloud/aws-api/access.ts';
import { jsonAnswer } from '../../cli/src/cloud/aws-api/loopback-server.ts';
import { SigV4Verifier } from '../../cli/src/cloud/aws-api/sigv4-verify.ts';
import { createAwsEndpoint } from '../../cli/src/cloud/aws-endpoint.ts';
import type { CloudFunction } from '../../cli/src/cloud/cloud.ts';
import { TableApi } from '../../cli/src/cloud/dynamodb/table-api.ts';
import { LambdaHost } from '../../cli/src/cloud/lambda/lambda-host.ts';
import { deployedTimeout, deployedVariables } from '../../cli/src/cloud/lambda/stub-environment.ts';
import { tunnelFunctionName } from '../../cli/src/cloud/lambda/tunnel-function.ts';
import { unpack } from '../../cli/src/cloud/lambda/unpack.ts';
import { ConnectionsApi } from '../../cli/src/cloud/relay/connections-api.ts';
import { Relay } from '../../cli/src/cloud/relay/relay-server.ts';
import { ServerSockets } from '../../cli/src/loopback/server-sockets.ts';
import { type Clock, systemClock } from '../../protocol/clock.ts';
import { manifestItem, manifestPartition, secretItem } from '../../protocol/directory.ts';
import { repository } from '../repository.ts';
import type { Certificates } from './certificates.ts';
import { Ledger } from './ledger.ts';
import { names } from './places.ts';
import { startTunnel } from './tunnel-region.ts';

/** How long the relay takes to answer and deliver a post: half of the 20 ms that two posts took on AWS. */
export const postMs = 10;

/** When the Region closes an idle HTTPS connection; API Gateway and DynamoDB do so in this range. */
const idleMs = 60_000;

/** Most stub processes at one time. */
const maxInstances = 40;

export const stage = 'dev-tom';

/** A function of the stage; its code is `NAME.mjs` in the served folder. */
export interface BenchFunction {
  readonly name: string;
  /** Seconds; 30 by default. */
  readonly timeout?: number;
}

export interface Answered {
  readonly ok: boolean;
  /** The answer, or the function error. */
  readonly text: string;
  /** From the call of Lambda until its answer. */
  readonly ms: number;
}

export interface Region {
  /** The relay's stage URL. */
  readonly relayUrl: string;
  readonly ledger: Ledger;
  /** What a developer's shell has: credentials, endpoint, authority. */
  readonly developer: Readonly<Record<string, string>>;
  /** When an instance began its last invocation, by `performance.now()`: at that time its init phase is over. */
  startedAt(functionName: string): number | undefined;
  /** What the stubs logged. */
  readonly logs: readonly string[];
  invoke(functionName: string, event: unknown): Promise<Answered>;
  close(): Promise<void>;
}

/** The stage's tunnel. */
export interface BenchTunnel {
  readonly allow: readonly string[];
  /** How long the relay takes for a post, in milliseconds. */
  readonly postMs: number;
}

/** Deploys the functions. `tempDir` is a private folder that the caller removes. */
export async function startRegion(
  functions: readonly BenchFunction[],
  certificates: Certificates,
  tempDir: string,
  tunnel?: BenchTunnel,
): Promise<Region> {
  const tableName = `live-debug-${stage}`;
  const developer = createDeveloper(tableName, stage, [], tunnel !== undefined);
  const stubRole = createStubRole(tableName, stage);
  const tunnelRole = createTunnelRole(tableName, stage);
  const principals = [developer, createDeployer(tableName), stubRole, tunnelRole];
  const verifier = new SigV4Verifier(region, principals, systemClock);
  const relay = new Relay(verifier, systemClock);
  const dynamodb = new TableApi(tableName, verifier, systemClock);
  const { postMs: delayMs = postMs } = tunnel ?? {};
  // Without a timer: the shortest one takes 1 to 2 ms.
  const fault = delayMs === 0 ? undefined : { delayMs };
  const connections = new ConnectionsApi(relay, verifier, systemClock, () => fault);
  const ledger = new Ledger();
  const endpoint = createAwsEndpoint({
    ...{ relay, connections, dynamodb },
    invoke: {
      answer: (request) => tunnels?.invoke(request) ?? Promise.resolve(configuration(request)),
    },
  });
  endpoint.keepAliveTimeout = idleMs;
  // On a slow line, a message takes minutes.
  endpoint.requestTimeout = 0;
  endpoint.prependListener('request', (request) => ledger.add(request));
  endpoint.prependListener('upgrade', (request) => ledger.add(request));

  const { authorityFile, cert, key } = certificates;
  const door = createServer({ cert, key, minVersion: 'TLSv1.3', noDelay: true });
  const sockets = new ServerSockets(door);
  door.on('secureConnection', (socket) => endpoint.emit('connection', socket));
  // A handshake that a cut or the end of a process interrupted.
  door.on('tlsClientError', () => undefined);
  door.listen(0, '0.0.0.0');
  await once(door, 'listening');
  const { port } = door.address() as AddressInfo;
  const relayUrl = `https://${names.relay}:${port}/${relayStage}`;
  const awsUrl = `https://${names.aws}:${port}`;

  const secret = randomBytes(32).toString('base64');
  const partition = { S: manifestPartition(stage) };
  dynamodb.deploy({ stage: partition, item: { S: secretItem }, secret: { S: secret } });
  const document = { S: JSON.stringify(manifestOf(functions, relayUrl, tunnel)) };
  dynamodb.deploy({ stage: partition, item: { S: manifestItem }, document });

  const taskRoot = join(tempDir, 'stub');
  await unpack(readFileSync(join(repository, 'dist', 'stub.zip')), taskRoot);
  const deployed = functions.map((each) => deployedAs(each, authorityFile));
  /** Lambda's GetFunctionConfiguration, which livectl reads a function's own variables from; nothing else is asked for. */
  const configuration = ({ url = '' }: IncomingMessage) => {
    const found = deployed.find(({ name }) => url.endsWith(`/functions/${name}/configuration`));
    if (found === undefined) return jsonAnswer(404, { message: 'Function not found' });
    const Variables = deployedVariables(found, { endpointUrl: awsUrl, serviceUrls: {} });
    return jsonAnswer(200, { FunctionName: found.name, Environment: { Variables } });
  };
  const starts = new Starts(deployed);
  const logs: string[] = [];
  const place = {
    ...{ stage, tableName, relayUrl, secret, directoryUrl: awsUrl, endpointUrl: awsUrl },
    serviceUrls: {},
  };
  const tunnels =
    tunnel &&
    (await startTunnel({
      allow: tunnel.allow,
      place: { ...place, role: tunnelRole },
      folder: join(tempDir, 'tunnel'),
      authorityFile,
      onLog: (text) => logs.push(text),
    }));
  const host = new LambdaHost({
    functions: deployed,
    taskRoot,
    command: [process.execPath, join(repository, 'dist', 'node-runtime.mjs')],
    maxInstances,
    timeoutOf: deployedTimeout,
    place: { ...place, role: stubRole },
    clock: starts.clock,
    onLog: (name, message) => logs.push(`${name}: ${message}`),
    onFailed: (name, { errorType, message }) => logs.push(`${name}: ${errorType}: ${message}`),
  });
  const { accessKeyId, secretAccessKey, sessionToken } = developer.credentials;
  return {
    relayUrl,
    ledger,
    logs,
    developer: {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: awsUrl,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
      NODE_EXTRA_CA_CERTS: authorityFile,
    },
    startedAt: (name) => starts.of(name),
    async invoke(name, event) {
      const payload = Buffer.from(JSON.stringify(event));
      const startedAt = performance.now();
      const outcome = await host.invoke(name, payload);
      const ms = performance.now() - startedAt;
      const body = outcome.ok ? outcome.body : outcome.error.body;
      return { ok: outcome.ok, ms, text: Buffer.from(body).toString() };
    },
    async close() {
      await tunnels?.close();
      await host.close();
      relay.close();
      endpoint.closeAllConnections();
      await sockets.close();
      dynamodb.close();
    },
  };
}

function manifestOf(
  functions: readonly BenchFunction[],
  relayUrl: string,
  tunnel: BenchTunnel | undefined,
): object {
  const entries = functions.map(({ name, timeout = 30 }) => {
    const entry = { function_name: name, handler: `${name}.handler`, runtime: 'nodejs22.x', timeout };
    return [name, { ...entry, memory_size: 128, triggers: {} }] as const;
  });
  const document = {
    version: 1,
    stage,
    region,
    relay: { url: relayUrl },
    functions: Object.fromEntries(entries),
  };
  if (tunnel === undefined) return document;
  const { allow } = tunnel;
  return { ...document, tunnels: { default: { function_name: tunnelFunctionName(stage), allow } } };
}

function deployedAs({ name, timeout = 30 }: BenchFunction, authorityFile: string): CloudFunction {
  return {
    ...{ name, timeout, handler: `${name}.handler`, runtime: 'nodejs22.x', memorySize: 128, triggers: {} },
    // Read by the stub's Node; on AWS, Node trusts the authority by default.
    environment: { NODE_EXTRA_CA_CERTS: authorityFile },
  };
}

/**
 * Detects when invocations begin: only then does the host set a timer with the stub's timeout. Functions whose start is
 * measured therefore need distinct timeouts.
 */
class Starts {
  readonly clock: Clock;
  readonly #names: ReadonlyMap<number, string>;
  readonly #starts = new Map<string, number>();

  constructor(functions: readonly CloudFunction[]) {
    this.#names = new Map(functions.map((each) => [deployedTimeout(each) * 1000, each.name]));
    this.clock = {
      now: () => systemClock.now(),
      after: (ms, callback, options) => {
        const name = this.#names.get(ms);
        if (name !== undefined) this.#starts.set(name, performance.now());
        return systemClock.after(ms, callback, options);
      },
    };
  }

  of(functionName: string): number | undefined {
    return this.#starts.get(functionName);
  }
}
