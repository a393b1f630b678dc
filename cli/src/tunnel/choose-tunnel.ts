// Which tunnel of a stage a command uses: the one that is named, a function's, or the one there is.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { didYouMean } from '../manifest/did-you-mean.ts';
import type { StageManifest } from '../manifest/stage-manifest.ts';

export interface TunnelChoice {
  readonly stage: string;
  /** `--tunnel` */
  readonly tunnel: string | undefined;
  /** `--function` */
  readonly functionName: string | undefined;
}

/** The name of a tunnel of the manifest. Throws LD_STAGE if the stage has none, and LD_CONFIG for what does not exist in it. */
export function chooseTunnel(
  { functions, tunnels }: Pick<StageManifest, 'functions' | 'tunnels'>,
  { functionName, stage, tunnel }: TunnelChoice,
): string {
  const names = [...tunnels.keys()];
  const [only] = names;
  if (only === undefined)
    throw new LiveDebugError('LD_STAGE', `stage ${stage} has no tunnel`, {
      remedy:
        'set the module’s variable tunnel (subnet_ids, security_group_ids) and apply; livectl vpn shows the lines and other ways',
    });
  if (tunnel !== undefined) {
    if (tunnels.has(tunnel)) return tunnel;
    throw new LiveDebugError(
      'LD_CONFIG',
      `there is no tunnel ${JSON.stringify(tunnel)}${didYouMean(tunnel, names) || '.'}`,
      { remedy: `tunnels of stage ${stage}: ${names.join(', ')}` },
    );
  }
  if (functionName !== undefined) return ofFunction(functionName, functions, stage);
  if (tunnels.has('default')) return 'default';
  if (names.length === 1) return only;
  throw new LiveDebugError(
    'LD_CONFIG',
    `stage ${stage} has several tunnels, and none of them is the default`,
    {
      remedy: `name one with --tunnel: ${names.join(', ')}`,
    },
  );
}

function ofFunction(name: string, functions: StageManifest['functions'], stage: string): string {
  const names = functions.map((each) => each.name);
  const known = functions.find((each) => each.name === name);
  if (known?.tunnel !== undefined) return known.tunnel;
  if (known !== undefined)
    throw new LiveDebugError('LD_CONFIG', `function ${name} of stage ${stage} uses no tunnel`, {
      remedy:
        'its VPC has none, or it has tunnel = false; name another tunnel with --tunnel, or add one for that VPC',
    });
  throw new LiveDebugError(
    'LD_CONFIG',
    `there is no function ${JSON.stringify(name)}${didYouMean(name, names) || '.'}`,
    { remedy: `functions of stage ${stage}: ${names.join(', ')}` },
  );
}
