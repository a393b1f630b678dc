// Wrapped functions in an emulated account: off, on and off again, what Terraform changes of them, and what it leaves.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DeleteLayerVersionCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  LambdaClient,
  ListLayersCommand,
  PublishLayerVersionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { describe, expect, it, type TestContext } from 'vitest';
import { runLivectl } from '../../cli/test/e2e/livectl-process.ts';
import { observerItemPrefix } from '../../protocol/directory.ts';
import { readItem, readManifest, start, stepIndex } from './account.ts';
import { directoryCall, livectlCalls } from './livectl-calls.ts';
import { type Moto, noResources } from './moto.ts';
import { isAllowed } from './policy-evaluator.ts';
import { expectSwitchedOff, expectSwitchedOn, neededByStubs } from './switch-order.ts';
import { missingTool, moduleFolder, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3');

const root = 'terraform/test/fixtures/wrapped';
const names = ['orders', 'reports'];
const addresses = names.map((name) => `aws_lambda_function.own["${name}"]`);
const layer = 'module.live_debug.aws_lambda_layer_version.wrapper[0]';
const needed = [...neededByStubs, /\.aws_lambda_layer_version\.wrapper\[/, /\.aws_lambda_function\.beside\[/];

describe.skipIf(skipped)(`wrapped functions, applied${skipped ? ` (${skipped})` : ''}`, () => {
  it(
    'change in nothing but layers and variables, come back as they were, and show in the status',
    async (context) => {
      const { moto, workspace, apply, steps, outputs, expectEmptyPlan, destroy } = await start(root, context);
      const lambda = clientOf(moto, context);
      const zip = zipSync({ 'src/orders.mjs': Buffer.from('export const handler = () => 1;') });
      writeFileSync(join(workspace.path(root), 'own.zip'), zip);

      // Created live, as on the first apply of somebody who tries it.
      await apply('-var', 'live=true');
      await expectEmptyPlan('-var', 'live=true');
      const live = await configurations(lambda);
      const [orders, reports] = live;
      const vendor = orders?.Layers?.[0]?.Arn ?? '';
      const arn = (await outputs()).layers.value.orders[0];
      expect(vendor).toContain(':layer:vendor:');
      expect(orders?.Layers?.map(({ Arn }) => Arn)).toEqual([vendor, arn]);
      expect(reports?.Layers?.map(({ Arn }) => Arn)).toEqual([arn]);

      const given = await moto.resources();
      const stub = { LIVE_DEBUG_STAGE: 'dev-tom', LIVE_DEBUG_TABLE: 'live-debug-dev-tom' };
      const secret = await readItem(moto, 'dev-tom', {
        stage: { S: 'dev-tom#manifest' },
        item: { S: 'secret' },
      });
      const LIVE_DEBUG_SECRET = (secret as { Item: { secret: { S: string } } }).Item.secret.S;
      const { relayUrl, functions } = await readManifest(moto, 'dev-tom');
      const shared = { ...stub, LIVE_DEBUG_RELAY: relayUrl, LIVE_DEBUG_SECRET };
      expect(orders?.Environment?.Variables).toEqual({
        ...shared,
        CURRENCY: 'EUR',
        AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
        LIVE_DEBUG_EXEC_WRAPPER: '/opt/vendor',
        LIVE_DEBUG_FUNCTION: 'orders',
        LIVE_DEBUG_WRAP_INIT: 'lazy',
      });
      expect(reports?.Environment?.Variables).toEqual({
        ...shared,
        CURRENCY: 'USD',
        AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
        LIVE_DEBUG_FUNCTION: 'reports',
        LIVE_DEBUG_STUB_FUNCTION: 'live-debug-dev-tom-reports',
      });
      expect(functions.map(({ name, timeout, wrap }) => ({ name, timeout, wrap }))).toEqual([
        { name: 'hello', timeout: 3, wrap: undefined },
        { name: 'orders', timeout: 10, wrap: { execWrapper: '/opt/vendor', init: 'lazy' } },
        { name: 'reports', timeout: 20, wrap: { execWrapper: undefined, init: 'eager' } },
      ]);

      // The stub beside the Python function answers for it, with its variables and its role.
      expect(Object.keys(given.functions).sort()).toEqual([
        'live-debug-dev-tom-hello',
        'live-debug-dev-tom-reports',
        ...names,
      ]);
      const [beside] = await configurations(lambda, ['live-debug-dev-tom-reports']);
      expect(beside).toMatchObject({
        Handler: 'index.handler',
        Role: reports?.Role,
        Timeout: 25,
        MemorySize: 512,
      });
      expect(beside?.Environment?.Variables).toEqual({
        ...shared,
        CURRENCY: 'USD',
        LIVE_DEBUG_FUNCTION: 'reports',
      });
      const resource = 'arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-reports';
      const mayInvoke = (role: string) =>
        isAllowed(Object.values(given.roles[role] ?? {}), { action: 'lambda:InvokeFunction', resource });
      expect({ orders: mayInvoke('orders'), reports: mayInvoke('reports') }).toEqual({
        orders: false,
        reports: true,
      });

      // The layer is the built zip.
      const built = readFileSync(workspace.path(join(moduleFolder, 'dist/wrapper.zip')));
      expect(await contentOf(lambda, arn)).toEqual(digest(built));

      await expectStatus(moto, lambda, { orders, reports, arn });

      // A new one is there before functions take it, and the old one until they have.
      const newer = zipSync({
        'live-debug': [Buffer.from('#!/bin/sh\nexec "$@"\n'), { attrs: 0o755 << 16, os: 3 }],
      });
      writeFileSync(workspace.path(join(moduleFolder, 'dist/wrapper.zip')), newer);
      const renewed = await steps(['apply', '-var', 'live=true']);
      for (const address of addresses) {
        const start = stepIndex(renewed, { at: 'start', action: 'update', address });
        const complete = stepIndex(renewed, { at: 'complete', action: 'update', address });
        expect(stepIndex(renewed, { at: 'complete', action: 'create', address: layer })).toBeLessThan(start);
        expect(stepIndex(renewed, { at: 'start', action: 'delete', address: layer })).toBeGreaterThan(
          complete,
        );
      }
      expect(await contentOf(lambda, (await outputs()).layers.value.orders[0])).toEqual(digest(newer));

      expectSwitchedOff(await steps(['apply']), addresses, needed);
      await expectEmptyPlan();
      const off = await configurations(lambda);
      expect(off.map(({ Layers = [] }) => Layers.map(({ Arn }) => Arn))).toEqual([[vendor], []]);
      expect(off.map(({ Environment }) => Environment?.Variables)).toEqual([
        { CURRENCY: 'EUR', AWS_LAMBDA_EXEC_WRAPPER: '/opt/vendor' },
        { CURRENCY: 'USD' },
      ]);
      expect((await outputs()).layers.value).toEqual({ hello: [], orders: [], reports: [] });
      expect(await moto.resources()).toMatchObject({ apis: [], tables: [], policies: [] });
      expect(Object.keys((await moto.resources()).functions).sort()).toEqual(names);
      expect(await layerNames(lambda)).toEqual(['vendor']);

      expectSwitchedOn(await steps(['apply', '-var', 'live=true']), addresses, needed);
      const again = await configurations(lambda);
      expect(again.map(withoutSwitch)).toEqual(off.map(withoutSwitch));
      expect(live.map(withoutSwitch)).toEqual(off.map(withoutSwitch));
      await destroy('-var', 'live=true');
      expect(await moto.resources()).toEqual(noResources);
      expect(await layerNames(lambda)).toEqual([]);
    },
    testBoundMs,
  );

  it(
    'of production are observed and not served where that is allowed',
    async (context) => {
      const { moto, workspace, apply, outputs, expectEmptyPlan, destroy } = await start(root, context);
      const zip = zipSync({ 'src/orders.mjs': Buffer.from('export const handler = () => 1;') });
      writeFileSync(join(workspace.path(root), 'own.zip'), zip);
      const production = ['-var', 'live=true', '-var', 'stage=production', '-var', 'observe=true'];
      const refused = await workspace.terraform(root, 'plan', '-json', ...production);
      expect(refused.code).toBe(1);
      expect(refused.stdout).toContain(
        'is protected and may only be observed, but nothing would answer for the functions that are replaced: hello. ',
      );

      const observed = [...production, '-var', 'replaced=false'];
      await apply(...observed);
      await expectEmptyPlan(...observed);
      const key = { stage: { S: 'production#manifest' }, item: { S: 'manifest' } };
      const item = (await readItem(moto, 'production', key)) as { Item: { document: { S: string } } };
      expect(JSON.parse(item.Item.document.S)).toMatchObject({ observe_only: true });
      const made = await configurations(clientOf(moto, context), [...names, 'live-debug-production-reports']);
      for (const { Environment } of made) {
        expect(Environment?.Variables).toMatchObject({ LIVE_DEBUG_OBSERVE_ONLY: 'true' });
      }
      const { developer, relay } = await outputs();
      await expectObserver([JSON.parse(developer.value)], relay.value.execution_arn);
      await destroy(...observed);
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );
});

/** livectl's calls to observe production, and nothing that answers, invokes, publishes or reads variables. */
async function expectObserver(policies: readonly unknown[], relay: string) {
  const account = 'eu-west-1:123456789012';
  const resource = `arn:aws:dynamodb:${account}:table/live-debug-production`;
  const may = (action: string, of: string) => isAllowed(policies, { action, resource: of });
  const observing = { functions: ['orders'], observe: { perSecond: 10 } };
  const calls = await livectlCalls('production', observing);
  expect(new Set(calls.map(({ action }) => action))).toEqual(
    new Set(['GetItem', 'Query', 'PutItem', 'DeleteItem'].map((name) => `dynamodb:${name}`)),
  );
  expect(calls.some(({ context }) => context['dynamodb:Attributes']?.includes('observe'))).toBe(true);
  const Key = { stage: { S: 'production' }, item: { S: `${observerItemPrefix}orders#4f2a9c1d` } };
  const ExpressionAttributeNames = { '#lease': 'leaseUntil' };
  const update = directoryCall('UpdateItem', { Key, ExpressionAttributeNames });
  for (const call of [...calls, update]) {
    expect(isAllowed(policies, { ...call, resource }), JSON.stringify(call)).toBe(true);
  }
  for (const call of await livectlCalls('staging', observing)) {
    expect(isAllowed(policies, { ...call, resource }), JSON.stringify(call)).toBe(false);
  }
  expect(may('execute-api:Invoke', `${relay}/$connect`)).toBe(true);
  expect(may('execute-api:ManageConnections', `${relay}/POST/@connections/abc=`)).toBe(false);
  for (const name of [...names, 'live-debug-production-reports']) {
    for (const action of ['InvokeFunction', 'InvokeFunctionUrl', 'GetFunctionConfiguration']) {
      expect(may(`lambda:${action}`, `arn:aws:lambda:${account}:function:${name}`), action).toBe(false);
    }
  }
}

interface Wrapped {
  readonly orders: Configuration | undefined;
  readonly reports: Configuration | undefined;
  /** Of the wrapper's layer. */
  readonly arn: string;
}

/** What `livectl status` shows of the functions as they are, and of some that somebody has changed; the next apply repairs them. */
async function expectStatus(moto: Moto, lambda: LambdaClient, { arn, orders, reports }: Wrapped) {
  const env = { ...moto.environment, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const status = async (...flags: readonly string[]) =>
    (await runLivectl(['status', ...flags], { env })).stdout;
  const change = (to: Configuration | undefined, Layers: string[], more: Record<string, string>) =>
    lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: to?.FunctionName,
        Layers,
        Environment: { Variables: { ...to?.Environment?.Variables, ...more } },
      }),
    );
  const ofStage = await status('--stage', 'dev-tom');
  expect(ofStage).toContain('\n  deployed   1 stub, 2 wrapped\n');
  for (const words of [
    'live-debug-dev-tom-hello: invocations fail while nobody serves',
    'orders, reports: the deployed code answers while nobody serves',
  ])
    expect(ofStage).toContain(`\n  unserved   ${words}\n`);

  // An older layer of the wrapper, and a script without its layer.
  const Content = { ZipFile: zipSync({ 'live-debug': Buffer.from('older') }) };
  const LayerName = 'live-debug-dev-tom-wrapper';
  const older = await lambda.send(new PublishLayerVersionCommand({ LayerName, Content }));
  await change(orders, [older.LayerVersionArn ?? ''], {});
  await change(reports, [], {});
  expect(await status('--stage', 'dev-tom')).toContain(`
  deployed   1 of 3 are live in this stage
             orders: live, but not as this stage has it
               its layer of the wrapper is ${older.LayerVersionArn}, and the stage’s ${arn}
               to fix: terraform apply the configuration of the stage
             reports: partly live: its invocations fail
               its AWS_LAMBDA_EXEC_WRAPPER is /opt/live-debug, but it lacks the layer of the wrapper, so Lambda can’t start it
               to fix: have the function take the module’s outputs layers and environment, and terraform apply; its invocations fail until then
`);

  // What is left behind, asked for without the stage: all of it, and the layer alone.
  const name = '--function-name';
  const layers = [arn];
  await change(orders, layers, {});
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName: 'reports', Environment: { Variables: {} } }),
  );
  await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'reports', Layers: layers }));
  expect(await status(name, 'orders', name, 'reports')).toBe(
    `orders: its own package, wrapped of stage dev-tom
  if the stage is off: have the function take the module’s outputs layers and environment, which are empty then, and terraform apply
reports: its own package, not wrapped
  these variables of the wrapper are missing: LIVE_DEBUG_STAGE, LIVE_DEBUG_FUNCTION, LIVE_DEBUG_TABLE, LIVE_DEBUG_RELAY, LIVE_DEBUG_SECRET, LIVE_DEBUG_STUB_FUNCTION
  its AWS_LAMBDA_EXEC_WRAPPER is not set, so nothing starts the wrapper
  to fix: have the function take the module’s outputs layers and environment, and terraform apply, with enabled = false to end live debugging; its deployed code answers until then
`,
  );
  const [, , , , , , , version] = (older.LayerVersionArn ?? '').split(':');
  await lambda.send(new DeleteLayerVersionCommand({ LayerName, VersionNumber: Number(version) }));
}

