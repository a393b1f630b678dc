// What `livectl status` finds: the stage's table, its clients, whether its relay answers, and what is deployed.

import { systemClock } from '../../../protocol/clock.ts';
import type { SkewEstimate } from '../../../protocol/clock-skew.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { openRelaySocket } from '../../../protocol/relay-socket.ts';
import { resolveIdentity } from '../aws/aws-identity.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { openStage, type Stage, type StageOptions } from '../aws/stage.ts';
import { exitCodes } from '../exit-code.ts';
import { eventLine } from '../log/json-lines.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import { usedTunnels } from '../tunnel/tunnel-item.ts';
import { deployedFunctions } from './deployed-functions.ts';
import {
  clientStatus,
  type DeployedFunction,
  deployedLines,
  type RelayStatus,
  type StageStatus,
  statusLines,
  tunnelStatus,
} from './status-lines.ts';

export interface StatusOptions extends StageOptions {
  readonly format: OutputFormat;
}

const relayTimeoutMs = 5000;

/** Shows the status; resolves with the exit code. Rejects with the directory's errors. */
export async function showStatus(options: StatusOptions): Promise<number> {
  const stage = await openStage(options);
  try {
    const status = await statusOf(options, stage);
    if (options.format === 'json') processOutput.line(eventLine(status));
    else processOutput.line(statusLines(status, processOutput.colour));
    const served = status.observe_only || status.clients.some((client) => client.live && !client.observe);
    const whole = status.deployed.every(({ state }) => isTolerable.has(state));
    return served && status.relay.reachable && whole ? exitCodes.ok : exitCodes.failure;
  } catch (error) {
    throw explainDirectory(error, stage.context);
  } finally {
    stage.http.close();
  }
}

/** States that do not count as a failure; neither does what is unknown. */
const isTolerable: ReadonlySet<string> = new Set(['stub', 'wrapped', 'updating', 'unknown']);

export interface FunctionStatusOptions extends Omit<StatusOptions, 'stage' | 'name'> {
  /** On AWS. */
  readonly functionNames: readonly string[];
}

/** Shows what is deployed in the functions' place, without a stage. Resolves with the exit code: 1 for any stub or problem. */
export async function showFunctionStatus(options: FunctionStatusOptions): Promise<number> {
  const http = new HttpClient({ agentFor: proxyAgent });
  try {
    const identity = await resolveIdentity(options);
    const asked = options.functionNames.map((functionName) => ({ functionName }));
    const deployed = await deployedFunctions(asked, identity, http);
    const status = { event: 'function_status', region: identity.region, deployed } as const;
    if (options.format === 'json') processOutput.line(eventLine(status));
    else processOutput.line(deployedLines(deployed, processOutput.colour).join('\n'));
    return deployed.every(({ problems, state }) => state === 'own' && problems.length === 0)
      ? exitCodes.ok
      : exitCodes.failure;
  } finally {
    http.close();
  }
}

async function statusOf(
  options: StatusOptions,
  { context, directory, http, identity, skew }: Stage,
): Promise<StageStatus> {
  const manifest = await readStageManifest(directory, options.stage, undefined, {
    region: identity.region,
    isEmulated: hasEmulator(),
  });
  const { functionNames, relayUrl, stubSha256: codeSha256, wrapperLayer } = manifest;
  const asked = manifest.functions.map(({ name, wrap }) => ({
    functionName: functionNames.get(name) ?? name,
    expected: {
      ...{ stage: options.stage, name, table: context.tableName, relayUrl, codeSha256 },
      ...{ wrap, wrapperLayer },
    },
  }));
  const [clients, tunnels, deployed, relay] = await Promise.all([
    directory.clients(options.stage),
    usedTunnels(directory, options.stage, systemClock.now()),
    deployedFunctions(asked, identity, http),
    relayStatus(manifest.relayUrl, identity.region, await identity.credentials()),
  ]);
  const now = systemClock.now();
  return {
    event: 'status',
    stage: options.stage,
    table: context.tableName,
    region: identity.region,
    ...(manifest.isOfModule01 ? { module: '0.1' as const } : {}),
    ...(manifest.isObserveOnly ? { observe_only: true as const } : {}),
    functions: manifest.functions.map(({ name }) => name),
    deployed: deployed.map((one, index) => ({ ...one, ...liveOf(manifest.functions[index]) })),
    relay,
    ...clockOf(skew.estimate),
    clients: clients.map((client) => clientStatus(client, now)),
    tunnels: tunnels.map(tunnelStatus),
  };
}

function liveOf(settings: FunctionSettings | undefined): Pick<DeployedFunction, 'mode' | 'fallback'> {
  if (settings === undefined) return {};
  return { mode: settings.wrap ? 'wrap' : 'replace', fallback: fallbackOf(settings) };
}

function clockOf(estimate: SkewEstimate | undefined): Pick<StageStatus, 'clock'> {
  if (estimate === undefined) return {};
  const { aheadMs, withinMs } = estimate;
  return { clock: { ahead_ms: Math.round(aheadMs), within_ms: Math.round(withinMs) } };
}

async function relayStatus(
  url: string,
  region: string,
  credentials: Parameters<typeof openRelaySocket>[0]['credentials'],
): Promise<RelayStatus> {
  const startedAt = performance.now();
  try {
    const socket = await openRelaySocket({
      url,
      region,
      credentials,
      clock: systemClock,
      timeoutMs: relayTimeoutMs,
      onText: () => undefined,
      onClose: () => undefined,
      connect: { agent: proxyAgent(new URL(url)) },
    });
    const ms = Math.round(performance.now() - startedAt);
    socket.close();
    return { url, reachable: true, ms };
  } catch (error) {
    return { url, reachable: false, error: messageOf(error) };
  }
}
