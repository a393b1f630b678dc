// ES modules where Lambda's Node runtimes have them switched off: by the runtime of the function, on real workers.
import { describe, expect, it } from 'vitest';
import { builtRuntime } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();
const newer = 'nodejs24.x';
const olderOnes = ['nodejs18.x', 'nodejs20.x', 'nodejs22.x'];

async function answer(file: string, runtimeName: string, environment = {}): Promise<unknown> {
  const harness = new PoolHarness(runtime.file);
  harness.use('app', `untyped/${file}`, { runtime: runtimeName });
  return harness.answer('app', {}, { environment });
}

describe('a .js file with module syntax and no package.json that declares it', () => {
  it.each(olderOnes)('is a syntax error, %s', async (older) => {
    expect(await answer('module-syntax.js', older)).toMatchObject({
      errorType: 'Runtime.UserCodeSyntaxError',
      errorMessage: "SyntaxError: Unexpected token 'export'",
    });
  });

  it('is a module from nodejs24 on', async () => {
    expect(await answer('module-syntax.js', newer)).toBe('a module by its syntax');
  });
});

describe('a module that CommonJS requires', () => {
  it.each(olderOnes)('is refused, %s', async (older) => {
    expect(await answer('requires-module.cjs', older)).toMatchObject({
      errorType: 'Error',
      errorMessage: expect.stringMatching(/^require\(\) of ES Module .*module\.mjs from .* not supported\./s),
    });
  });

  it('is loaded from nodejs24 on, and if NODE_OPTIONS enable it', async () => {
    expect(await answer('requires-module.cjs', newer)).toBe('a required module');
    const environment = { NODE_OPTIONS: '--experimental-require-module' };
    expect(await answer('requires-module.cjs', 'nodejs22.x', environment)).toBe('a required module');
  });
});

it('is not seen in the function’s own variables', async () => {
  expect(await answer('node-options.cjs', 'nodejs22.x')).toBeNull();
  const environment = { NODE_OPTIONS: '--max-old-space-size=512' };
  expect(await answer('node-options.cjs', 'nodejs22.x', environment)).toBe('--max-old-space-size=512');
});
