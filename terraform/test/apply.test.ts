// Applied to an emulated account: everything is created, a second plan is empty, and nothing is left afterwards.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AwsClient } from 'aws4fetch';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { ownFilter } from '../../cli/src/relay/own-filter.ts';
import { runLivectl } from '../../cli/test/e2e/livectl-process.ts';
import { clientAttributes } from '../../protocol/directory.ts';
import { readItem, readManifest, start, stepIndex, stepsOf } from './account.ts';
import { documented } from './documented.ts';
import { type DirectoryCall, directoryCall, layerCalls, livectlCalls } from './livectl-calls.ts';
import { type Moto, noResources, overrideForQueues } from './moto.ts';
import { isAllowed } from './policy-evaluator.ts';
import { expectSwitchedOff, expectSwitchedOn, neededByStubs } from './switch-order.ts';
import { missingTool, moduleFolder, repository, testBoundMs, type Workspace } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3');

// Concurrent, since much of the time goes by in the provider's waits for a function to be ready.
describe.skipIf(skipped)(`applied${skipped ? ` (${skipped})` : ''}`, () => {
  it.concurrent(
    'two stages on one relay',
    async (context) => {
      const { moto, apply, outputs, expectEmptyPlan } = await start(
        'terraform/test/fixtures/stages',
        context,
      );
      await apply();
      await expectEmptyPlan();

      const { ada, tom } = await outputs();
      expect(tom.value.relay).toEqual(ada.value.relay);
      expect(JSON.stringify(tom.value)).not.toContain('s3cret');
      const made = await moto.resources();
      expect([...made.apis].sort()).toEqual(['live-debug-dev-ada', 'live-debug-dev-tom-http']);
      expect([...made.tables].sort()).toEqual(['live-debug-dev-ada', 'live-debug-dev-tom']);
      expect(made.policies).toEqual(['live-debug-dev-ada-developer']);
      expect(made.functions['live-debug-dev-tom-made']).toEqual({
        handler: 'index.handler',
        runtime: 'nodejs22.x',
        timeout: 15,
        environment: { GREETING: 'hi', API_KEY: 's3cret', ...tom.value.environment.made },
      });
      // As the account has them, not as the module words them.
      const stubRole = Object.values(made.roles['live-debug-dev-tom-made'] ?? {});
      const givenRole = Object.values(made.roles.given ?? {});
      expectStub(stubRole, tom.value, ada.value);
      expectStub(givenRole, tom.value, ada.value);
      const fallback = {
        action: 'lambda:InvokeFunction',
        resource: 'arn:aws:lambda:eu-west-1:123456789012:function:real',
      };
      expect(isAllowed(givenRole, fallback)).toBe(true);
      expect(isAllowed(stubRole, fallback)).toBe(false);
      await expectDeveloper([JSON.parse(tom.value.developer_policy_json)], tom.value, ada.value);

      await apply('-var', 'enabled=false');
      expect(await moto.resources()).toEqual({ ...noResources, roles: { given: {} } });
    },
    testBoundMs,
  );

  it.concurrent(
    'functions in VPCs that the same apply creates',
    async (context) => {
      const root = 'terraform/test/fixtures/vpcs';
      const { moto, workspace, apply, outputs, expectEmptyPlan, destroy } = await start(root, context);
      await apply();
      await expectEmptyPlan();

      // A pending change of what a function refers to is the only change: no read is deferred, nothing is written again.
      // Without `depends_on` of the whole module, which defers its reads by itself: that one is for the first apply.
      const file = join(workspace.path(root), 'main.tf');
      const text = readFileSync(file, 'utf8');
      expect(text).toMatch(dependsOnRules);
      writeFileSync(file, text.replace(dependsOnRules, ''));
      const tagged = ['-var', 'owner=somebody-else'];
      await workspace.succeed(root, 'plan', '-out=tagged.tfplan', ...tagged);
      const plan = JSON.parse(await workspace.succeed(root, 'show', '-json', 'tagged.tfplan'));
      const changes = (plan.resource_changes as { address: string; change: { actions: string[] } }[])
        .filter(({ change }) => change.actions.join() !== 'no-op')
        .map(({ address, change }) => `${change.actions.join()} ${address}`);
      expect(changes.sort()).toEqual([
        'update aws_security_group.function["orders"]',
        'update aws_security_group.function["reports"]',
        'update aws_subnet.orders[0]',
        'update aws_subnet.orders[1]',
        'update aws_subnet.reports[0]',
        'update aws_vpc.this["orders"]',
        'update aws_vpc.this["reports"]',
      ]);
      const written = Object.entries(plan.output_changes as Record<string, { actions: string[] }>);
      expect(written.filter(([, { actions }]) => actions.join() !== 'no-op')).toEqual([]);
      writeFileSync(file, text);
      const { manifest, guidance, ids } = await outputs();
      const { vpcs, subnets, groups, database } = ids.value;
      const wanted = [
        {
          id: vpcs.orders,
          functions: ['orders'],
          cidr_blocks: ['10.1.0.0/16'],
          dns_resolver: '10.1.0.2',
          subnets: [
            { id: subnets.orders[0], az: 'eu-west-1b', cidr: '10.1.0.0/24' },
            { id: subnets.orders[1], az: 'eu-west-1a', cidr: '10.1.1.0/24' },
          ].sort(byId),
          security_groups: [
            { id: groups.orders, name: 'orders', egress_tcp: true, referenced_by: [database] },
          ],
        },
        {
          id: vpcs.reports,
          functions: ['reports'],
          cidr_blocks: ['10.2.0.0/16'],
          dns_resolver: '10.2.0.2',
          subnets: [{ id: subnets.reports[0], az: 'eu-west-1c', cidr: '10.2.0.0/24' }],
          security_groups: [{ id: groups.reports, name: 'reports', egress_tcp: false, referenced_by: [] }],
        },
      ].sort(byId);
      expect(manifest.value.vpcs).toEqual(wanted);
      expect(manifest.value.functions.orders.vpc_config).toEqual({
        vpc_id: vpcs.orders,
        subnet_ids: subnets.orders,
        security_group_ids: [groups.orders],
      });
      for (const { id } of wanted) expect(guidance.value).toContain(`\n## ${id}\n`);
      const made = await moto.resources();
      expect(made.attached).toEqual({ 'live-debug-dev-reports': subnets.reports });
      const role = Object.values(made.roles['live-debug-dev-reports'] ?? {});
      expect(isAllowed(role, { action: 'ec2:CreateNetworkInterface', resource: '*' })).toBe(true);

      await apply('-var', 'enabled=false');
      await expectEmptyPlan('-var', 'enabled=false');
      expect((await outputs()).guidance.value).toBe('');
      await destroy();
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'examples/quickstart',
    async (context) => {
      const root = 'examples/quickstart';
      const documentedApply = documented('README.md', 'terraform apply -var stage=dev-tom');
      expect(documented('docs/terraform.md', 'terraform apply -var stage=dev-tom')).toEqual(documentedApply);
      const { moto, workspace, run, outputs, expectEmptyPlan } = await start(root, context);
      const apply = (...more: readonly string[]) => run([...documentedApply, ...more]);
      const stage = documentedApply.slice(1);
      const restore = placeManifestAs01(workspace);
      await apply();
      expect(await readManifest(moto, 'dev-tom')).toMatchObject({ isOfModule01: true });
      restore();
      // Somebody asks all the time: no moment without a manifest.
      let applied = false;
      const upgrade = apply().finally(() => {
        applied = true;
      });
      while (!applied) await readManifest(moto, 'dev-tom');
      await upgrade;
      expect(await readManifest(moto, 'dev-tom')).toMatchObject({ isOfModule01: false });
      await expectEmptyPlan(...stage);

      // Another instance of the stage fails at its table, before anything else is created.
      const elsewhere = '-state=elsewhere.tfstate';
      const second = await workspace.terraform(root, 'apply', '-auto-approve', elsewhere, ...stage);
      expect(second.output).toContain('Table already exists: live-debug-dev-tom');
      expect(await workspace.succeed(root, 'state', 'list', elsewhere)).toBe(
        'module.live_debug.terraform_data.secret["1"]\n',
      );

      // The secret shows in no plan, also not the old one in that of a new one or of the end.
      const before = await secretOf(moto);
      const address = 'module.live_debug.terraform_data.secret["1"]';
      for (const args of [
        ['plan', `-replace=${address}`, ...stage],
        ['plan', '-destroy', ...stage],
        ['show'],
      ]) {
        const { output, code } = await workspace.terraform(root, ...args);
        expect(code).toBe(0);
        expect(output).toContain('LIVE_DEBUG_STAGE');
        expect(output).not.toContain(before.LIVE_DEBUG_SECRET);
      }
      expect(await apply(`-replace=${address}`)).not.toContain(before.LIVE_DEBUG_SECRET);
      const after = await secretOf(moto);
      expect(after.LIVE_DEBUG_SECRET).not.toBe(before.LIVE_DEBUG_SECRET);
      await expectEmptyPlan(...stage);
      const { serve, function_name } = await outputs();
      expect(serve.value).toBe('livectl serve --stage dev-tom');
      const made = await moto.resources();
      expect(Object.keys(made.functions)).toEqual([function_name.value]);
      expect(await readManifest(moto, 'dev-tom')).toMatchObject({
        relayUrl: expect.stringMatching(/^https:.*\/live$/),
        functions: [
          {
            name: 'hello',
            handler: 'src/hello.handler',
            timeout: 10,
            memorySize: 256,
            sourceDir: '.',
            environment: {},
          },
        ],
      });
      await run(documented('README.md', 'terraform destroy -var stage=dev-tom'));
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent.for([
    {
      root: 'examples/go',
      up: documented('examples/go/README.md', 'terraform apply -var stage=dev-tom'),
      down: documented('examples/go/README.md', 'terraform destroy -var stage=dev-tom'),
      name: 'hello',
      runtime: 'provided.al2023',
    },
    {
      root: 'examples/python',
      up: documented('examples/python/README.md', 'terraform apply -var stage=dev-tom'),
      down: documented('examples/python/README.md', 'terraform destroy -var stage=dev-tom'),
      name: 'greet',
      runtime: 'python3.13',
    },
  ])('$root', { timeout: testBoundMs }, async ({ root, up, down, name, runtime }, context) => {
    const { moto, run, outputs, expectEmptyPlan } = await start(root, context);
    await run(up);
    await expectEmptyPlan(...up.slice(1));
    const { serve, url, function_name } = await outputs();
    expect(serve.value).toBe('livectl serve --stage dev-tom');
    expect(url.value).toMatch(new RegExp(`/${name}$`));
    const { functions } = await readManifest(moto, 'dev-tom');
    expect(functions).toMatchObject([{ name, runtime }]);
    const made = await moto.resources();
    expect(Object.keys(made.functions)).toEqual([function_name.value]);
    expect(made.functions[function_name.value]).toMatchObject({
      handler: 'index.handler',
      runtime: 'nodejs22.x',
      environment: { GREETING: 'hi' },
    });
    await run(down);
    expect(await moto.resources()).toEqual(noResources);
  });

  it.concurrent(
    'examples/fan-out',
    async (context) => {
      const { moto, run, outputs, expectEmptyPlan, destroy } = await start('examples/fan-out', context);
      await run(documented('examples/fan-out/README.md', 'terraform apply -var stage=dev-tom'));
      await expectEmptyPlan('-var', 'stage=dev-tom');
      const { url } = await outputs();
      expect(url.value).toMatch(/\/orders$/);
      const { targets } = await readManifest(moto, 'dev-tom');
      const topic = targets.get('worker')?.sns?.topic_arn ?? '';
      const made = await moto.resources();
      expect(made.topics).toEqual([topic]);
      expect(made.functions['live-debug-dev-tom-api']?.environment.TOPIC_ARN).toBe(topic);
      const policies = Object.values(made.roles['live-debug-dev-tom-api'] ?? {});
      expect(isAllowed(policies, { action: 'sns:Publish', resource: topic })).toBe(true);
      await destroy('-var', 'stage=dev-tom');
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'examples/shared-stage',
    async (context) => {
      const root = 'examples/shared-stage';
      const { moto, run, outputs, expectEmptyPlan, destroy, workspace } = await start(root, context);
      const zip = zipSync({ 'src/api.mjs': Buffer.from('export const handler = () => 1;') });
      writeFileSync(join(workspace.path(root), 'functions.zip'), zip);
      writeFileSync(join(workspace.path(moduleFolder), 'moto_override.tf'), overrideForQueues);
      await run(documented('examples/shared-stage/README.md', 'terraform apply'));
      await expectEmptyPlan();
      const { url, developer_policy_json } = await outputs();
      expect(url.value).toMatch(/\/orders$/);
      expect(JSON.parse(developer_policy_json.value).Statement).not.toEqual([]);
      const { functions, targets } = await readManifest(moto, 'dev');
      expect(functions).toMatchObject([
        { name: 'api', wrap: { init: 'eager' } },
        { name: 'worker', wrap: { init: 'eager' } },
      ]);
      const queue = targets.get('worker')?.sqs?.queue_arn ?? '';
      const made = await moto.resources();
      expect(made.functions['api-dev']?.environment).toMatchObject({
        QUEUE_NAME: queue.split(':').at(-1),
        AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
      });
      const mayDo = (role: string, action: string) =>
        isAllowed(Object.values(made.roles[role] ?? {}), { action, resource: queue });
      expect(mayDo('api-dev', 'sqs:SendMessage')).toBe(true);
      expect(mayDo('worker-dev', 'sqs:ReceiveMessage')).toBe(true);
      expect(mayDo('worker-dev', 'sqs:SendMessage')).toBe(false);
      await destroy();
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'examples/vpc, without its database: with the instance to forward through, and with the tunnel',
    async (context) => {
      const { moto, apply, outputs, expectEmptyPlan, destroy } = await start('examples/vpc', context);
      await apply('-var', 'bastion=true');
      await expectEmptyPlan('-var', 'bastion=true');
      const { bastion_id, vpn_guidance, client_config } = await outputs();
      expect(bastion_id.value).toMatch(/^i-/);
      expect(vpn_guidance.value).toMatch(/^- Inbound at sg-/m);
      expect(client_config).toBeUndefined();
      expect(await readManifest(moto, 'dev')).toMatchObject({ functions: [{ name: 'orders' }] });
      expect((await moto.resources()).attached).toEqual({});

      // The tunnel shares the bastion's way to the internet.
      await apply('-var', 'tunnel=true');
      await expectEmptyPlan('-var', 'tunnel=true');
      const { tunnel_function } = await outputs();
      const tunnel = { functionName: tunnel_function.value, allow: ['10.40.0.0/16:5432'] };
      expect(await readManifest(moto, 'dev')).toMatchObject({
        functions: [{ name: 'orders', tunnel: 'default' }],
        tunnels: new Map([['default', tunnel]]),
      });
      expect(Object.keys((await moto.resources()).attached)).toEqual(['live-debug-dev-tunnel']);
      await destroy();
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'examples/existing-function, switched both ways',
    async (context) => {
      const { moto, workspace, run, steps, outputs, expectEmptyPlan, destroy } = await start(
        'examples/existing-function',
        context,
      );
      const ownFunctions = ['aws_lambda_function.orders', 'module.invoices.aws_lambda_function.this'];
      const needed = [...neededByStubs, /\.aws_lambda_layer_version\.wrapper\[/];
      const zips: Record<string, Uint8Array> = {};
      for (const name of ['orders', 'invoices']) {
        const folder = workspace.path('examples/existing-function');
        const zip = zipSync({ [`src/${name}.mjs`]: Buffer.from('export const handler = () => 1;') });
        zips[name] = zip;
        writeFileSync(join(folder, `${name}.zip`), zip);
      }
      await run(documented('examples/existing-function/README.md', 'terraform apply'));
      const own = await moto.resources();
      expect(own.functions).toEqual({
        'orders-dev': {
          handler: 'src/orders.handler',
          runtime: 'nodejs20.x',
          timeout: 10,
          environment: { ORDERS_TABLE: 'orders-dev' },
        },
        'invoices-dev': {
          handler: 'src/invoices.handler',
          runtime: 'nodejs22.x',
          timeout: 30,
          environment: { CURRENCY: 'EUR' },
        },
      });
      expect({ apis: own.apis, tables: own.tables }).toEqual({ apis: [], tables: [] });

      // As an UpdateFunctionCode that was refused on the way back leaves it: Terraform sees nothing of it.
      const stubZip = readFileSync(join(repository, moduleFolder, 'dist/stub.zip'));
      await updateCode(moto, 'invoices-dev', stubZip);
      await expectEmptyPlan();
      const names = ['--function-name', 'orders-dev', '--function-name', 'invoices-dev'];
      expect(await statusOf(moto, names)).toEqual({
        code: 1,
        deployed: { 'orders-dev': 'own', 'invoices-dev': 'half' },
      });

      const on = documented('examples/existing-function/README.md', 'terraform apply -var live=true');
      expectSwitchedOn(await steps(on), ownFunctions, needed);
      expect((await statusOf(moto, ['--stage', 'dev'])).deployed).toMatchObject({ 'invoices-dev': 'stub' });
      await updateCode(moto, 'invoices-dev', zips.invoices ?? Buffer.of());
      await expectEmptyPlan('-var', 'live=true');
      expect((await statusOf(moto, ['--stage', 'dev'])).deployed).toMatchObject({ 'invoices-dev': 'half' });
      const live = await moto.resources();
      const { serve } = await outputs();
      expect(serve.value).toBe('livectl serve --stage dev');
      expect(live.functions['orders-dev']).toEqual({
        ...own.functions['orders-dev'],
        environment: expect.objectContaining({
          ORDERS_TABLE: 'orders-dev',
          AWS_LAMBDA_EXEC_WRAPPER: '/opt/live-debug',
          LIVE_DEBUG_FUNCTION: 'orders',
          LIVE_DEBUG_STAGE: 'dev',
        }),
      });
      expect(live.functions['invoices-dev']).toEqual({
        handler: 'index.handler',
        runtime: 'nodejs22.x',
        timeout: 35,
        environment: expect.objectContaining({
          CURRENCY: 'EUR',
          LIVE_DEBUG_FUNCTION: 'invoices',
          LIVE_DEBUG_STAGE: 'dev',
        }),
      });
      expect(Object.keys(live.roles['orders-dev'] ?? {})).toEqual([
        expect.stringMatching(/^live-debug-dev-/),
      ]);

      const off = documented('examples/existing-function/README.md', 'terraform apply');
      expectSwitchedOff(await steps(off), ownFunctions, needed);
      expect(await moto.resources()).toEqual(own);
      expect(await statusOf(moto, names)).toEqual({
        code: 0,
        deployed: { 'orders-dev': 'own', 'invoices-dev': 'own' },
      });
      await destroy();
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it.concurrent(
    'functions of one role, switched back although their bucket can’t be destroyed',
    async (context) => {
      const root = 'terraform/test/fixtures/switched';
      const { moto, workspace, apply, steps: stepsOfApply } = await start(root, context);
      const zip = zipSync({ 'src/orders.mjs': Buffer.from('export const handler = () => 1;') });
      writeFileSync(join(workspace.path(root), 'own.zip'), zip);
      await apply();
      const own = await moto.resources();
      const ownFunctions = ['orders', 'invoices'].map((name) => `aws_lambda_function.own["${name}"]`);
      expectSwitchedOn(await stepsOfApply(['apply', '-var', 'live=true']), ownFunctions);
      const live = await moto.resources();
      expect(live.functions.orders?.environment).toMatchObject({ LIVE_DEBUG_FUNCTION: 'orders' });
      const [roleName = ''] = Object.keys(live.roles);
      expect(Object.keys(live.roles[roleName] ?? {})).toHaveLength(1);
      const [bucket] = live.buckets;
      const object = `${moto.environment.AWS_ENDPOINT_URL}/${bucket}/paid.txt`;
      const s3 = new AwsClient({
        accessKeyId: 'test',
        secretAccessKey: 'test',
        service: 's3',
        region: 'eu-west-1',
      });
      expect(await s3.fetch(object, { method: 'PUT', body: 'paid' })).toMatchObject({ ok: true });

      const refused = await workspace.terraform(root, 'apply', '-auto-approve', '-json');
      expect(refused.code).toBe(1);
      expect(refused.output).toContain('BucketNotEmpty');
      const steps = stepsOf(refused.stdout);
      // The table gives the bucket its account's number, and stays with it.
      expectSwitchedOff(steps, ownFunctions, [/\.aws_apigatewayv2_/, /\.aws_iam_role_policy\.given\[/]);
      expect((await moto.resources()).functions).toEqual(own.functions);
      const policy = { action: 'delete', address: 'module.live_debug.aws_iam_policy.developer[0]' };
      expect(stepIndex(steps, { at: 'start', ...policy })).toBeGreaterThan(
        stepIndex(steps, { at: 'complete', action: 'update', address: ownFunctions[0] ?? '' }),
      );

      expect(await s3.fetch(object, { method: 'DELETE' })).toMatchObject({ ok: true });
      await apply();
      // The object invoked a function, which has its log group from then on.
      expect(await moto.resources()).toEqual({ ...own, log_groups: expect.any(Array) });
    },
    testBoundMs,
  );
});

/** Puts a package in a function's place behind Terraform's back. */
async function updateCode(moto: Moto, functionName: string, zip: Uint8Array): Promise<void> {
  const client = new AwsClient({
    accessKeyId: 'test',
    secretAccessKey: 'test',
    service: 'lambda',
    region: 'eu-west-1',
  });
  const url = `${moto.environment.AWS_ENDPOINT_URL}/2015-03-31/functions/${functionName}/code`;
  const body = JSON.stringify({ ZipFile: Buffer.from(zip).toString('base64') });
  expect(await client.fetch(url, { method: 'PUT', body })).toMatchObject({ ok: true });
}

/** What the built `livectl status` says is deployed, by the functions' names, and its exit code. */
async function statusOf(moto: Moto, args: readonly string[]) {
  const env = { ...moto.environment, AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' };
  const { code, stdout } = await runLivectl(['status', ...args, '--format', 'json'], { env });
  const { deployed }: { deployed: { function_name: string; state: string }[] } = JSON.parse(stdout);
  return {
    code,
    deployed: Object.fromEntries(deployed.map(({ function_name: name, state }) => [name, state])),
  };
}

const dependsOnRules = /^ {2}depends_on = \[aws_vpc_security_group_ingress_rule\.database\]\n/m;

/** Makes the copied module write its manifest where module 0.1 did, and no secret's item; returns what undoes it. */
function placeManifestAs01(workspace: Workspace): () => void {
  const file = workspace.path(join(moduleFolder, 'directory.tf'));
  const text = readFileSync(file, 'utf8');
  const [before = '', after = ''] = text.split('# livectl 0.1 looks for the manifest here');
  const rest = after.slice(after.indexOf('\n####'));
  const at01 = before.replace('S = local.manifest_partition', 'S = var.stage') + rest;
  expect(at01).not.toContain('manifest_of_0_1');
  writeFileSync(file, at01);
  return () => writeFileSync(file, text);
}

/** The stub's variables, whose secret must be the directory's. */
async function secretOf(moto: Moto): Promise<{ LIVE_DEBUG_SECRET: string }> {
  const [made] = Object.values((await moto.resources()).functions);
  const LIVE_DEBUG_SECRET = made?.environment.LIVE_DEBUG_SECRET ?? '';
  const item = await readItem(moto, 'dev-tom', { stage: { S: 'dev-tom#manifest' }, item: { S: 'secret' } });
  expect(item).toMatchObject({ Item: { secret: { S: LIVE_DEBUG_SECRET } } });
  expect(LIVE_DEBUG_SECRET).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  return { LIVE_DEBUG_SECRET };
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

interface StageOutputs {
  readonly relay: { readonly execution_arn: string };
  readonly manifest: {
    readonly table: string;
    readonly functions: {
      readonly made: { readonly function_arn: string; readonly layers: readonly string[] };
    };
  };
}

const leadingKeys = 'dynamodb:LeadingKeys';

function tableArn(stage: StageOutputs): string {
  return `arn:aws:dynamodb:eu-west-1:123456789012:table/${stage.manifest.table}`;
}

/** What every peer may do on the relay, and what nobody may. */
function expectPeer(policies: readonly unknown[], own: StageOutputs): void {
  const relay = own.relay.execution_arn;
  const manage = 'execute-api:ManageConnections';
  const may = (action: string, resource: string) => isAllowed(policies, { action, resource });
  expect(may('execute-api:Invoke', `${relay}/$connect`)).toBe(true);
  expect(may(manage, `${relay}/POST/@connections/abc=`)).toBe(true);
  expect(may(manage, `${relay}/GET/@connections/abc=`)).toBe(false);
  expect(may(manage, `${relay}/DELETE/@connections/abc=`)).toBe(false);
  expect(may('execute-api:Invoke', `${relay}/POST/orders`)).toBe(false);
  const [apiArn] = relay.split('/');
  expect(may(manage, `${apiArn}/other/POST/@connections/abc=`)).toBe(false);
  expect(may(manage, `${apiArn}x/live/POST/@connections/abc=`)).toBe(false);
  expect(may('execute-api:Invoke', `${apiArn}x/live/$connect`)).toBe(false);
}

function expectStub(policies: readonly unknown[], own: StageOutputs, other: StageOutputs): void {
  expectPeer(policies, own);
  for (const action of ['Query', 'GetItem'].map((name) => `dynamodb:${name}`)) {
    expectOwnStageOnly(policies, action, own, other);
  }
  for (const name of ['Query', 'GetItem']) expectNot(policies, own, `dynamodb:${name}`, ['dev-tom#manifest']);
  const context = { [leadingKeys]: ['dev-tom'] };
  for (const name of ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'PartiQLUpdate', 'Scan']) {
    expect(isAllowed(policies, { action: `dynamodb:${name}`, resource: tableArn(own), context }), name).toBe(
      false,
    );
  }
}

async function expectDeveloper(
  policies: readonly unknown[],
  own: StageOutputs,
  other: StageOutputs,
): Promise<void> {
  expectPeer(policies, own);
  for (const name of ['Query', 'GetItem', 'PutItem', 'UpdateItem', 'DeleteItem']) {
    expectOwnStageOnly(policies, `dynamodb:${name}`, own, other);
  }
  const resource = tableArn(own);
  const may = (call: DirectoryCall) => isAllowed(policies, { ...call, resource });
  const calls = await livectlCalls('dev-tom');
  expect(new Set(calls.map(({ action }) => action.replace('dynamodb:', '')))).toEqual(
    new Set(['GetItem', 'Query', 'PutItem', 'DeleteItem']),
  );
  for (const call of calls) expect(may(call), JSON.stringify(call)).toBe(true);

  // What a client item has, and will have; never what makes a manifest or a secret of an item.
  const key = (stage: string, item: string) => ({ stage: { S: stage }, item: { S: item } });
  const client = Object.fromEntries(clientAttributes.map((name) => [name, { S: 'x' }]));
  const whole = { ...client, ...key('dev-tom', 'client#*') };
  // A client with a filter has an item of its own, with the filter's id in its key.
  const onlyTom = ownFilter({ event: { detail: { owner: ['tom'] } }, only: 'detail:owner=tom' });
  const withFilter = async (stage: string) =>
    livectlCalls(stage, { functions: ['made'], filters: [onlyTom] });
  const filtered = await withFilter('dev-tom');
  expect(filtered.filter(({ context }) => context['dynamodb:Attributes']?.includes('filter'))).toEqual([
    expect.objectContaining({ action: 'dynamodb:PutItem' }),
    expect.objectContaining({ action: 'dynamodb:PutItem' }),
  ]);
  for (const call of filtered) expect(may(call), JSON.stringify(call)).toBe(true);
  for (const call of await withFilter('dev-ada')) expect(may(call), JSON.stringify(call)).toBe(false);
  const observing = { ...client, ...key('dev-tom', 'client#made#4f2a9c1d'), observe: { S: '10/s' } };
  const update = (name: string, stage = 'dev-tom') => ({
    Key: key(stage, 'client#*'),
    ExpressionAttributeNames: { '#name': name },
  });
  for (const [operation, input] of [
    ['PutItem', { Item: whole }],
    ['UpdateItem', update('leaseUntil')],
    ['DeleteItem', { Key: key('dev-tom', 'client#*') }],
    ['GetItem', { Key: key('dev-tom#manifest', 'secret') }],
    ['PutItem', { Item: observing }],
    ['UpdateItem', update('observe')],
    ['UpdateItem', update('filter')],
  ] as const) {
    expect(may(directoryCall(operation, input)), operation).toBe(true);
  }
  for (const [operation, input] of [
    ['PutItem', { Item: { ...key('dev-tom', 'manifest'), document: { S: '{}' } } }],
    ['PutItem', { Item: { ...whole, document: { S: '{}' } } }],
    ['PutItem', { Item: { ...whole, secret: { S: 'x' } } }],
    ['PutItem', { Item: { ...whole, Document: { S: 'x' } } }],
    ['PutItem', { Item: key('dev-tom#manifest', 'manifest') }],
    ['PutItem', { Item: key('dev-tom#manifest', 'secret') }],
    ['UpdateItem', update('document')],
    ['UpdateItem', update('leaseUntil', 'dev-tom#manifest')],
    ['PutItem', { Item: { ...observing, ...key('dev-ada', 'client#made#4f2a9c1d') } }],
    ['PutItem', { Item: { ...observing, document: { S: '{}' } } }],
    // Of a stage with a tunnel only.
    ['PutItem', { Item: { ...observing, tunnel: { S: '{}' } } }],
    ['UpdateItem', update('observe', 'dev-ada')],
    ['UpdateItem', update('tunnel')],
    ['DeleteItem', { Key: key('dev-ada', 'client#made#4f2a9c1d') }],
    ['DeleteItem', { Key: key('dev-tom#manifest', 'manifest') }],
    ['DeleteItem', { Key: key('dev-tom#manifest', 'secret') }],
    ['GetItem', { Key: key('dev-ada#manifest', 'secret') }],
  ] as const) {
    expect(may(directoryCall(operation, input)), `${operation} ${JSON.stringify(input)}`).toBe(false);
  }
  // A write of which nothing is known: ForAllValues alone would let it pass.
  for (const name of ['PutItem', 'UpdateItem']) expectNot(policies, own, `dynamodb:${name}`, ['dev-tom'], []);
  for (const name of ['BatchWriteItem', 'PartiQLInsert', 'PartiQLUpdate', 'PartiQLDelete']) {
    expectNot(policies, own, `dynamodb:${name}`, ['dev-tom']);
  }
  for (const action of [
    'dynamodb:Scan',
    'dynamodb:DeleteTable',
    'lambda:UpdateFunctionCode',
    'iam:PassRole',
  ]) {
    expect(isAllowed(policies, { action, resource: tableArn(own) }), action).toBe(false);
  }
  const { function_arn, layers } = own.manifest.functions.made;
  const fetches = await layerCalls(layers);
  expect(fetches.map((call) => call.resource)).toEqual(layers);
  for (const call of fetches) {
    expect(isAllowed(policies, call), call.resource).toBe(true);
    for (const other of [`${call.resource}1`, call.resource.replace(/:\d+$/, ':1')])
      expect(isAllowed(policies, { ...call, resource: other }), other).toBe(false);
  }
  for (const action of ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction']) {
    const may = (resource: string) => isAllowed(policies, { action, resource });
    expect(may(function_arn), action).toBe(true);
    // Another stage's may begin with the same name.
    expect(may(`${function_arn}-2`), action).toBe(false);
    expect(may(function_arn.replace('dev-tom', 'dev-tom-2')), action).toBe(false);
  }
  expect(isAllowed(policies, { action: 'lambda:GetFunction', resource: function_arn })).toBe(false);
}

function expectNot(
  policies: readonly unknown[],
  own: StageOutputs,
  action: string,
  keys: readonly string[],
  attributes: readonly string[] = ['stage', 'item'],
): void {
  const context = { [leadingKeys]: keys, 'dynamodb:Attributes': attributes };
  expect(isAllowed(policies, { action, resource: tableArn(own), context }), action).toBe(false);
}

function expectOwnStageOnly(
  policies: readonly unknown[],
  action: string,
  own: StageOutputs,
  other: StageOutputs,
): void {
  const may = (table: StageOutputs, keys?: readonly string[]) =>
    isAllowed(policies, {
      action,
      resource: tableArn(table),
      context: { 'dynamodb:Attributes': ['stage', 'item'], ...(keys ? { [leadingKeys]: keys } : {}) },
    });
  expect(may(own, ['dev-tom']), action).toBe(true);
  expect(may(own, ['dev-ada']), action).toBe(false);
  expect(may(own, ['dev-tom', 'dev-ada']), action).toBe(false);
  expect(may(own, []), action).toBe(false);
  expect(may(own), action).toBe(false);
  expect(may(other, ['dev-tom']), action).toBe(false);
}
