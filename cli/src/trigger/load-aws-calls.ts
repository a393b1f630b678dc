// Unpacks the AWS SDK's side of `trigger` and `invoke` when it is first needed.

import code from 'embedded:aws-calls.cjs';
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

/** The module aws-calls.ts, which the build has bundled apart. Takes some tens of milliseconds. */
export function loadAwsCalls(): typeof import('./aws-calls.ts') {
  const module = { exports: {} };
  // By name, so that a stack trace under --verbose says where.
  const run = compileFunction(code, ['require', 'module', 'exports'], { filename: 'livectl-aws-calls.cjs' });
  run(createRequire(import.meta.url), module, module.exports);
  return module.exports as typeof import('./aws-calls.ts');
}
