// `livectl init` as the built program: from a state to a livectl.json that can be served, and to code that Terraform accepts.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, test } from 'vitest';
import { lambda, ordersProject, state } from '../init/orders-project.ts';
import { python, skipReason } from '../worker/python-interpreter.ts';
import { Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function projectOf(files: Readonly<Record<string, string>>): string {
  const { remove, root } = project(files);
  cleanups.push(remove);
  return root;
}

interface InitRun {
  readonly code: number | string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly text: string;
}

async function init(root: string, ...flags: string[]): Promise<InitRun> {
  const livectl = new Livectl(['init', '--dir', root, ...flags]);
  cleanups.push(() => livectl.dispose());
  const code = await livectl.exited;
  const isJson = flags.includes('json');
  const lines = livectl.stdout.trimEnd().split('\n');
  return {
    code,
    events: isJson ? lines.map((line) => JSON.parse(line)) : [],
    text: livectl.stdout + livectl.stderr,
  };
}

const manifestOf = (root: string) => JSON.parse(readFileSync(join(root, 'livectl.json'), 'utf8'));

test('functions get their sources, settings and triggers; no secret is written; each that is left out has a reason', async () => {
  const root = projectOf(ordersProject);
  execFileSync('git', ['init', '-q', root]);
  const file = join(root, 'state.json');
  const { code, events, text } = await init(root, '--yes', '--terraform-json', file, '--format', 'json');
  expect(code).toBe(0);
  expect(manifestOf(root)).toEqual({
    functions: {
      orders: {
        handler: 'src/orders.handler',
        runtime: 'nodejs22.x',
        timeout: 10,
        function_name: 'orders',
        environment: { LEVEL: 'info' },
        triggers: {
          http: { path: '/orders/{id}', method: 'GET' },
          sqs: { batch_size: 5, function_response_types: ['ReportBatchItemFailures'] },
        },
        mode: 'wrap',
      },
      billing: {
        handler: 'app.handler',
        runtime: 'python3.12',
        layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:base:3'],
        source_dir: 'services/billing',
        function_name: 'billing',
        mode: 'wrap',
      },
    },
  });
  expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('.livectl/\n');
  expect(text).not.toMatch(/hunter2|pa55word/);
  expect(events.filter(({ event }) => event === 'left_out')).toMatchObject([
    {
      address: 'aws_lambda_function.jobs["mail"]',
      reason: expect.stringContaining('no missing.py was found'),
    },
    { address: 'module.thumbs.aws_lambda_function.this', reason: expect.stringContaining('container image') },
  ]);
  expect(events.find(({ function: name }) => name === 'orders')).toMatchObject({
    file: 'src/orders.ts',
    left_out_variables: ['DB_PASSWORD', 'FEED'],
    time: expect.any(String),
  });
  // A second run adds nothing, and keeps what a person has changed.
  const changed = readFileSync(join(root, 'livectl.json'), 'utf8').replace('"timeout": 10', '"timeout": 20');
  writeFileSync(join(root, 'livectl.json'), changed);
  const again = await init(root, '--yes', '--terraform-json', file);
  expect(again.text).toContain('nothing to add to livectl.json');
  expect(readFileSync(join(root, 'livectl.json'), 'utf8')).toBe(changed);
});

test('a function that shares its handler with one of livectl.json is added beside it', async () => {
  const jobs = ['mail', 'report'].map((name) =>
    lambda(
      `aws_lambda_function.jobs["${name}"]`,
      { function_name: `jobs-${name}`, handler: 'jobs.handler' },
      { index: name },
    ),
  );
  const mail = { handler: 'jobs.handler', runtime: 'nodejs22.x', function_name: 'jobs-mail' };
  const root = projectOf({
    'jobs.mjs': 'export const handler = 1;',
    'livectl.json': JSON.stringify({ functions: { post: mail } }),
    'state.json': state(jobs),
  });
  const { text } = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
  expect(text).toContain('livectl.json has it already, as post');
  expect(manifestOf(root).functions).toMatchObject({ post: mail, report: { function_name: 'jobs-report' } });
});

test('a method of a REST API and a second queue are notices with address and reason', async () => {
  const arn = 'arn:aws:lambda:eu-west-1:123456789012:function:orders';
  const of = (type: string, name: string, values: object) => ({
    address: `${type}.${name}`,
    type,
    name,
    values,
  });
  const queue = (name: string) =>
    of('aws_lambda_event_source_mapping', name, {
      event_source_arn: `arn:aws:sqs:eu-west-1:123456789012:${name}`,
      function_name: arn,
    });
  const resources = [
    lambda('aws_lambda_function.orders', { function_name: 'orders', arn, handler: 'orders.handler' }),
    of('aws_api_gateway_resource', 'orders', { id: 'r1', path: '/orders' }),
    of('aws_api_gateway_integration', 'orders', {
      resource_id: 'r1',
      http_method: 'POST',
      type: 'AWS_PROXY',
      uri: `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${arn}/invocations`,
    }),
    queue('paid'),
    queue('refunds'),
  ];
  const root = projectOf({ 'orders.mjs': 'export const handler = 1;', 'state.json': state(resources) });
  const file = join(root, 'state.json');
  const { code, events } = await init(root, '--yes', '--terraform-json', file, '--format', 'json');
  expect(code).toBe(0);
  expect(manifestOf(root).functions.orders.triggers).toEqual({
    http: { path: '/orders', method: 'POST' },
    sqs: {},
  });
  expect(events.filter(({ event }) => event === 'notice').map(({ message }) => message)).toEqual([
    expect.stringMatching(/^aws_lambda_event_source_mapping\.refunds, .* is not written: .*mapping\.paid$/),
    expect.stringMatching(/^aws_api_gateway_integration\.orders, .* is written as a route of serve --local/),
  ]);
});

test('a method of a REST API in .tf files that nothing was applied of', async () => {
  const of = (type: string, name: string, lines: readonly string[]) =>
    `resource "${type}" "${name}" {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
  const code = [
    of('aws_lambda_function', 'orders', [
      'function_name = "orders"',
      'handler       = "orders.handler"',
      'runtime       = "nodejs22.x"',
    ]),
    of('aws_api_gateway_rest_api', 'shop', ['name = "shop"']),
    of('aws_api_gateway_resource', 'orders', [
      'parent_id = aws_api_gateway_rest_api.shop.root_resource_id',
      'path_part = "orders"',
    ]),
    of('aws_api_gateway_resource', 'order', [
      'parent_id = aws_api_gateway_resource.orders.id',
      'path_part = "{id}"',
    ]),
    of('aws_api_gateway_integration', 'order', [
      'resource_id = aws_api_gateway_resource.order.id',
      'http_method = "GET"',
      'type        = "AWS_PROXY"',
      'uri         = aws_lambda_function.orders.invoke_arn',
    ]),
  ];
  const root = projectOf({ 'orders.mjs': 'export const handler = 1;', 'main.tf': code.join('\n') });
  expect((await init(root, '--yes')).code).toBe(0);
  expect(manifestOf(root).functions.orders.triggers).toEqual({
    http: { path: '/orders/{id}', method: 'GET' },
  });
});

test('a handler in the outDir of a tsconfig file is that of its source', async () => {
  const orders = lambda('aws_lambda_function.orders', {
    function_name: 'orders',
    handler: 'compiled/orders.handler',
    filename: 'orders.zip',
  });
  const root = projectOf({
    'tsconfig.base.json': '{ "compilerOptions": { "rootDir": "lib", "outDir": "compiled" } }',
    'tsconfig.json': '{ "extends": "./tsconfig.base.json" }',
    'lib/orders.ts': 'export const handler = async () => 1;',
    'compiled/orders.js': 'exports.handler = async () => 1;',
    'state.json': state([orders]),
  });
  expect((await init(root, '--yes', '--terraform-json', join(root, 'state.json'))).code).toBe(0);
  expect(manifestOf(root).functions.orders.handler).toBe('lib/orders.handler');
});

test('what serve would refuse is left out: a name that is taken, and over 4 KB of variables', async () => {
  const variables = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`V${at}`, 'y'.repeat(95)]));
  const of = (address: string, values: object) => lambda(address, { handler: 'jobs.handler', ...values });
  const root = projectOf({
    'jobs.mjs': 'export const handler = async () => 1;',
    'state.json': state(
      [of('aws_lambda_function.big', { function_name: 'big', environment: [{ variables }] })],
      {
        'module.a': [of('module.a.aws_lambda_function.same', { function_name: 'same' })],
        'module.b': [of('module.b.aws_lambda_function.same', { function_name: 'same' })],
      },
    ),
  });
  const { events } = await init(
    root,
    '--yes',
    '--terraform-json',
    join(root, 'state.json'),
    '--format',
    'json',
  );
  expect(Object.keys(manifestOf(root).functions)).toEqual(['same']);
  expect(events.filter(({ event }) => event === 'left_out')).toMatchObject([
    { address: 'aws_lambda_function.big', reason: expect.stringContaining('environment has 4') },
    {
      address: 'module.b.aws_lambda_function.same',
      reason: expect.stringContaining('also that of module.a.aws_lambda_function.same'),
    },
  ]);
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl(args);
  cleanups.push(() => livectl.dispose());
  await livectl.url();
});

test('what it writes is served right away', async () => {
  const root = projectOf(ordersProject);
  await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root];
  const livectl = new Livectl(skipReason === undefined ? args : [...args, '--function', 'orders'], {
    env: { PATH: `${join(python, '..')}:${process.env.PATH}` },
  });
  cleanups.push(() => livectl.dispose());
  const url = await livectl.url();
  expect(await (await fetch(`${url}/orders/7`)).json()).toEqual({ level: 'info' });
  if (skipReason !== undefined) return;
  const invoke = new Livectl(['invoke', 'billing', '--local', '--root', root, '--event', '{"name":"ada"}'], {
    env: { XDG_STATE_HOME: join(livectl.tempDir, 'state') },
  });
  cleanups.push(() => invoke.dispose());
  expect(await invoke.exited).toBe(0);
  expect(invoke.stdout).toContain('billing of ada');
});

test('the diff applies to the code with git', async () => {
  const root = projectOf(ordersProject);
  execFileSync('git', ['init', '-q', root]);
  const { events } = await init(
    root,
    '--yes',
    '--terraform-json',
    join(root, 'state.json'),
    '--format',
    'json',
  );
  const proposal = events.find(({ event }) => event === 'terraform') as {
    readonly diff: string;
    readonly by_hand: string[];
  };
  expect(proposal.by_hand).toEqual([]);
  execFileSync('git', ['-C', root, 'apply', '-'], { input: `${proposal.diff}\n` });
  const code = readFileSync(join(root, 'infra/main.tf'), 'utf8');
  expect(code).toContain('    }, module.live_debug.environment["orders"])');
  expect(code).toContain(':layer:base:3"], lookup(module.live_debug.layers, each.key, []))');
  expect(readFileSync(join(root, 'infra/live_debug.tf'), 'utf8')).toContain(
    '"orders"  = aws_iam_role.orders',
  );
});

test('copies by count: each is named by its index', async () => {
  const copies = [0, 1].map((index) =>
    lambda(
      `aws_lambda_function.n[${index}]`,
      { function_name: `n${index}`, filename: 'n.zip', handler: `n${index}.handler` },
      { index },
    ),
  );
  const code = 'resource "aws_lambda_function" "n" {\n  count = 2\n}\n';
  const source = 'export const handler = 1;';
  const root = projectOf({
    'main.tf': code,
    'n0.mjs': source,
    'n1.mjs': source,
    'state.json': state(copies),
  });
  const { events } = await init(
    root,
    '--yes',
    '--terraform-json',
    join(root, 'state.json'),
    '--format',
    'json',
  );
  const { by_hand: byHand, diff } = events.find(({ event }) => event === 'terraform') as unknown as {
    diff: string;
    by_hand: string[];
  };
  expect(diff).toContain('for name in ["n", "n-2"] :');
  expect(diff).toContain(
    '+  layers = lookup(module.live_debug.layers, try(["n", "n-2"][count.index], ""), [])',
  );
  expect(byHand).toEqual([]);
});

test('plain .tf files where nothing was applied: served at once, and what only an apply knows is named', async () => {
  const { 'state.json': _, ...files } = ordersProject;
  const more = `
variable "region" {}
resource "aws_lambda_function" "refunds" {
  function_name = "refunds-\${var.region}"
  role          = aws_iam_role.orders.arn
  handler       = "refunds.handler"
  runtime       = "nodejs22.x"
  filename      = "../dist/refunds.zip"
  environment {
    variables = { TABLE = aws_dynamodb_table.refunds.arn, LEVEL = "info" }
  }
}
resource "aws_dynamodb_table" "refunds" {}
resource "aws_apigatewayv2_route" "refunds" {
  route_key = "GET /refunds"
  target    = "integrations/\${aws_apigatewayv2_integration.refunds.id}"
}
resource "aws_apigatewayv2_integration" "refunds" {
  integration_uri = aws_lambda_function.refunds.invoke_arn
}
`;
  const root = projectOf({
    ...files,
    'infra/refunds.tf': more,
    'infra/broken.tf': 'locals {',
    'src/refunds.mjs': 'export const handler = async () => ({ statusCode: 200, body: process.env.LEVEL });',
  });
  const { code, events } = await init(root, '--yes', '--format', 'json');
  expect(code).toBe(0);
  const { functions } = manifestOf(root);
  expect(Object.keys(functions)).toEqual(['orders', 'billing', 'mail', 'refunds']);
  expect(functions.refunds).toEqual({
    handler: 'refunds.handler',
    runtime: 'nodejs22.x',
    source_dir: 'src',
    environment: { LEVEL: 'info' },
    triggers: { http: { path: '/refunds', method: 'GET' } },
    mode: 'wrap',
  });
  expect(events.find(({ function: name }) => name === 'refunds')).toMatchObject({
    left_out_variables: ['TABLE'],
  });
  const notices = events.filter(({ event }) => event === 'notice').map(({ message }) => message);
  expect(notices).toEqual([
    'read from infra/*.tf, since there is no state: what only an apply knows is left out',
    'infra/broken.tf:1 is not read: "}" is missing',
    'aws_lambda_function.refunds: function_name is not read: var.region has no default (infra/refunds.tf:4)',
  ]);
  expect(JSON.stringify(events)).not.toMatch(/hunter2|u0000/);
  const serve = new Livectl([
    ...['serve', '--local', '--port', '0', '--root', root, '--function', 'refunds'],
    ...['--format', 'json'],
  ]);
  cleanups.push(() => serve.dispose());
  const answer = await fetch(`${await serve.url()}/refunds`);
  expect([answer.status, await answer.text()]).toEqual([200, 'info']);
});

describe('nothing is written', () => {
  it('without a terminal and --yes: the proposal is shown, exit code 2', async () => {
    const root = projectOf(ordersProject);
    const { code, text } = await init(root, '--terraform-json', join(root, 'state.json'));
    expect(code).toBe(2);
    expect(text).toContain('+       "handler": "src/orders.handler"');
    expect(text).toContain('Pass --yes.');
    expect(existsSync(join(root, 'livectl.json'))).toBe(false);
  });

  it.each([
    ['{"version": 4, "resources": []}', 'is a .tfstate file'],
    ['not JSON', 'is not JSON'],
    [state([]), 'has no aws_lambda_function'],
  ])('for %j', async (text, message) => {
    const root = projectOf({ 'state.json': text });
    const run = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
    expect([run.code, run.text]).toEqual([2, expect.stringContaining(message)]);
  });

  it.each([
    ['livectl.json', '{}'],
    ['livectl.json', undefined],
    ['.gitignore', 'x'],
  ])('through a link %s out of the project (to %j)', async (name, target) => {
    const outside = projectOf(target === undefined ? {} : { target });
    const root = projectOf(ordersProject);
    symlinkSync(join(outside, 'target'), join(root, name));
    const run = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
    expect([run.code, run.text]).toEqual([2, expect.stringContaining('is a link to a file outside')]);
    expect(existsSync(join(outside, 'target'))).toBe(target !== undefined);
    expect(existsSync(join(root, 'livectl.json'))).toBe(name === 'livectl.json' && target !== undefined);
  });

  it('where a folder is in the place of .gitignore', async () => {
    const root = projectOf({ ...ordersProject, '.gitignore/x': '' });
    const run = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
    expect([run.code, run.text]).toEqual([2, expect.stringContaining('.gitignore cannot be read')]);
    expect(run.text).not.toContain('    at ');
  });

  it('over a livectl.json that it cannot read', async () => {
    const root = projectOf({ ...ordersProject, 'livectl.json': '{ "functions": ' });
    const run = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
    expect([run.code, run.text]).toEqual([2, expect.stringContaining('cannot be added to')]);
    expect(readFileSync(join(root, 'livectl.json'), 'utf8')).toBe('{ "functions": ');
  });
});

test('hostile names neither leave the project nor reach the terminal as they are', async () => {
  const names = ['\u001b[2Jx', '__proto__', '../../etc', 'a'.repeat(5000)];
  const functions = names.map((name, at) =>
    lambda(
      `aws_lambda_function.f${at}`,
      { function_name: name, handler: 'src/orders.handler', filename: '/etc/x.zip' },
      { name },
    ),
  );
  const odd = ['../../../etc/passwd.x', '/etc/passwd.x', 'x', `${'../'.repeat(200)}x.y`].map((handler, at) =>
    lambda(`aws_lambda_function.h${at}`, { function_name: `h${at}`, handler }),
  );
  const root = projectOf({
    'src/orders.ts': 'export const handler = 1;',
    'state.json': state([...functions, ...odd]),
  });
  symlinkSync('/etc', join(root, 'link'));
  const { code, text } = await init(root, '--yes', '--terraform-json', join(root, 'state.json'));
  expect(code).toBe(0);
  expect(text).not.toContain('\u001b[2J');
  for (const [key, { handler }] of Object.entries<{ handler: string }>(manifestOf(root).functions)) {
    expect(key).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    expect(handler).toBe('src/orders.handler');
  }
});

test('a thousand functions of five hundred modules', async () => {
  const children = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [
      `module.m${at}`,
      ['a', 'b'].map((name) =>
        lambda(`module.m${at}.aws_lambda_function.${name}`, {
          function_name: `m${at}-${name}`,
          handler: `${name}.handler`,
        }),
      ),
    ]),
  );
  const root = projectOf({
    'a.mjs': 'export const handler = 1;',
    'b.mjs': 'export const handler = 1;',
    'state.json': state([], children),
  });
  expect((await init(root, '--yes', '--terraform-json', join(root, 'state.json'))).code).toBe(0);
  expect(Object.keys(manifestOf(root).functions)).toHaveLength(1000);
});

test('without Terraform, functions of a SAM template and of serverless.yml are read', async () => {
  const root = projectOf({
    'template.yaml': [
      'Transform: AWS::Serverless-2016-10-31',
      'Resources:',
      '  Hello:',
      '    Type: AWS::Serverless::Function',
      '    Properties:',
      '      CodeUri: hello/',
      '      Handler: app.handler',
      '      Runtime: nodejs22.x',
      '      Environment: { Variables: { TABLE: !Ref Table, GREETING: hi } }',
    ].join('\n'),
    'hello/app.mjs': 'export const handler = async () => process.env.GREETING;',
    'serverless.yml': [
      'service: shop',
      'provider: { name: aws, runtime: nodejs22.x }',
      'functions:',
      '  orders: { handler: src/orders.handler, events: [{ httpApi: GET /orders }] }',
      '  thumbs: { image: thumbs }',
    ].join('\n'),
    'src/orders.ts': 'export const handler = async (): Promise<string> => "ordered";',
  });
  const { code, events } = await init(root, '--yes', '--format', 'json');
  expect(code).toBe(0);
  expect(manifestOf(root)).toEqual({
    functions: {
      Hello: {
        handler: 'app.handler',
        runtime: 'nodejs22.x',
        source_dir: 'hello',
        environment: { GREETING: 'hi' },
      },
      orders: {
        handler: 'src/orders.handler',
        runtime: 'nodejs22.x',
        timeout: 6,
        memory_size: 1024,
        function_name: 'shop-dev-orders',
        triggers: { http: { path: '/orders', method: 'GET' } },
      },
    },
  });
  expect(events.find(({ function: name }) => name === 'Hello')).toMatchObject({
    left_out_variables: ['TABLE'],
  });
  expect(events.filter(({ event }) => event === 'left_out')).toMatchObject([
    { address: 'functions.thumbs of serverless.yml', reason: expect.stringContaining('container image') },
  ]);
  expect(events.at(-1)).toMatchObject({ event: 'notice', message: expect.stringContaining('serve --local') });
});

test('a serverless.ts is not run: the error says what to do', async () => {
  const root = projectOf({ 'serverless.ts': 'process.exit(0)' });
  const { code, text } = await init(root, '--yes');
  expect(code).toBe(2);
  expect(text).toContain('serverless print');
});
