// Applied to an emulated account by the real terraform and provider, from CDK Terrain and from CDKTF.
import { describe, expect, it, type TestContext } from 'vitest';
import { type ApplyStep, stepsOf } from '../../test/account.ts';
import { Moto, noResources } from '../../test/moto.ts';
import { missingTool, testBoundMs, type Workspace } from '../../test/terraform-cli.ts';
import { ExampleProject, missingExamplePackages, StagesProject } from './projects.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3');
const exampleSkipped = missingExamplePackages();

async function startMoto({ onTestFinished }: TestContext): Promise<Moto> {
  const moto = await Moto.start();
  onTestFinished(() => moto.stop());
  return moto;
}

async function expectEmptyPlan(workspace: Workspace, folder: string): Promise<void> {
  const { code, output } = await workspace.terraform(folder, 'plan', '-detailed-exitcode');
  expect(output).toContain('No changes.');
  expect(code).toBe(0);
}

/** Values by name. */
async function outputs(workspace: Workspace, folder: string): Promise<Record<string, unknown>> {
  const found: Record<string, { value: unknown }> = JSON.parse(
    await workspace.succeed(folder, 'output', '-json'),
  );
  return Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
}

// Concurrent, since much of the time goes by in the provider's waits for a function to be ready.
describe.skipIf(skipped)(`applied${skipped ? ` (${skipped})` : ''}`, () => {
  it.concurrent(
    'two stages of CDK Terrain, with every output',
    async (context) => {
      const moto = await startMoto(context);
      const project = new StagesProject('cdktn', moto.environment);
      const { workspace } = project;
      context.onTestFinished(() => workspace.remove());
      await project.synthesize();
      const folder = project.stackFolder('stages');
      await workspace.succeed(folder, 'init');
      await workspace.succeed(folder, 'apply', '-auto-approve');
      await expectEmptyPlan(workspace, folder);

      const known = await outputs(workspace, folder);
      expect(Object.keys(known)).toEqual(Object.keys(project.stack('stages').output).sort());
      expect(Object.keys(known).filter((name) => known[name] === null)).toEqual([]);
      expect(known).toMatchObject({
        serve_command: 'livectl serve --stage dev-tom',
        filename: expect.stringMatching(/\/dist\/stub\.zip$/),
        layers: [],
        stub_timeout: 15,
        function_name: 'live-debug-dev-tom-orders',
        mode: 'replace',
        timeout: 15,
        function_layers: [],
        environment: { LIVE_DEBUG_FUNCTION: 'orders' },
        relay: { url: expect.stringMatching(/^(https?|wss?):/) },
      });
      const made = await moto.resources();
      expect([...made.tables].sort()).toEqual(['live-debug-dev-ada', 'live-debug-dev-tom']);
      expect([...made.apis].sort()).toEqual(['live-debug-dev-tom', 'live-debug-dev-tom-http']);
      expect(made.functions['live-debug-dev-tom-orders']?.environment.MY_KEY).toBe('as it is');

      await workspace.succeed(folder, 'destroy', '-auto-approve', '-refresh=false');
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.skipIf(exampleSkipped).concurrent(
    `examples/cdktf, switched from live to its own package${exampleSkipped ? ` (${exampleSkipped})` : ''}`,
    async (context) => {
      const moto = await startMoto(context);
      const project = new ExampleProject(moto.environment);
      const { workspace, stackFolder: folder } = project;
      context.onTestFinished(() => workspace.remove());
      await project.install();
      await project.synthesize(true);
      await workspace.succeed(folder, 'init');
      const applied = await workspace.succeed(folder, 'apply', '-auto-approve');
      expect(applied).toContain('serve = "livectl serve --stage dev"');
      await expectEmptyPlan(workspace, folder);
      const live = await moto.resources();
      expect(live.functions['orders-dev']).toEqual({
        handler: 'index.handler',
        runtime: 'nodejs22.x',
        timeout: 15,
        environment: expect.objectContaining({ CURRENCY: 'EUR', LIVE_DEBUG_FUNCTION: 'orders' }),
      });
      expect(live.tables).toEqual(['live-debug-dev']);
      expect(Object.keys(live.roles['orders-dev'] ?? {})).toEqual([
        expect.stringMatching(/^live-debug-dev-/),
      ]);

      await project.synthesize(false);
      const steps = stepsOf(await workspace.succeed(folder, 'apply', '-auto-approve', '-json'));
      const [back] = steps.filter(({ at, action }) => at === 'complete' && action === 'update');
      expect(back?.address).toBe('aws_lambda_function.orders');
      for (const kind of [
        'aws_apigatewayv2_stage.this',
        'aws_dynamodb_table.this',
        'aws_iam_role_policy.given',
      ]) {
        const gone = steps.findIndex(({ action, address }) => action === 'delete' && address.includes(kind));
        expect(gone, kind).toBeGreaterThan(steps.indexOf(back as ApplyStep));
      }
      expect(await moto.resources()).toEqual({
        ...noResources,
        functions: {
          'orders-dev': {
            handler: 'orders.handler',
            runtime: 'nodejs22.x',
            timeout: 10,
            environment: { CURRENCY: 'EUR' },
          },
        },
        roles: { 'orders-dev': {} },
      });
      await expectEmptyPlan(workspace, folder);

      await workspace.succeed(folder, 'destroy', '-auto-approve', '-refresh=false');
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );
});
