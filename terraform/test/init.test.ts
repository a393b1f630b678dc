// The code that `livectl init` proposes, in the real terraform with the real provider.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ordersProject, writeFiles } from '../../cli/test/init/orders-project.ts';
import { missingTool, moduleFolder, repository, testBoundMs, Workspace } from './terraform-cli.ts';

const skipReason = missingTool('terraform', 'git');

test.skipIf(skipReason)(
  'is formatted, and valid beside the code it was made for, with the module of the package',
  async () => {
    const workspace = new Workspace([moduleFolder]);
    try {
      const { root } = workspace;
      writeFiles(root, ordersProject);
      mkdirSync(join(root, 'node_modules/livectl/terraform/modules'), { recursive: true });
      cpSync(workspace.path(moduleFolder), join(root, 'node_modules/livectl', moduleFolder), {
        recursive: true,
      });
      const program = join(repository, 'dist/livectl.mjs');
      const args = [
        program,
        'init',
        '--yes',
        '--format',
        'json',
        '--dir',
        root,
        '--terraform-json',
        join(root, 'state.json'),
      ];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
      expect(status).toBe(0);
      const { diff } = stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line))
        .find(({ event }) => event === 'terraform');
      execFileSync('git', ['init', '-q', root]);
      execFileSync('git', ['-C', root, 'apply', '-'], { input: `${diff}\n` });
      await workspace.succeed('infra', 'fmt', '-check', 'live_debug.tf');
      await workspace.succeed('infra', 'init', '-backend=false', '-input=false', '-no-color');
      await workspace.succeed('infra', 'validate', '-no-color');
    } finally {
      workspace.remove();
    }
  },
  testBoundMs,
);
