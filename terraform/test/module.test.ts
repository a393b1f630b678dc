// Format, validity and the modules' own tests, by the real terraform and the real provider's schema.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clientVpnFolder,
  missingTool,
  moduleFolder,
  repository,
  testBoundMs,
  Workspace,
} from './terraform-cli.ts';

const skipped = missingTool(['terraform', '-version']);

describe.skipIf(skipped)(`the module in terraform${skipped ? ` (${skipped})` : ''}`, () => {
  const modules = [moduleFolder, clientVpnFolder];
  const examples = ['quickstart', 'existing-function', 'fan-out', 'vpc'].map((name) => `examples/${name}`);
  const roots = [...modules, ...examples];
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = new Workspace(roots);
    for (const root of roots) await workspace.succeed(root, 'init', '-backend=false');
  }, testBoundMs);

  afterAll(() => workspace?.remove());

  it('is formatted, with its tests and examples', async () => {
    const folders = ['terraform', 'examples'].map((folder) => join(repository, folder));
    const { output } = await workspace.terraform('.', 'fmt', '-check', '-recursive', ...folders);
    expect(output).toBe('');
  });

  it.concurrent.each(roots)(
    'is valid: %s',
    async (root) => {
      expect(JSON.parse(await workspace.succeed(root, 'validate', '-json'))).toMatchObject({
        valid: true,
        diagnostics: [],
      });
    },
    testBoundMs,
  );

  it.concurrent.each(modules)(
    'passes terraform test: %s',
    async (module) => {
      const { code, output } = await workspace.terraform(module, 'test');
      expect(output).toMatch(/Success! \d+ passed, 0 failed\.\s*$/);
      expect(code).toBe(0);
    },
    testBoundMs,
  );
});
