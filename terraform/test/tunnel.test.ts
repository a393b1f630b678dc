// The tunnel in an emulated account: what is created and left, which mistakes are refused, and what IAM lets whom do.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { describe, expect, it, type TestContext } from 'vitest';
import { clientAttributes, type Item, tunnelAttributes } from '../../protocol/directory.ts';
import { allowMistakes } from '../../protocol/tunnel/allow.ts';
import { readItem, readManifest, start } from './account.ts';
import { directoryCall, tunnelCalls } from './livectl-calls.ts';
import { type Moto, noResources } from './moto.ts';
import { isAllowed } from './policy-evaluator.ts';
import { missingTool, repository, testBoundMs, type Workspace } from './terraform-cli.ts';

const skipped = missingTool('terraform', 'moto_server', 'python3');

const root = 'terraform/test/fixtures/tunnel';
const account = 'eu-west-1:123456789012';
const arnOf = (name: string) => `arn:aws:lambda:${account}:function:${name}`;
const ownTable = `arn:aws:dynamodb:${account}:table/live-debug-dev-tom`;

describe.skipIf(skipped)(`the tunnel, applied${skipped ? ` (${skipped})` : ''}`, () => {
  it(
    'is in the VPC, where the same apply creates the subnets, and leaves nothing',
    async (context) => {
      const { moto, apply, outputs, expectEmptyPlan, destroy } = await start(root, context);
      // No id is known at plan.
      await apply();
      await expectEmptyPlan();
      const live = await outputs();
      const { ids, tunnels, relay } = live;
      const { subnets, groups, vpcs } = ids.value;
      const ofReports = ['10.2.0.0/16:*', `${vpcs.reports}.internal:5432`];
      const secret = await secretOf(moto);
      const lambda = clientOf(moto, context);
      const expected = {
        'live-debug-dev-tom-tunnel': { place: 'orders', allow: ['10.1.0.0/16:*'] },
        'live-debug-dev-tom-tunnel-reports': { place: 'reports', allow: ofReports },
      };
      for (const [FunctionName, { allow, place }] of Object.entries(expected)) {
        const made = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
        expect(made).toMatchObject({
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Timeout: 900,
          MemorySize: 256,
          VpcConfig: { SubnetIds: [subnets[place]], SecurityGroupIds: [groups[place]] },
        });
        // The emulator keeps neither architectures nor the VPC's id: tests/tunnel.tftest.hcl has them.
        expect(made.Environment?.Variables).toEqual({
          LIVE_DEBUG_STAGE: 'dev-tom',
          LIVE_DEBUG_TABLE: 'live-debug-dev-tom',
          LIVE_DEBUG_RELAY: relay.value.url,
          LIVE_DEBUG_SECRET: secret,
          LIVE_DEBUG_TUNNEL_ALLOW: JSON.stringify(allow),
        });
        expect(await lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName }))).toMatchObject({
          MaximumRetryAttempts: 0,
          MaximumEventAgeInSeconds: 60,
        });
      }

      const read = await readManifest(moto, 'dev-tom');
      expect(read.tunnels).toEqual(
        new Map([
          ['default', { functionName: 'live-debug-dev-tom-tunnel', allow: ['10.1.0.0/16:*'] }],
          ['reports', { functionName: 'live-debug-dev-tom-tunnel-reports', allow: ofReports }],
        ]),
      );
      expect(Object.fromEntries(read.functions.map(({ name, tunnel }) => [name, tunnel]))).toEqual({
        alone: undefined,
        elsewhere: undefined,
        orders: 'default',
        outside: 'default',
        reports: 'reports',
      });

      const made = await moto.resources();
      expectTunnelRole(
        Object.values(made.roles['live-debug-dev-tom-tunnel'] ?? {}),
        relay.value.execution_arn,
      );
      expectGivenRole(Object.values(made.roles.reports ?? {}));
      const arns = Object.values(tunnels.value as Record<string, { function_arn: string }>);
      expect(arns.map(({ function_arn }) => function_arn)).toEqual(Object.keys(expected).map(arnOf));
      await expectDeveloper([JSON.parse(live.developer.value)]);

      // A change of what is allowed changes no function but the tunnel.
      const allowed = ['-var', 'allow=["db.internal:5432", "10.1.0.0/16:5432-5440"]'];
      await apply(...allowed);
      await expectEmptyPlan(...allowed);
      expect((await readManifest(moto, 'dev-tom')).tunnels.get('default')?.allow).toEqual([
        'db.internal:5432',
        '10.1.0.0/16:5432-5440',
      ]);

      const off = ['-var', 'tunnel=false'];
      await apply(...off);
      await expectEmptyPlan(...off);
      const without = await outputs();
      expect(without.tunnels.value).toEqual({});
      const item = await readItem(moto, 'dev-tom', keyOf('dev-tom#manifest', 'manifest'));
      expect(JSON.stringify(item)).not.toContain('tunnel');
      const left = await moto.resources();
      const names = ['alone', 'elsewhere', 'orders', 'outside', 'reports'].map(
        (name) => `live-debug-dev-tom-${name}`,
      );
      expect(Object.keys(left.functions).sort()).toEqual(names);
      expect([...left.log_groups].sort()).toEqual(names.map((name) => `/aws/lambda/${name}`));
      expect(Object.keys(left.roles).sort()).toEqual([...names, 'reports']);
      expect(left.roles.reports).toEqual({});
      expectSameBut(without, live);
      await apply('-var', 'enabled=false');
      expect(await moto.resources()).toEqual({ ...noResources, roles: { reports: {} } });
      await destroy();
      expect(await moto.resources()).toEqual(noResources);
    },
    testBoundMs,
  );

  it(
    'takes and refuses the same entries of allow as its function',
    async (context) => {
      const { workspace } = await start(root, context);
      const cases = JSON.parse(
        readFileSync(join(repository, 'protocol/test/tunnel/allow-cases.json'), 'utf8'),
      ) as { readonly valid: readonly string[]; readonly invalid: readonly (readonly [string, string])[] };
      const entries = [
        ...cases.invalid.map(([entry]) => entry),
        ...[
          '[fd12::/]:80',
          '[fd12::/064]:80',
          '[fd12::/64/]:80',
          '[fd12::/+64]:80',
          '[[fd12::]]:80',
          '[fd12::]x:80',
        ],
      ];
      for (const entry of entries) expect(allowMistakes([entry]), entry).toHaveLength(1);
      const half = Math.ceil(entries.length / 2);
      const refused = await mistakesIn(workspace, {
        allow: entries.slice(0, half),
        more_allow: entries.slice(half),
      });
      const pathOf = (index: number) =>
        index < half ? `tunnel.allow[${index}]` : `tunnel.others["reports"].allow[${index - half}]`;
      expect(refused.map((line) => line.slice(0, line.indexOf(' ')))).toEqual(
        entries.map((_, index) => pathOf(index)),
      );
      for (const [index, entry] of entries.entries()) expect(refused[index]).toContain(`, not "${entry}".`);

      // Terraform has no function for these two forms.
      const others = ['bücher.example:443', '[fd12::10.0.0.0/120]:80'];
      const valid = cases.valid.filter((entry) => !others.includes(entry));
      expect(valid).toHaveLength(cases.valid.length - others.length);
      expect(await mistakesIn(workspace, { allow: [...valid, ...others] })).toEqual([
        expect.stringMatching(/must have a host name in ASCII.*, not "bücher.example:443"\.$/),
        expect.stringMatching(
          /must have an IPv6 address or range in hexadecimal.*, not "\[fd12::10.0.0.0\/120\]:80"\.$/,
        ),
      ]);
      expect(await mistakesIn(workspace, { allow: valid })).toEqual([]);

      // What to write.
      expect(
        await mistakesIn(workspace, {
          allow: [
            'db.internal',
            'db:70000',
            'db:9-8',
            '10.0.5.0/16:*',
            '[fd12::1/64]:*',
            '127.0.0.1:80',
            'localhost:80',
          ],
        }),
      ).toEqual([
        'tunnel.allow[0] must be a name, an address or a range with a port, a range of ports or *, for example "db.internal:5432", ' +
          '"*.internal:443", "10.0.0.0/16:*" or "[fd12::/64]:5432-5440", not "db.internal".',
        'tunnel.allow[1] must end in a port from 1 to 65535, or in a range such as 5432-5440, not "db:70000".',
        'tunnel.allow[2] must end in a port from 1 to 65535, or in a range such as 5432-5440, not "db:9-8".',
        'tunnel.allow[3] must begin where its range begins, at 10.0.0.0, not "10.0.5.0/16:*".',
        'tunnel.allow[4] must begin where its range begins, at fd12::, not "[fd12::1/64]:*".',
        'tunnel.allow[5] is the tunnel function itself, which the tunnel never reaches, not "127.0.0.1:80".',
        'tunnel.allow[6] is the tunnel function itself, which the tunnel never reaches, not "localhost:80".',
      ]);
    },
    testBoundMs,
  );
});

