// `livectl serve --stage`: the stage is the one that Terraform deployed into an AWS account.
import type { LookupFunction } from 'node:net';
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { AwsCredentials } from '../../../protocol/signature.ts';
import { callerArn } from '../aws/caller-arn.ts';
import { endpointOf, hasEmulator } from '../aws/endpoints.ts';
import { checkClock, explainDirectory } from '../aws/explain-directory.ts';
import { functionVariables } from '../aws/function-variables.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { openStage, type StageOptions } from '../aws/stage.ts';
import { readKnownRelay, writeKnownRelay } from '../control/known-relay.ts';
import { terminalAsk } from '../log/ask.ts';
import { processOutput } from '../log/output.ts';
import { fallbackOf } from '../manifest/fallback.ts';
import { checkRelayUrl, type SigningRegion } from '../manifest/relay-url.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import { readStageSecret } from '../manifest/stage-secret-item.ts';
import { EarlySocket } from '../relay/early-socket.ts';
import { connectTimeoutMs } from '../relay/kept-socket.ts';
import { openAhead } from '../relay/warm-connections.ts';
import { ReadVariables } from '../session/variables/read-variables.ts';
import { stageTunnels } from '../tunnel/stage-tunnels.ts';
import { checkCommand } from '../vpn/check-command.ts';
import { agreeToManifest } from './agree-to-manifest.ts';
import { checkEverythingElse } from './everything-else.ts';
import { needsLayers } from './layer-uses.ts';
import { openSecrets } from './open-secrets.ts';
import { serveUntilStopped } from './serving.ts';
import type { ServingOptions } from './stage-to-serve.ts';

export interface ServeStageOptions extends ServingOptions, StageOptions {
  /** `--trust-manifest` */
  readonly trustManifest: boolean;
}

