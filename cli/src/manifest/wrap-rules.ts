// The rules of livectl.json for functions that are wrapped. The Terraform module has the same (modules/functions/), and two
// more: the names of a function and of its role on AWS, which are usually merged in HCL.
import type { FunctionText } from './manifest-schema.ts';
import { canBeWrapped, wrapperScript } from './wrap-settings.ts';

/** Of a function, without the one that the wrapper adds; https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const mostLayers = 5;

/** Gives each mistake of a function's mode to `mistake`, with the field that it is in. */
export function checkWrap(
  settings: FunctionText,
  mistake: (keys: readonly string[], text: string) => void,
): void {
  const { create, environment, exec_wrapper, fallback_arn, layers, mode, runtime } = settings;
  if (mode !== 'wrap') {
    for (const field of ['exec_wrapper', 'wrap_init'] as const)
      if (settings[field] !== undefined) mistake([field], 'is for mode "wrap"');
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
      'must not be true with mode "wrap": a wrapped function is an aws_lambda_function of your own',
    );
  if (exec_wrapper === wrapperScript)
    mistake(
      ['exec_wrapper'],
      'is the wrapper of live debugging itself: name the script that AWS_LAMBDA_EXEC_WRAPPER named before, or leave exec_wrapper out',
    );
  if (fallback_arn !== undefined)
    mistake(
      ['fallback_arn'],
      'is for mode "replace": a wrapped function’s own code answers while nobody serves',
    );
  if (exec_wrapper === undefined && environment.AWS_LAMBDA_EXEC_WRAPPER !== undefined)
    mistake(
      ['environment', 'AWS_LAMBDA_EXEC_WRAPPER'],
      'is replaced by the wrapper of live debugging: write its value as exec_wrapper too, which is run as well',
    );
  if (layers.length >= mostLayers)
    mistake(
      ['layers'],
      `has ${layers.length} layers, and mode "wrap" adds one: Lambda takes ${mostLayers}, so leave one out or write mode "replace"`,
    );
}
