// Checks that the layers which a stage's functions name by ARN are on this machine, or can be fetched.
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { LayerCache } from '../layers/layer-cache.ts';
import { layerVersion } from '../layers/layer-version.ts';
import { layerUses } from '../serve/layer-uses.ts';
import { type Check, needed, pass, warn } from './check.ts';
import type { StageParts } from './stage-parts.ts';

/** Each is a call to AWS; a stage has a few. */
const mostAsked = 20;

/**
 * One finding for each layer, none without layers. It asks Lambda as `serve` would, which tries the permission, and downloads
 * nothing. A layer that cannot be had is no failure: the function is served without it.
 */
export function layersCheck(
  { manifest, stage }: Pick<StageParts, 'manifest' | 'stage'>,
  options: { readonly profile: string | undefined; readonly cache?: LayerCache },
): Check {
  return {
    name: 'layers',
    group: 'Stage',
    lateRemedy: 'check the network and HTTPS_PROXY',
    run: async (report) => {
      const { functions, isObserveOnly } = await needed(manifest(), 'table');
      if (isObserveOnly) return;
      const { http, identity } = await stage();
      const { credentials } = identity;
      const { cache = new LayerCache(), profile } = options;
      const { notices, uses } = layerUses(functions);
      for (const notice of notices)
        report(warn('layers', notice, 'correct layers of the function in Terraform, and apply'));
      await Promise.all(
        uses.slice(0, mostAsked).map(async (use) => {
          const name = `layers/${use.label}`;
          const whose = `of ${use.functions.join(', ')}`;
          if (cache.find(use.arn) !== undefined) return report(pass(name, `${whose}: on this machine`));
          try {
            await layerVersion(use, { credentials, http, clock: systemClock, profile });
            report(pass(name, `${whose}: livectl serve can fetch it`));
          } catch (error) {
            const remedy = error instanceof LiveDebugError ? error.remedy : undefined;
            const message = `${whose}: served without it, since it cannot be fetched: ${messageOf(error)}`;
            report(warn(name, message, remedy ?? 'try again'));
          }
        }),
      );
    },
  };
}
