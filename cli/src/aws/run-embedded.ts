// Runs a module that the build has bundled apart as CommonJS and carries compressed.
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

/** The module's exports; `name` is what a stack trace under --verbose says. Takes some tens of milliseconds. */
export function runEmbedded(code: string, name: string): unknown {
  const module = { exports: {} };
  const run = compileFunction(code, ['require', 'module', 'exports'], { filename: name });
  run(createRequire(import.meta.url), module, module.exports);
  return module.exports;
}
