// `livectl init` on a state that the real terraform has applied: its livectl.json is served, and its diff changes nothing until the stage
// is live, and then nothing but what the module promises.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { Livectl, runLivectl } from '../../cli/test/e2e/livectl-process.ts';
import { start } from './account.ts';
import type { Moto } from './moto.ts';
import { missingTool, moduleFolder, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3', 'git');
const fixture = 'terraform/test/fixtures/init';
const infra = `${fixture}/infra`;

describe.skipIf(skipped)(`a state that was applied${skipped ? ` (${skipped})` : ''}`, () => {
  it(
    'becomes a livectl.json that is served, and code that changes nothing while not live',
    async (context) => {
      const { moto, workspace, apply, expectEmptyPlan } = await start(infra, context, fixture);
      const root = workspace.path(fixture);
      const zip = zipSync({ 'orders.js': Buffer.from('exports.handler = async () => 1;') });
      mkdirSync(join(root, 'build'));
      for (const name of ['orders', 'services', 'workers'])
        writeFileSync(join(root, `build/${name}.zip`), zip);
      await apply();

      const state = join(workspace.root, 'state.json');
      const text = await workspace.succeed(infra, 'show', '-json');
      expect(text).toContain('not-a-real-token-17');
      writeFileSync(state, text);
      const flags = ['--yes', '--format', 'json', '--dir', root, '--terraform-json', state];
      const init = await runLivectl(['init', ...flags]);
      const events = init.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(init.stdout).not.toContain('not-a-real-token-17');
      const { functions } = JSON.parse(readFileSync(join(root, 'livectl.json'), 'utf8'));
      expect(functions).toEqual(expectedFunctions);
      const { by_hand, diff } = events.find(({ event }) => event === 'terraform');
      expect(by_hand).toEqual([expect.stringContaining('legacy: it cannot be wrapped')]);

      const package_ = join(root, 'node_modules/livectl', moduleFolder);
      mkdirSync(dirname(package_), { recursive: true });
      cpSync(workspace.path(moduleFolder), package_, { recursive: true });
      execFileSync('git', ['init', '-q', root]);
      execFileSync('git', ['-C', root, 'apply', '-'], { input: `${diff}\n` });
      replaceLegacy(join(root, 'infra'));
      await workspace.succeed(infra, 'fmt', '-check', 'live_debug.tf');
      await workspace.succeed(infra, 'init');
      await expectEmptyPlan();

      await workspace.succeed(infra, 'plan', '-out=live', '-var', 'live=true');
      const plan: Plan = JSON.parse(await workspace.succeed(infra, 'show', '-json', 'live'));
      expect(changesOf(plan)).toEqual(expectedChanges);
      await apply('live');
      await expectEmptyPlan('-var', 'live=true');
      expect(await liveNames(moto)).toEqual({
        'shop-legacy': 'legacy',
        'shop-orders': 'orders',
        'shop-eu-audit': 'eu-audit',
        'shop-mail': 'mail',
        'shop-worker-0': 'worker',
        'shop-worker-1': 'worker-2',
        'shop-api': 'api',
      });

      await expectServed(root, context.onTestFinished);
    },
    testBoundMs,
  );
});

const expectedFunctions = {
  api: {
    handler: 'api.handler',
    runtime: 'nodejs22.x',
    source_dir: 'src',
    function_name: 'shop-api',
    environment: { STAGE: 'dev' },
    mode: 'wrap',
  },
  'eu-audit': {
    handler: 'audit.handler',
    runtime: 'python3.12',
    source_dir: 'services/audit',
    function_name: 'shop-eu-audit',
    environment: { LEVEL: 'info' },
    mode: 'wrap',
  },
  legacy: {
    handler: 'legacy.handler',
    runtime: 'nodejs18.x',
    source_dir: 'src',
    timeout: 5,
    function_name: 'shop-legacy',
    environment: { CURRENCY: 'EUR' },
  },
  mail: {
    handler: 'app.handler',
    runtime: 'python3.12',
    source_dir: 'services/mail',
    function_name: 'shop-mail',
    environment: { SENDER: 'shop@example.com' },
    mode: 'wrap',
  },
  orders: {
    handler: 'src/orders.handler',
    runtime: 'nodejs22.x',
    timeout: 10,
    function_name: 'shop-orders',
    mode: 'wrap',
  },
  worker: {
    handler: 'work.run',
    runtime: 'nodejs20.x',
    source_dir: 'workers',
    function_name: 'shop-worker-0',
    environment: { QUEUE: 'q0' },
    layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:1'],
    mode: 'wrap',
  },
  'worker-2': {
    handler: 'work.run',
    runtime: 'nodejs20.x',
    source_dir: 'workers',
    function_name: 'shop-worker-1',
    environment: { QUEUE: 'q1' },
    layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:1'],
    mode: 'wrap',
  },
};

const wrapped = ['environment', 'layers'];
/** Besides what the module creates. The code's hash and the time of the change follow from the package. */
const expectedChanges = {
  'aws_lambda_function.legacy': [
    'environment',
    'filename',
    'handler',
    'last_modified',
    'runtime',
    'source_code_hash',
    'timeout',
  ],
  'aws_lambda_function.orders': wrapped,
  'aws_lambda_function.service["eu/audit"]': wrapped,
  'aws_lambda_function.service["mail"]': wrapped,
  'aws_lambda_function.worker[0]': wrapped,
  'aws_lambda_function.worker[1]': wrapped,
  'module.api.aws_lambda_function.this[0]': wrapped,
};

/** As docs/terraform.md#replaced-functions says, for the function that cannot be wrapped. */
function replaceLegacy(folder: string): void {
  const change = (file: string, ...pairs: readonly (readonly [string, string])[]) => {
    let text = readFileSync(join(folder, file), 'utf8');
    for (const [from, to] of pairs) {
      expect(text.split(from)).toHaveLength(2);
      text = text.replace(from, () => to);
    }
    writeFileSync(join(folder, file), text);
  };
  const live = (own: string, name: string) => `var.live ? module.live_debug.${name} : ${own}`;
  const code = readFileSync(join(folder, 'main.tf'), 'utf8');
  const start = code.indexOf('resource "aws_lambda_function" "legacy"');
  const block = code.slice(start);
  const conditions = [
    ['filename', '"../build/orders.zip"', 'stub.filename'],
    ['source_code_hash', 'filebase64sha256("../build/orders.zip")', 'stub.source_code_hash'],
    ['handler', '"legacy.handler"', 'stub.handler'],
    ['runtime', '"nodejs18.x"', 'stub.runtime'],
    ['timeout', '5', 'functions["legacy"].timeout'],
  ] as const;
  let replaced = block;
  for (const [name, own, of] of conditions) {
    const line = `  ${name.padEnd(16)} = ${own}\n`;
    expect(replaced).toContain(line);
    replaced = replaced.replace(line, `  ${name.padEnd(16)} = ${live(own, of)}\n`);
  }
  change('main.tf', [
    block,
    replaced
      .replace('variables = {', 'variables = merge({')
      .replace('    }\n', '    }, var.live ? module.live_debug.environment["legacy"] : {})\n'),
  ]);
  change(
    'live_debug.tf',
    [
      '\n    })\n  }\n}',
      '\n    })\n  }, { legacy = merge(local.live_functions["legacy"], { mode = "replace", create = false, role = aws_iam_role.shared }) })\n}',
    ],
    ['  functions = {\n', '  functions = merge({\n'],
  );
}

interface Plan {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before: Readonly<Record<string, unknown>> | null;
      readonly after: Readonly<Record<string, unknown>> | null;
      readonly after_unknown: Readonly<Record<string, unknown>>;
    };
  }[];
}

