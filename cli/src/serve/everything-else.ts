// `serve --only` takes a part of a stage's invocations; something else must answer the others, or they fail for everybody.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { Fallback } from '../manifest/fallback.ts';

interface Served {
  readonly name: string;
  readonly fallback: Fallback;
}

/** Throws LD_CONFIG if nothing would answer invocations that no filter matches; `place`: `stage dev` or `livectl.json`. */
export function checkEverythingElse(functions: readonly Served[], place: string, isLocal: boolean): void {
  const broken = functions.filter(({ fallback }) => fallback.kind === 'none').map(({ name }) => name);
  if (broken.length === 0) return;
  const [what, them] = broken.length === 1 ? ['has', 'it'] : ['have', 'them'];
  const message = `--only: ${broken.join(', ')} of ${place} ${what} nothing that answers invocations that no filter matches`;
  const others = broken.length < functions.length ? ', or serve the other functions with --function' : '';
  const remedy = isLocal
    ? `set "mode": "wrap" for ${them} in livectl.json${others}`
    : `set mode = "wrap" or fallback_arn for ${them} in the Terraform module and apply${others}`;
  throw new LiveDebugError('LD_CONFIG', message, { remedy });
}
