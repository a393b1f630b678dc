// Unpacks the AWS SDK's side of `trigger` and `invoke` when it is first needed.
import code from 'embedded:aws-calls.cjs';
import { runEmbedded } from '../aws/run-embedded.ts';

/** The module aws-calls.ts, which the build has bundled apart. */
export function loadAwsCalls(): typeof import('./aws-calls.ts') {
  return runEmbedded(code, 'livectl-aws-calls.cjs') as typeof import('./aws-calls.ts');
}