/** Serves a stage on AWS; resolves with the exit code. */
export function serveStage(options: ServeStageOptions): Promise<number> {
  return serveUntilStopped(options, async (closers) => {
    const aws = await openStage(options);
    const { context, directory, http, identity, lookup, skew } = aws;
    closers.add(() => http.close());
    const bulkHttp = new HttpClient({ agentFor: (url) => proxyAgent(url, 'bulk'), lookup });
    closers.add(() => bulkHttp.close());
    const { credentials, region } = identity;
    // All requests to AWS at the start are sent at once: each takes a round trip, and most of them a handshake.
    const asked = {
      caller: callerArn(identity, http, systemClock),
      secret: readStageSecret(directory, options.stage),
    };
    // A stage of module 0.1 has no secret, and its developers may not read where it would be.
    asked.secret.catch(() => undefined);
    const explain = (error: unknown) => explainDirectory(error, context);
    const fail = (error: unknown) => {
      throw explain(error);
    };
    const { stage } = options;
    const signing = { region, isEmulated: hasEmulator() };
    const owner = { region, stage, tableName: context.tableName, endpoint: endpointOf('dynamodb', region) };
    const knownRelay = readKnownRelay(owner);
    const early =
      knownRelay === undefined ? undefined : await openEarly(knownRelay, stage, signing, credentials, lookup);
    closers.add(() => early?.close());
    if (early !== undefined && knownRelay !== undefined) openAhead(http, knownRelay);
    const stageManifest = await readStageManifest(directory, stage, options.functions, signing).catch(fail);
    const { functionNames, isObserveOnly, isOfModule01, knowsFilters } = stageManifest;
    let { functions } = stageManifest;
    const { relayUrl, targets, urls, vpcs } = stageManifest;
    if (isObserveOnly) throw onlyObserved(stage);
    const nameOf = new Map(
      functions.flatMap(({ name, tunnel }) => (tunnel === undefined ? [] : [[name, tunnel]])),
    );
    if (options.filters.length > 0) {
      const served = functions.map((settings) => ({ name: settings.name, fallback: fallbackOf(settings) }));
      checkEverythingElse(served, `stage ${stage}`, false);
    }
    if (relayUrl !== knownRelay) writeKnownRelay(owner, relayUrl);
    checkClock(skew.leastMs);
    const root = resolve(options.root);
    await agreeToManifest({
      region,
      tableName: context.tableName,
      stage,
      root,
      functions,
      config: options.config,
      trust: options.trustManifest,
      ask: options.format === 'json' ? undefined : terminalAsk(),
      output: processOutput,
    });
    const layerNotices: string[] = [];
    if (functions.some(needsLayers)) {
      const { openStageLayers } = await import('./stage-layers.ts');
      const opened = await openStageLayers({
        ...options,
        root,
        functions,
        tableName: context.tableName,
        aws,
      });
      functions = opened.functions;
      layerNotices.push(...opened.notices);
    }
    const file = `the manifest of stage ${stage}`;
    const agent = proxyAgent(new URL(relayUrl));
    let tell: (message: string) => void = () => undefined;
    const variables = new ReadVariables({
      functions: functions.map(({ name }) => name),
      read: (name) => functionVariables(functionNames.get(name) ?? name, identity, http, systemClock),
      region,
      clock: systemClock,
      onNotice: (message) => tell(message),
    });
    return {
      manifest: { file, root, functions },
      all: stageManifest.functions,
      privateResources: {
        functions: functions.map(({ inVpc, name }) => ({
          name,
          inVpc,
          vpcId: vpcs.find((vpc) => vpc.functions.includes(name))?.id,
          environment: () => variables.ownOf(name),
        })),
        cidrs: vpcs.flatMap((vpc) => vpc.cidr_blocks),
        command: checkCommand({ ...options, kind: 'stage' }),
        tunnelAdvice:
          options.tunnel || stageManifest.tunnels.size === 0
            ? 'the module’s variable tunnel leads there without a VPN'
            : 'the stage’s tunnel is off (--no-tunnel)',
      },
      openTunnels:
        options.tunnel && nameOf.size > 0
          ? (onEvent) => ({
              tunnels: stageTunnels({ stage, aws, manifest: stageManifest, secret: asked.secret, onEvent }),
              nameOf,
            })
          : undefined,
      open: async ({ emit }) => {
        tell = (message) => emit({ event: 'notice', message });
        for (const message of layerNotices) tell(message);
        if (options.filters.length > 0 && !knowsFilters) tell(oldStubs(stage));
        // In the background: an invocation waits itself for what has not been read.
        variables.start();
        const [caller, secrets] = await Promise.all([
          asked.caller,
          openSecrets(directory, stage, isOfModule01, emit, asked.secret).catch(fail),
        ]);
        return {
          relay: {
            url: relayUrl,
            region,
            stage,
            secrets,
            credentials,
            http,
            bulkHttp,
            agent,
            lookup,
            open: early?.open,
          },
          directory,
          skew,
          caller,
          variables,
          explain,
          url: undefined,
          functionUrls: urls,
          described: { kind: 'stage', stage, table: context.tableName, region },
          targets,
          place: { kind: 'stage', ...options },
        };
      },
    };
  });
}

function onlyObserved(stage: string): LiveDebugError {
  return new LiveDebugError(
    'LD_STAGE',
    `stage ${stage} may only be observed: it is a production stage, whose invocations never reach a laptop's code`,
    { remedy: `run livectl serve --stage ${stage} --observe` },
  );
}

function oldStubs(stage: string): string {
  return `the stubs of stage ${stage} ignore filters, so nothing will arrive here: apply the Terraform module of this version`;
}

/** Undefined if the relay may have moved, as far as can be known without the manifest. */
async function openEarly(
  url: string,
  stage: string,
  signing: SigningRegion,
  credentials: () => Promise<AwsCredentials>,
  lookup: LookupFunction,
): Promise<EarlySocket | undefined> {
  try {
    checkRelayUrl(stage, url, signing);
    return new EarlySocket({
      url,
      region: signing.region,
      credentials: await credentials(),
      clock: systemClock,
      timeoutMs: connectTimeoutMs,
      connect: { agent: proxyAgent(new URL(url)), lookup },
    });
  } catch {
    return undefined;
  }
}
