// The Lambda host: the stage's tunnel function, as the module's tunnel.tf deploys it, in the network namespace that stands for its
// VPC. It has its own host, since it runs for up to 15 minutes and must not occupy the place of a function.
import { join } from 'node:path';
import type { Clock } from '../../../../protocol/clock.ts';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import type { CloudEvent, CloudFunction, VpcOptions } from '../cloud.ts';
import { namePrefix } from '../triggers/resources.ts';
import { NatDoor, type NatSettings, natVariable } from '../vpc/nat-door.ts';
import { AsyncInvocations } from './async-invocations.ts';
import { LambdaHost } from './lambda-host.ts';
import type { InstanceProgram } from './lambda-instance.ts';
import { inheritedVariables, lambdaDefaults, lambdaVariables, type StubPlace } from './stub-environment.ts';
import { unpack } from './unpack.ts';

/** Lambda's longest timeout, and what the module sets. */
const timeoutSeconds = 900;
const memoryMb = 256;
/** At once: the one in use and the one that replaces it, for each livectl. */
const maxInstances = 20;

export interface TunnelFunctionOptions {
  readonly vpc: VpcOptions;
  /** Where the package is unpacked and the Unix socket is: a private folder, which the caller removes. */
  readonly folder: string;
  readonly place: StubPlace;
  /** The port of the cloud's AWS endpoint. */
  readonly endpointPort: number;
  /** The program and its first arguments that run a Node.js file. */
  readonly nodeCommand: readonly [string, ...string[]];
  readonly nodeRuntimeFile: string;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

/** What Lambda's Invoke API needs of it. */
type Host = Pick<LambdaHost, 'has' | 'invoke'>;
type Invocations = Pick<AsyncInvocations, 'accept'>;

export class TunnelFunction {
  readonly functionName: string;
  readonly #door: NatDoor;
  readonly #host: LambdaHost;
  readonly #invocations: AsyncInvocations;

  private constructor(functionName: string, door: NatDoor, host: LambdaHost, invocations: AsyncInvocations) {
    this.functionName = functionName;
    this.#door = door;
    this.#host = host;
    this.#invocations = invocations;
  }

  static async deploy(options: TunnelFunctionOptions): Promise<TunnelFunction> {
    const { clock, endpointPort, folder, nodeCommand, nodeRuntimeFile, onEvent, place, vpc } = options;
    const taskRoot = join(folder, 'code');
    await unpack(vpc.zip, taskRoot);
    const door = await NatDoor.open(doorIn(folder));
    door.admit(endpointPort);
    const functionName = tunnelFunctionName(place.stage);
    const nat: NatSettings = { socket: door.path, port: endpointPort };
    const { host, invocations } = tunnelHost({
      functionName,
      taskRoot,
      command: vpc.namespace.enter([...nodeCommand, vpc.natFile, ...nodeCommand, nodeRuntimeFile]),
      place,
      variables: { ...tunnelVariables(place, vpc.allow), [natVariable]: JSON.stringify(nat) },
      admit: (port) => door.admit(port),
      clock,
      onEvent,
    });
    return new TunnelFunction(functionName, door, host, invocations);
  }

  /** A host with this function in addition to its own. */
  with(host: Host): Host {
    const hostOf = (name: string) => (this.#host.has(name) ? this.#host : host);
    return {
      has: (name) => hostOf(name).has(name),
      invoke: (name, event, options) => hostOf(name).invoke(name, event, options),
    };
  }

  /** Accepts events for this function in addition to those that `others` accepts. */
  beside(others: Invocations): Invocations {
    return {
      accept: (events) =>
        (events.every(({ functionName }) => this.#host.has(functionName))
          ? this.#invocations
          : others
        ).accept(events),
    };
  }

  async close(): Promise<void> {
    this.#invocations.close();
    await this.#host.close();
    await this.#door.close();
  }
}

export interface TunnelHostOptions {
  readonly functionName: string;
  /** The unpacked code. */
  readonly taskRoot: string;
  readonly command: readonly [string, ...string[]];
  readonly place: StubPlace;
  /** All but Lambda's own: see {@link tunnelVariables}. */
  readonly variables: Readonly<Record<string, string>>;
  readonly admit?: InstanceProgram['admit'];
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

/** What runs the function, wherever its code finds what it needs; the caller closes both. */
export function tunnelHost({ admit, clock, command, functionName, onEvent, ...options }: TunnelHostOptions): {
  readonly host: LambdaHost;
  readonly invocations: AsyncInvocations;
} {
  const { place, taskRoot, variables } = options;
  const host = new LambdaHost({
    functions: [deployedAs(functionName)],
    taskRoot,
    command,
    maxInstances,
    timeoutOf: () => timeoutSeconds,
    place,
    stubEnvironmentOf: (deployed, logStreamName) => ({
      ...lambdaDefaults,
      ...inheritedVariables(),
      ...variables,
      ...lambdaVariables(deployed, place, logStreamName),
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
      _HANDLER: 'index.handler',
    }),
    admit,
    clock,
    onLog: (_, message) => onEvent({ type: 'tunnel_log', functionName, message }),
    // Every failure is one of an invocation, which is reported below.
    onFailed: () => undefined,
  });
  const invocations = new AsyncInvocations({
    host,
    clock,
    // The module sets maximum_retry_attempts = 0: livectl starts another one itself.
    retryDelaysMs: [],
    onEvent: (event) => {
      if (event.type === 'dead_letter')
        onEvent({ type: 'tunnel_failed', functionName, reason: event.reason });
    },
  });
  return { host, invocations };
}

/** The longest path of a Unix socket in bytes: sun_path of unix(7), without its NUL. */
const longestPath = 107;

function doorIn(folder: string): string {
  const path = join(folder, 'nat');
  if (Buffer.byteLength(path) <= longestPath) return path;
  throw new LiveDebugError(
    'LD_CONFIG',
    `The path of a Unix socket is limited to ${longestPath} bytes: ${path}`,
    {
      remedy: 'Set XDG_STATE_HOME to a private folder with a shorter path.',
    },
  );
}

/** The module's name for it. */
export function tunnelFunctionName(stage: string): string {
  return `${namePrefix(stage)}-tunnel`;
}

function deployedAs(name: string): CloudFunction {
  return {
    name,
    handler: 'index.handler',
    runtime: 'nodejs22.x',
    timeout: timeoutSeconds,
    memorySize: memoryMb,
    environment: {},
    triggers: {},
  };
}

/** The module's variables for it. */
export function tunnelVariables(
  { directoryUrl, relayUrl, secret, stage, tableName }: StubPlace,
  allow: readonly string[],
): Record<string, string> {
  return {
    LIVE_DEBUG_STAGE: stage,
    LIVE_DEBUG_TABLE: tableName,
    LIVE_DEBUG_RELAY: relayUrl,
    LIVE_DEBUG_SECRET: secret,
    LIVE_DEBUG_TUNNEL_ALLOW: JSON.stringify(allow),
    LIVE_DEBUG_DIRECTORY_ENDPOINT: directoryUrl,
  };
}
