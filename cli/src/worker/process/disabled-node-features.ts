// [5] What Lambda's older Node runtimes switch off, and a newer Node on this machine has on: `require` of ES modules, and
// modules that are told by their syntax.
import process from 'node:process';

const requireModule = '--no-experimental-require-module';
const detectModule = '--no-experimental-detect-module';

/**
 * By the runtime's major version: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html, "experimental
 * features". Node 18 has neither; from nodejs24 on Lambda switches nothing off.
 */
function disabledIn(major: number): readonly string[] {
  if (major > 22) return [];
  return major === 20 ? [requireModule] : [requireModule, detectModule];
}

/**
 * Options for `NODE_OPTIONS`, ahead of the function's own, which may switch a feature on again as on Lambda. Empty where
 * the Node here doesn't know them.
 */
export function disabledNodeFeatures(executionEnvironment: string | undefined): string {
  const major = /^AWS_Lambda_nodejs(\d+)\.x/.exec(executionEnvironment ?? '')?.[1];
  if (major === undefined) return '';
  const known = process.allowedNodeEnvironmentFlags;
  return disabledIn(Number(major))
    .filter((option) => known.has(option))
    .join(' ');
}