/** By address: the attributes that change. What the module creates is left out; anything else that is created or destroyed fails. */
function changesOf({ resource_changes }: Plan): Record<string, string[]> {
  const changed = resource_changes.filter(
    ({ address, change: { actions } }) =>
      !actions.every((action) => action === 'no-op' || action === 'read') &&
      !(address.startsWith('module.live_debug.') && actions.join() === 'create'),
  );
  return Object.fromEntries(
    changed.map(({ address, change: { actions, after, after_unknown, before } }) => {
      expect([address, ...actions]).toEqual([address, 'update']);
      const names = Object.keys({ ...before, ...after, ...after_unknown }).filter(
        (name) =>
          JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]) ||
          /true/.test(JSON.stringify(after_unknown[name]) ?? ''),
      );
      return [address, names.sort()];
    }),
  );
}

/** By function name: what its variables say which function it is. Without the stubs beside functions. */
async function liveNames(moto: Moto): Promise<Record<string, string | undefined>> {
  const { functions } = await moto.resources();
  return Object.fromEntries(
    Object.entries(functions)
      .filter(([name]) => name.startsWith('shop-'))
      .map(([name, { environment }]) => [name, environment.LIVE_DEBUG_FUNCTION]),
  );
}

async function expectServed(root: string, onTestFinished: (done: () => Promise<void>) => void) {
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl([...args, '--function', 'orders', '--function', 'worker-2']);
  onTestFinished(() => livectl.dispose());
  await livectl.url();
  const env = { XDG_STATE_HOME: join(livectl.tempDir, 'state') };
  const invoke = (name: string, event: object) =>
    runLivectl(['invoke', name, '--local', '--root', root, '--event', JSON.stringify(event)], { env });
  expect((await invoke('orders', { id: 7 })).stdout).toContain('{"order":7}');
  expect((await invoke('worker-2', {})).stdout).toContain('{"queue":"q1"}');
}
