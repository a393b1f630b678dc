// What `livectl vpn` knows of the functions: from a stage's manifest on AWS, or from livectl.json.

import { systemClock } from '../../../protocol/clock.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { functionVariables } from '../aws/function-variables.ts';
import { openStage } from '../aws/stage.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import { localTunnels, type StageTunnel } from '../manifest/tunnel-settings.ts';
import type { Vpc } from '../manifest/vpc.ts';
import { defaultName, type Place } from '../place.ts';
import { stageTunnels } from '../tunnel/stage-tunnels.ts';
import type { Tunnels } from '../tunnel/tunnels.ts';

export interface VpnFunction {
  readonly name: string;
  readonly inVpc: boolean;
  /** The name of its tunnel; undefined if it has none. */
  readonly tunnel: string | undefined;
  /** The environment of its code; for a stage it is read from AWS. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
}

export interface VpnFacts {
  /** For headings, e.g. `stage dev-tom in eu-west-1`. */
  readonly title: string;
  /** Undefined for a folder. */
  readonly stage: string | undefined;
  readonly region: string | undefined;
  readonly functions: readonly VpnFunction[];
  /** Empty for a folder: only AWS knows them. */
  readonly vpcs: readonly Vpc[];
  /** By function: the tunnel of those that have one, on AWS or in livectl.json. */
  readonly tunnelOf: ReadonlyMap<string, StageTunnel>;
  /** Opens the stage's tunnels, which the caller closes; undefined if it has none. Their state shows in each endpoint. */
  readonly openTunnels: (() => Tunnels) | undefined;
  readonly close: () => void;
}

/** Reads the facts; rejects as `serve` does for an invalid manifest, folder, stage or profile. */
export async function vpnFacts(place: Place, only: readonly string[] | undefined): Promise<VpnFacts> {
  if (place.kind === 'local') {
    const { file, functions, tunnel: given } = await loadManifest({ ...place, functions: only });
    const tunnels = localTunnels(given, `${defaultName}-STAGE`);
    return {
      title: file,
      stage: undefined,
      region: undefined,
      functions: functions.map(({ environment, inVpc, name }) => ({
        name,
        inVpc,
        // Only the stage on AWS has one.
        tunnel: undefined,
        environment: async () => environment,
      })),
      vpcs: [],
      tunnelOf: byFunction(functions, tunnels),
      openTunnels: undefined,
      close: () => undefined,
    };
  }
  const aws = await openStage(place);
  const { context, directory, http, identity } = aws;
  try {
    const manifest = await readStageManifest(directory, place.stage, only, {
      region: identity.region,
      isEmulated: hasEmulator(),
    });
    return {
      title: `stage ${place.stage} in ${identity.region}`,
      stage: place.stage,
      region: identity.region,
      functions: manifest.functions.map(({ inVpc, name, tunnel }) => ({
        name,
        inVpc,
        tunnel,
        environment: () =>
          functionVariables(manifest.functionNames.get(name) ?? name, identity, http, systemClock),
      })),
      vpcs: manifest.vpcs,
      tunnelOf: byFunction(manifest.functions, manifest.tunnels),
      openTunnels:
        manifest.tunnels.size === 0
          ? undefined
          : () => stageTunnels({ stage: place.stage, aws, manifest, onEvent: () => undefined }),
      close: () => http.close(),
    };
  } catch (error) {
    http.close();
    throw explainDirectory(error, context);
  }
}

function byFunction(
  functions: readonly { readonly name: string; readonly tunnel: string | undefined }[],
  tunnels: ReadonlyMap<string, StageTunnel>,
): ReadonlyMap<string, StageTunnel> {
  return new Map(
    functions.flatMap(({ name, tunnel = '' }) => {
      const used = tunnels.get(tunnel);
      return used ? [[name, used] as const] : [];
    }),
  );
}