function clientOf({ environment }: Moto, { onTestFinished }: TestContext): LambdaClient {
  const client = new LambdaClient({
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    region: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => client.destroy());
  return client;
}

type Configuration = Awaited<ReturnType<typeof configurations>>[number];

function configurations(lambda: LambdaClient, of: readonly string[] = names) {
  return Promise.all(
    of.map(async (FunctionName) => {
      const { $metadata, ...found } = await lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName }),
      );
      return found;
    }),
  );
}

/** Of a configuration, what no switch leaves alone. */
function withoutTimes(configuration: Configuration | undefined) {
  const { LastModified, RevisionId, ...rest } = configuration ?? {};
  return rest;
}

function withoutSwitch(configuration: Configuration | undefined) {
  const { Environment, Layers, ...rest } = withoutTimes(configuration);
  return rest;
}

function digest(zip: Uint8Array) {
  return { CodeSha256: createHash('sha256').update(zip).digest('base64'), CodeSize: zip.length };
}

async function contentOf(lambda: LambdaClient, arn: string) {
  const [LayerName, version] = arn.split(':').slice(-2);
  const { Content } = await lambda.send(
    new GetLayerVersionCommand({ LayerName, VersionNumber: Number(version) }),
  );
  return { CodeSha256: Content?.CodeSha256, CodeSize: Content?.CodeSize };
}

async function layerNames(lambda: LambdaClient): Promise<(string | undefined)[]> {
  const { Layers = [] } = await lambda.send(new ListLayersCommand({}));
  return Layers.map(({ LayerName }) => LayerName);
}
