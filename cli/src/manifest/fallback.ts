// What answers a function's invocations while nobody serves it, according to the manifest alone.
import * as v from 'valibot';
import type { FunctionSettings } from './function-settings.ts';

/** `deployed`: its own code, in place. `function`: the one named by `fallback_arn`. `none`: invocations fail. */
export const fallbackSchema = v.variant('kind', [
  v.object({ kind: v.literal('deployed') }),
  v.object({ kind: v.literal('function'), arn: v.string() }),
  v.object({ kind: v.literal('none') }),
]);

export type Fallback = v.InferOutput<typeof fallbackSchema>;

export function fallbackOf({
  fallbackArn,
  wrap,
}: Partial<Pick<FunctionSettings, 'fallbackArn' | 'wrap'>>): Fallback {
  if (wrap) return { kind: 'deployed' };
  return fallbackArn === undefined ? { kind: 'none' } : { kind: 'function', arn: fallbackArn };
}
