// The layers of functions in `serve --stage`: the ARNs come from the stage's table, so their code runs only if the developer agrees.
import { systemClock } from '../../../protocol/clock.ts';
import { proxyAgent } from '../aws/proxy-agents.ts';
import type { Stage } from '../aws/stage.ts';
import { terminalAsk } from '../log/ask.ts';
import { type OutputFormat, processOutput } from '../log/output.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { type LayerChoice, type OpenedLayers, openLayers } from './open-layers.ts';
import { stageLivectlJson } from './stage-livectl-json.ts';

interface StageLayersOptions {
  /** From the stage's manifest; those that are served. */
  readonly functions: readonly FunctionSettings[];
  /** Absolute. */
  readonly root: string;
  readonly stage: string;
  readonly tableName: string;
  readonly config: string | undefined;
  readonly profile: string | undefined;
  readonly format: OutputFormat;
  readonly layers: LayerChoice;
  /** `--trust-manifest` */
  readonly trustManifest: boolean;
  readonly aws: Pick<Stage, 'http' | 'identity'>;
}

/** As `openLayers`. Rejects with LD_CONFIG for a `--config` that is invalid. */
export async function openStageLayers(options: StageLayersOptions): Promise<OpenedLayers> {
  const { aws, format, functions, layers, profile, root, trustManifest } = options;
  const local = await stageLivectlJson(options);
  const { http, identity } = aws;
  const connection = { ...identity, http, clock: systemClock, profile, agentFor: proxyAgent };
  return openLayers({
    functions,
    root,
    choice: layers === 'ask' && trustManifest ? 'fetch' : layers,
    own: new Set(local.functions.flatMap((settings) => settings.layers)),
    place: 'stage',
    ask: format === 'json' ? undefined : terminalAsk(),
    output: processOutput,
    connect: async () => connection,
  });
}
