// Wrapped functions in an emulated account: off, on and off again, what Terraform changes of them, and what it leaves.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  LambdaClient,
  ListLayersCommand,
} from '@aws-sdk/client-lambda';
import { zipSync } from 'fflate';
import { describe, expect, it, type TestContext } from 'vitest';
import { readItem, readManifest, start, stepIndex } from './account.ts';
import { type Moto, noResources } from './moto.ts';
import { isAllowed } from './policy-evaluator.ts';
import { expectSwitchedOff, expectSwitchedOn, neededByStubs } from './switch-order.ts';
import { missingTool, moduleFolder, testBoundMs } from './terraform-cli.ts';

const skipped = missingTool(['terraform', '-version'], ['moto_server', '--help'], ['python3', '--version']);

const root = 'terraform/test/fixtures/wrapped';
const names = ['orders', 'reports'];
const addresses = names.map((name) => `aws_lambda_function.own["${name}"]`);
const layer = 'module.live_debug.aws_lambda_layer_version.wrapper[0]';
const needed = [...neededByStubs, /\.aws_lambda_layer_version\.wrapper\[/, /\.aws_lambda_function\.beside\[/];

describe.skipIf(skipped)(`wrapped functions, applied${skipped ? ` (${skipped})` : ''}`, () => {
  it(
    'change in nothing but layers and variables, and come back as they were',
    async (context) => {
      const { moto, workspace, apply, steps, outputs, expectEmptyPlan, destroy } = await start(root, context);
      const lambda = clientOf(moto, context);
      const zip = zipSync({ 'src/orders.mjs': Buffer.from('export const handler = () => 1;') });
      writeFileSync(join(workspace.path(root), 'own.zip'), zip);
      await apply();
      await expectEmptyPlan();
      const before = await configurations(lambda);
      const own = await moto.resources();
      expect((await outputs()).layers.value).toEqual({ hello: [], orders: [], reports: [] });
      expect(own.tables).toEqual([]);

      expectSwitchedOn(await steps(['apply', '-var', 'live=true']), addresses, needed);
      await expectEmptyPlan('-var', 'live=true');
      const live = await configurations(lambda);
      for (const [index, one] of live.entries()) {
        expect(withoutSwitch(one)).toEqual(withoutSwitch(before[index]));
      }
      const [orders, reports] = live;
      const [{ Arn: vendor } = {}] = before[0]?.Layers ?? [];
      const arn = (await outputs()).layers.value.orders[0];
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
      await expectEmptyPlan('-var', 'live=true');

      expectSwitchedOff(await steps(['apply']), addresses, needed);
      await expectEmptyPlan();
      expect((await configurations(lambda)).map(withoutTimes)).toEqual(before.map(withoutTimes));
      expect(await moto.resources()).toEqual(own);
      expect(await layerNames(lambda)).toEqual(['vendor']);

      await apply('-var', 'live=true');
      await destroy('-var', 'live=true');
      expect(await moto.resources()).toEqual(noResources);
      expect(await layerNames(lambda)).toEqual([]);
    },
    testBoundMs,
  );
});

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
