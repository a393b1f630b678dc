// How a function is live: replaced by the stub, or wrapped and otherwise left as it is deployed.
import * as v from 'valibot';
import { nodeMajor, pythonVersion } from './runtimes.ts';
import { mustBe, text } from './schema-parts.ts';

/** Settings of a wrapped function. */
export interface WrapSettings {
  /** The function's own wrapper script, which ours runs. */
  readonly execWrapper: string | undefined;
  /** When the deployed code's init phase runs: with the instance, or when it first has to answer. */
  readonly init: 'eager' | 'lazy';
}

/** The wrapper script in the wrapper's layer. */
export const wrapperScript = '/opt/live-debug';

/** The fields of `functions[*]`. */
export const wrapFields = {
  mode: v.optional(
    v.pipe(
      v.picklist(['replace', 'wrap'], mustBe('"replace" or "wrap"')),
      v.description(
        'How the function is live: "replace" puts the stub in its place, "wrap" leaves it as it is deployed, which answers while nobody serves (managed Node.js and Python runtimes). Default: mode of the module. For livectl without a stage: wrap if exec_wrapper or wrap_init is set, otherwise replace.',
      ),
    ),
  ),
  exec_wrapper: v.optional(
    v.pipe(
      text,
      v.regex(
        /^\/\S{1,255}$/,
        ({ input }) =>
          `${JSON.stringify(input)} must be an absolute path without spaces, e.g. /opt/otel-handler`,
      ),
      v.description(
        "With mode wrap: the function's own wrapper script, which AWS_LAMBDA_EXEC_WRAPPER names while it is not live; it is run as well.",
      ),
    ),
  ),
  wrap_init: v.optional(
    v.pipe(
      v.picklist(['eager', 'lazy'], mustBe('"eager" or "lazy"')),
      v.description(
        'With mode wrap: when the deployed code is loaded; "lazy" waits until it has to answer. Default: eager, as on Lambda.',
      ),
    ),
  ),
};

type WrapText = v.InferOutput<v.StrictObjectSchema<typeof wrapFields, undefined>>;

/**
 * The mode of a function in livectl.json; `known` is the one in the stage's manifest. If neither sets it, the other fields
 * decide: without a mode, the module accepts them only if its own default is wrap.
 */
export function modeOf(
  { exec_wrapper, mode, wrap_init }: WrapText,
  known: WrapText['mode'],
): WrapText['mode'] {
  return mode ?? known ?? ((exec_wrapper ?? wrap_init) === undefined ? undefined : 'wrap');
}

/** Undefined for a function that is replaced. */
export function wrapSettings({ exec_wrapper, mode, wrap_init }: WrapText): WrapSettings | undefined {
  if (mode !== 'wrap') return undefined;
  return { execWrapper: exec_wrapper, init: wrap_init ?? 'eager' };
}

/** What Python's wrapper invokes: a stub beside the function, which the module creates. Undefined for all others. */
export function stubBeside(name: string, settings: WrapText & { runtime: string }, prefix: string) {
  const isPython = pythonVersion(settings.runtime) !== undefined;
  return settings.mode === 'wrap' && isPython ? `${prefix}-${name}` : undefined;
}

/** The variables that the module sets for a wrapped function in addition to a stub's. */
export function wrapVariables(
  settings: WrapSettings | undefined,
  beside: string | undefined,
): Readonly<Record<string, string>> {
  if (settings === undefined) return {};
  return {
    AWS_LAMBDA_EXEC_WRAPPER: wrapperScript,
    ...(settings.execWrapper === undefined ? {} : { LIVE_DEBUG_EXEC_WRAPPER: settings.execWrapper }),
    ...(settings.init === 'lazy' ? { LIVE_DEBUG_WRAP_INIT: 'lazy' } : {}),
    ...(beside === undefined ? {} : { LIVE_DEBUG_STUB_FUNCTION: beside }),
  };
}

/** Whether the runtime can be started behind the wrapper. Later versions can as well. */
export function canBeWrapped(runtime: string): boolean {
  const [major, minor] = (pythonVersion(runtime) ?? '0.0').split('.').map(Number);
  return (nodeMajor(runtime) ?? 0) >= 20 || (major === 3 && Number(minor) >= 9);
}
