// [5] Features that Lambda's older Node runtimes disable and a newer local Node enables: `require` of ES modules, and detection
// of ES modules by syntax.
import { isNodeOption } from '../../platform.ts';

const requireModule = '--no-experimental-require-module';
const detectModule = '--no-experimental-detect-module';

/**
 * By the runtime's major version: https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html, "experimental features".
 * Node 18 has neither; from nodejs24 on Lambda disables nothing.
 */
function disabledIn(major: number): readonly string[] {
  if (major > 22) return [];
  return major === 20 ? [requireModule] : [requireModule, detectModule];
}

/**
 * Options for `NODE_OPTIONS`, before the function's own, which can enable a feature again, as on Lambda. Empty if the local Node
 * does not know them.
 */
export function disabledNodeFeatures(executionEnvironment: string | undefined): string {
  const major = /^AWS_Lambda_nodejs(\d+)\.x/.exec(executionEnvironment ?? '')?.[1];
  if (major === undefined) return '';
  return disabledIn(Number(major)).filter(isNodeOption).join(' ');
}
