// Unpacks the AWS SDK's part of `trigger` and `invoke` when it is first needed.
import code from 'embedded:aws-calls.cjs';
import { runEmbedded } from '../aws/run-embedded.ts';

/** The exports of aws-calls.ts, which the build bundles separately. */
export function loadAwsCalls(): typeof import('./aws-calls.ts') {
  return runEmbedded(code, 'livectl-aws-calls.cjs') as typeof import('./aws-calls.ts');
}
