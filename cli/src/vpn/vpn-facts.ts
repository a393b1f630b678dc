// What `livectl vpn` knows of the functions: from a stage's manifest on AWS, or from livectl.json.

import { systemClock } from '../../../protocol/clock.ts';
import { hasEmulator } from '../aws/endpoints.ts';
import { explainDirectory } from '../aws/explain-directory.ts';
import { functionVariables } from '../aws/function-variables.ts';
import { openStage } from '../aws/stage.ts';
import { loadManifest } from '../manifest/load-manifest.ts';
import { readStageManifest } from '../manifest/stage-manifest.ts';
import type { Vpc } from '../manifest/vpc.ts';
import type { Place } from '../place.ts';

export interface VpnFunction {
  readonly name: string;
  readonly inVpc: boolean;
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
  readonly close: () => void;
}

/** Reads the facts; rejects as `serve` does for an invalid manifest, folder, stage or profile. */
export async function vpnFacts(place: Place, only: readonly string[] | undefined): Promise<VpnFacts> {
  if (place.kind === 'local') {
    const { file, functions } = await loadManifest({ ...place, functions: only });
    return {
      title: file,
      stage: undefined,
      region: undefined,
      functions: functions.map(({ environment, inVpc, name }) => ({
        name,
        inVpc,
        environment: async () => environment,
      })),
      vpcs: [],
      close: () => undefined,
    };
  }
  const { context, directory, http, identity } = await openStage(place);
  try {
    const manifest = await readStageManifest(directory, place.stage, only, {
      region: identity.region,
      isEmulated: hasEmulator(),
    });
    return {
      title: `stage ${place.stage} in ${identity.region}`,
      stage: place.stage,
      region: identity.region,
      functions: manifest.functions.map(({ inVpc, name }) => ({
        name,
        inVpc,
        environment: () =>
          functionVariables(manifest.functionNames.get(name) ?? name, identity, http, systemClock),
      })),
      vpcs: manifest.vpcs,
      close: () => http.close(),
    };
  } catch (error) {
    http.close();
    throw explainDirectory(error, context);
  }
}
