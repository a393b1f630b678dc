// [1] Which of the stub's environment variables belong to the function and are sent with an invocation.
import {
  isLambdaDefault,
  isOwnSetting,
  isSandboxPath,
  isSandboxVariable,
  nodeOptionsVariable,
} from '../../protocol/sandbox-variables.ts';

/**
 * The function's variables, its role's credentials and Lambda's reserved ones (names, Region, memory), without the stub's own
 * `LIVE_DEBUG_*` and without those that only have a meaning inside this sandbox.
 */
export function functionEnvironment(environment: NodeJS.ProcessEnv): Record<string, string> {
  const sent: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || isOwnSetting(name) || isLambdaDefault(name, value)) continue;
    if (!isSandboxVariable(name) && !isSandboxPath(name)) sent[name] = value;
  }
  const options = environment[nodeOptionsVariable];
  if (options !== undefined) sent.NODE_OPTIONS = options;
  return sent;
}
