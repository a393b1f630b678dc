// The layers of functions in `serve --local`: livectl.json is the developer's own, and AWS is asked only after a yes.
import { resolve } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { HttpClient } from '../../../protocol/http-client.ts';
import { type AwsIdentity, resolveIdentity } from '../aws/aws-identity.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import { LayerCache } from '../layers/layer-cache.ts';
import { terminalAsk } from '../log/ask.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { needsLayers, withLayerFolders } from './layer-uses.ts';
import { type LayerChoice, type OpenedLayers, openLayers } from './open-layers.ts';

interface LocalLayersOptions {
  readonly functions: readonly FunctionSettings[];
  readonly root: string;
  readonly choice: LayerChoice;
  readonly format: OutputFormat;
}

/** As `openLayers`. */
export async function openLocalLayers({
  choice,
  format,
  functions,
  root,
}: LocalLayersOptions): Promise<OpenedLayers> {
  const http = new HttpClient({ agentFor: proxyAgent });
  // Resolved once: it may start a program or ask a browser login's cache.
  let identity: Promise<AwsIdentity> | undefined;
  try {
    return await openLayers({
      functions,
      root: resolve(root),
      choice,
      own: new Set(functions.flatMap(({ layers }) => layers)),
      place: 'local',
      ask: format === 'json' ? undefined : terminalAsk(),
      output: processOutput,
      connect: async ({ region }) => {
        identity ??= resolveIdentity({ profile: undefined, region });
        const { credentials } = await identity;
        return { credentials, http, clock: systemClock, profile: undefined, agentFor: proxyAgent };
      },
    });
  } finally {
    http.close();
  }
}

/** The functions with the layers that are on this machine already; nothing is fetched or asked. */
export function withCachedLayers(functions: readonly FunctionSettings[]): readonly FunctionSettings[] {
  if (!functions.some(needsLayers)) return functions;
  const cache = new LayerCache();
  return withLayerFolders(functions, (arn) => cache.find(arn)?.folder);
}
