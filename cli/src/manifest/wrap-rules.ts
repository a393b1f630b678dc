// The rules of livectl.json for wrapped functions. The Terraform module has the same (modules/functions/), and two more: the
// names of a function and of its role on AWS, which are usually merged in HCL.
import type { FunctionText } from './manifest-schema.ts';
import { canBeWrapped, wrapperScript } from './wrap-settings.ts';

/** Maximum number of layers besides the wrapper's; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const mostLayers = 5;

/** Passes each mistake about a function's mode to `mistake`, with its field. */
export function checkWrap(
  settings: FunctionText,
  mistake: (keys: readonly string[], text: string) => void,
): void {
  const { create, environment, exec_wrapper, fallback_arn, layers, mode, runtime } = settings;
  if (mode !== 'wrap') {
    for (const field of ['exec_wrapper', 'wrap_init'] as const)
      if (settings[field] !== undefined) mistake([field], 'is only for mode "wrap": leave it out');
    return;
  }
  if (!canBeWrapped(runtime))
    mistake(
      ['runtime'],
      `is ${JSON.stringify(runtime)}, which can't be wrapped: only managed Node.js (from nodejs20.x) and Python (from python3.9) runtimes can. Write mode "replace" for this function`,
    );
  if (create === true)
    mistake(
      ['create'],
      'must not be true with mode "wrap": a wrapped function is your own aws_lambda_function',
    );
  if (exec_wrapper === wrapperScript)
    mistake(
      ['exec_wrapper'],
      'must not be the wrapper of this module: write the function’s own wrapper, or leave it out',
    );
  if (fallback_arn !== undefined)
    mistake(
      ['fallback_arn'],
      'is only for mode "replace": a wrapped function’s own code answers when nobody serves. Leave it out',
    );
  if (exec_wrapper === undefined && environment.AWS_LAMBDA_EXEC_WRAPPER !== undefined)
    mistake(
      ['environment', 'AWS_LAMBDA_EXEC_WRAPPER'],
      'would be overwritten by the module’s wrapper: write its value as exec_wrapper too, and the module’s wrapper starts it',
    );
  if (layers.length >= mostLayers)
    mistake(
      ['layers'],
      `has ${layers.length} layers, and Lambda allows ${mostLayers} including the wrapper’s: merge two of them, or write mode "replace" for this function`,
    );
}
