// Runs a module that the build bundled separately as CommonJS and embedded compressed.
import { createRequire } from 'node:module';
import { compileFunction } from 'node:vm';

/** The module's exports; `name` appears in stack traces under --verbose. Takes tens of milliseconds. */
export function runEmbedded(code: string, name: string): unknown {
  const module = { exports: {} };
  const run = compileFunction(code, ['require', 'module', 'exports'], { filename: name });
  run(createRequire(import.meta.url), module, module.exports);
  return module.exports;
}