/** The lines of the plan's only error about the tunnel; none if it is valid. */
async function mistakesIn(
  workspace: Workspace,
  variables: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  // Where an entry is not known before the apply, all of them are checked then.
  const known = { more_allow: ['10.2.0.0/16:*'], ...variables };
  const args = Object.entries(known).flatMap(([name, value]) => ['-var', `${name}=${JSON.stringify(value)}`]);
  const { stdout } = await workspace.terraform(root, 'plan', '-json', ...args);
  const details = stdout.split('\n').flatMap((line) => {
    const { diagnostic } = JSON.parse(line || '{}');
    return diagnostic?.severity === 'error' ? [diagnostic.detail as string] : [];
  });
  if (details.length === 0) return [];
  const [first = '', ...more] = details;
  expect(more).toEqual([]);
  const [heading, ...mistakes] = first.split('\n\n')[0]?.split('\n- ') ?? [];
  expect(heading).toBe('Mistakes in tunnel:');
  return mistakes;
}

function clientOf({ environment }: Moto, { onTestFinished }: TestContext): LambdaClient {
  const client = new LambdaClient({
    region: 'eu-west-1',
    endpoint: environment.AWS_ENDPOINT_URL ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  onTestFinished(() => client.destroy());
  return client;
}

async function secretOf(moto: Moto): Promise<string> {
  const key = { stage: { S: 'dev-tom#manifest' }, item: { S: 'secret' } };
  return ((await readItem(moto, 'dev-tom', key)) as { Item: { secret: { S: string } } }).Item.secret.S;
}

const keyOf = (stage: string, item: string): Item => ({ stage: { S: stage }, item: { S: item } });

/** It reads its own item, connects and posts to its relay, logs, and nothing else. */
function expectTunnelRole(policies: readonly unknown[], relay: string): void {
  const may = (action: string, resource: string, context: Record<string, readonly string[]> = {}) =>
    isAllowed(policies, { action, resource, context });
  const read = (operation: string, stage: string, table = ownTable) => {
    const { action, context } = directoryCall(operation, { Key: keyOf(stage, 'tunnel#AAAA') });
    return may(action, table, context);
  };
  expect(read('GetItem', 'dev-tom')).toBe(true);
  expect(read('GetItem', 'dev-ada')).toBe(false);
  // Where the secret and the manifest are.
  expect(read('GetItem', 'dev-tom#manifest')).toBe(false);
  expect(read('GetItem', 'dev-tom', ownTable.replace('dev-tom', 'dev-ada'))).toBe(false);
  expect(may('dynamodb:GetItem', ownTable)).toBe(false);
  for (const operation of [
    'PutItem',
    'UpdateItem',
    'DeleteItem',
    'Query',
    'Scan',
    'BatchGetItem',
    'BatchWriteItem',
    'PartiQLSelect',
    'PartiQLInsert',
  ]) {
    expect(read(operation, 'dev-tom'), operation).toBe(false);
  }
  expect(may('execute-api:Invoke', `${relay}/$connect`)).toBe(true);
  expect(may('execute-api:ManageConnections', `${relay}/POST/@connections/abc=`)).toBe(true);
  expect(may('execute-api:ManageConnections', `${relay}/DELETE/@connections/abc=`)).toBe(false);
  const logs = `arn:aws:logs:${account}:log-group:/aws/lambda/live-debug-dev-tom-tunnel:log-stream:a`;
  expect(may('logs:PutLogEvents', logs)).toBe(true);
  expect(may('logs:PutLogEvents', logs.replace('tunnel', 'orders'))).toBe(false);
  expect(may('logs:CreateLogGroup', logs)).toBe(false);
  for (const action of [
    'lambda:InvokeFunction',
    'sts:AssumeRole',
    'ssm:GetParameter',
    'ec2:RunInstances',
    'ec2:ModifyNetworkInterfaceAttribute',
  ]) {
    expect(may(action, '*'), action).toBe(false);
  }
  // Lambda attaches it with this role; its own code may not use that.
  const subnet = `arn:aws:ec2:${account}:subnet/subnet-1`;
  const fromCode = { 'lambda:SourceFunctionArn': [arnOf('live-debug-dev-tom-tunnel')] };
  for (const action of [
    'CreateNetworkInterface',
    'DeleteNetworkInterface',
    'AssignPrivateIpAddresses',
    'UnassignPrivateIpAddresses',
  ].map((name) => `ec2:${name}`)) {
    expect(may(action, subnet), action).toBe(true);
    expect(may(action, subnet.replace('123456789012', '210987654321')), action).toBe(false);
    expect(may(action, subnet, fromCode), action).toBe(false);
  }
  for (const action of ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets']) {
    expect(may(action, '*'), action).toBe(true);
    expect(may(action, '*', fromCode), action).toBe(false);
  }
}

/** A role of one's own gets no permissions on the VPC, which it must keep after the tunnel is gone. */
function expectGivenRole(policies: readonly unknown[]): void {
  const { action, context } = directoryCall('GetItem', { Key: keyOf('dev-tom', 'tunnel#AAAA') });
  expect(isAllowed(policies, { action, context, resource: ownTable })).toBe(true);
  expect(
    isAllowed(policies, {
      action: 'ec2:CreateNetworkInterface',
      resource: `arn:aws:ec2:${account}:subnet/a`,
    }),
  ).toBe(false);
}

/** livectl's calls for a tunnel: the item's life, and the start of its function; and nothing more. */
async function expectDeveloper(policies: readonly unknown[]): Promise<void> {
  const may = (operation: string, input: unknown, resource = ownTable) =>
    isAllowed(policies, { ...directoryCall(operation, input), resource });
  const calls = await tunnelCalls('dev-tom');
  expect(calls.map(({ action }) => action.replace('dynamodb:', ''))).toEqual([
    'PutItem',
    'PutItem',
    'DeleteItem',
  ]);
  expect(calls[0]?.context['dynamodb:Attributes']).toContain('tunnel');
  for (const call of calls) {
    expect(isAllowed(policies, { ...call, resource: ownTable }), JSON.stringify(call)).toBe(true);
  }
  for (const call of await tunnelCalls('dev-ada')) {
    expect(isAllowed(policies, { ...call, resource: ownTable }), JSON.stringify(call)).toBe(false);
  }
  // Of the function, whatever livectl writes later.
  const item = (stage = 'dev-tom', more: Item = {}) => ({
    ...Object.fromEntries(tunnelAttributes.map((name) => [name, { S: 'x' }])),
    ...keyOf(stage, 'tunnel#AAAA'),
    ...more,
  });
  const update = (stage: string, ...names: string[]) => ({
    Key: keyOf(stage, 'tunnel#AAAA'),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  });
  const given = { Key: keyOf('dev-tom', 'tunnel#AAAA') };
  expect(may('PutItem', { Item: item() })).toBe(true);
  expect(may('UpdateItem', update('dev-tom', 'tunnel', 'leaseUntil', 'expiresAt', 'connectionId'))).toBe(
    true,
  );
  expect(may('DeleteItem', given)).toBe(true);
  expect(may('GetItem', given)).toBe(true);
  expect(may('PutItem', { Item: item('dev-ada') })).toBe(false);
  expect(may('PutItem', { Item: item('dev-tom', { document: { S: '{}' } }) })).toBe(false);
  expect(may('PutItem', { Item: item('dev-tom', { secret: { S: 'x' } }) })).toBe(false);
  expect(may('UpdateItem', update('dev-ada', 'tunnel'))).toBe(false);
  expect(may('UpdateItem', update('dev-tom#manifest', 'tunnel'))).toBe(false);
  expect(may('DeleteItem', { Key: keyOf('dev-ada', 'tunnel#AAAA') })).toBe(false);
  expect(may('PutItem', { Item: item() }, ownTable.replace('dev-tom', 'dev-ada'))).toBe(false);

  for (const name of ['live-debug-dev-tom-tunnel', 'live-debug-dev-tom-tunnel-reports']) {
    const call = (action: string, resource = arnOf(name)) =>
      isAllowed(policies, { action: `lambda:${action}`, resource });
    expect(call('InvokeFunction')).toBe(true);
    // Not what its variables are, of which one is the stage's secret; and nothing that changes it.
    for (const action of [
      'GetFunctionConfiguration',
      'GetFunction',
      'UpdateFunctionCode',
      'UpdateFunctionConfiguration',
      'InvokeFunctionUrl',
      'PutFunctionEventInvokeConfig',
    ]) {
      expect(call(action), action).toBe(false);
    }
    expect(call('InvokeFunction', `${arnOf(name)}-2`)).toBe(false);
    expect(call('InvokeFunction', `${arnOf(name)}:1`)).toBe(false);
    expect(call('InvokeFunction', arnOf(name).replace('dev-tom', 'dev-ada'))).toBe(false);
  }
}

interface PolicyOutputs {
  readonly developer: { readonly value: string };
  readonly stub_policies: { readonly value: Readonly<Record<string, string>> };
}

/** With a tunnel, the developer's policy has one attribute and one statement more, and no stub's policy changes. */
function expectSameBut(without: PolicyOutputs, live: PolicyOutputs): void {
  expect(live.stub_policies.value).toEqual(without.stub_policies.value);
  const policy = JSON.parse(live.developer.value) as {
    Version: string;
    Statement: { Sid: string; Condition?: Record<string, Record<string, string[]>> }[];
  };
  const rest = policy.Statement.filter(({ Sid }) => Sid !== 'StartTunnel').map((statement) => {
    const attributes = statement.Condition?.['ForAllValues:StringEquals']?.['dynamodb:Attributes'];
    if (attributes === undefined) return statement;
    expect(attributes).toEqual([...tunnelAttributes].sort());
    attributes.splice(attributes.indexOf('tunnel'), 1);
    expect(attributes).toEqual(clientAttributes);
    return statement;
  });
  expect(JSON.stringify({ Statement: rest, Version: policy.Version })).toBe(without.developer.value);
}
