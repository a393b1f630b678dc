// AWS's own runtime clients for Node.js, as `make test-real` installs them in test-real/.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from '../e2e/livectl-process.ts';
import type { ComparedRuntime } from './node-cases.ts';

const modules = join(repository, 'test-real', 'node_modules');

/** The Node.js that a runtime is named for. Throws where it is not installed. */
export function nodeOf(runtime: ComparedRuntime): string {
  const program = join(modules, runtime === 'nodejs22.x' ? 'node22' : 'node24', 'bin', 'node');
  if (!existsSync(program)) throw new Error(`${program} is missing: run make test-real`);
  return program;
}

/** What Lambda starts Node.js 22 with (AWS, "Building Lambda functions with Node.js": both features are off). */
const node22Options = ['--no-experimental-require-module', '--no-experimental-detect-module'];

/** The manifest's `command` that runs a handler with AWS's client: version 3 up to nodejs22.x, version 4 from nodejs24.x on. */
export function officialCommand(runtime: ComparedRuntime, handler: string): string[] {
  return runtime === 'nodejs22.x'
    ? [nodeOf(runtime), ...node22Options, join(modules, 'ric3', 'bin', 'index.mjs'), handler]
    : [nodeOf(runtime), join(modules, 'ric4', 'index.mjs')];
}
