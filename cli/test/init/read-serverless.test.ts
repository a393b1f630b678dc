// The functions of the Serverless Framework's configuration.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readServerless } from '../../src/init/serverless/read-serverless.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-serverless-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const shop = `
service: shop
plugins: [serverless-esbuild, serverless-python-requirements]
provider:
  name: aws
  runtime: nodejs22.x
  stage: \${opt:stage, 'test'}
  environment:
    STAGE: \${sls:stage}
    LEVEL: \${self:custom.level.\${self:provider.stage}, 'warn'}
    API_KEY: abc
    HOST: \${env:HOST}
    REGION: \${env:REGION, 'eu-west-1'}
    TABLE: !Ref Table
    PARAMETER: \${ssm:/shop/name}
custom:
  level: { test: debug }
package: { individually: true }
functions:
  - \${file(./functions/orders.yml)}
  - \${file(functions/mixed.yml):functions}
`;
const orders = `
orders:
  handler: src/orders.handler
  timeout: 20
  environment: { LEVEL: trace }
  layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3', { Ref: ToolsLambdaLayer }]
  url: true
  events:
    - httpApi: GET /orders/{id}
    - http: { path: orders, method: post }
    - sqs: { arn: !GetAtt Queue.Arn, batchSize: 5, functionResponseType: ReportBatchItemFailures }
    - sns: { topicName: orders, filterPolicy: { kind: [order] } }
    - s3: { bucket: files, event: 's3:ObjectRemoved:*', rules: [{ suffix: .png }] }
    - schedule: { rate: ['rate(5 minutes)'], input: { a: 1 } }
    - eventBridge: { pattern: { source: [shop] } }
    - stream: { type: dynamodb, arn: !GetAtt Table.StreamArn, batchSize: 7 }
`;
const mixed = `
functions:
  billing: { handler: app.handler, module: services/billing, runtime: python3.12, memorySize: 512, name: billing }
  thumbs: { image: 'thumbs' }
  java: { handler: a.B, runtime: java21 }
  late: { handler: '\${cf:other.Handler}' }
`;

test('functions get defaults, variables and included files; what a deployment knows is left out by name', async () => {
  const folder = folderWith({
    'serverless.yml': shop,
    'functions/orders.yml': orders,
    'functions/mixed.yml': mixed,
  });
  const found = await readServerless(folder);
  expect(found?.notices).toEqual([
    'events[1], a trigger of functions.orders of serverless.yml, is not written: livectl.json takes one http trigger of a function, and has that of events[0]',
  ]);
  const [first, billing, thumbs, java, late] = found?.functions ?? [];
  expect(first).toEqual({
    name: 'orders',
    address: 'functions.orders of serverless.yml',
    handler: 'src/orders.handler',
    runtime: 'nodejs22.x',
    settings: {
      timeout: 20,
      memory_size: 1024,
      function_name: 'shop-test-orders',
      environment: { STAGE: 'test', LEVEL: 'trace', REGION: 'eu-west-1' },
      triggers: {
        http: { path: '/orders/{id}', method: 'GET' },
        sqs: { batch_size: 5, function_response_types: ['ReportBatchItemFailures'] },
        sns: { filter_policy: '{"kind":["order"]}' },
        s3: { events: ['s3:ObjectRemoved:*'], filter_suffix: '.png' },
        schedule: { schedule_expression: 'rate(5 minutes)', input: '{"a":1}' },
        eventbridge: { event_pattern: '{"source":["shop"]}' },
        dynamodb: { batch_size: 7 },
        function_url: { authorization_type: 'NONE' },
      },
    },
    leftOutVariables: ['API_KEY', 'HOST', 'TABLE', 'PARAMETER'],
    sourceFolders: ['.'],
    layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'],
    roleCode: undefined,
    leftOut: undefined,
    block: undefined,
  });
  expect(billing).toMatchObject({
    runtime: 'python3.12',
    settings: { timeout: 6, memory_size: 512, function_name: 'billing', environment: { LEVEL: 'debug' } },
    sourceFolders: ['services/billing', '.'],
  });
  expect(thumbs?.leftOut).toContain('container image');
  expect(java?.leftOut).toContain('command');
  expect(late?.leftOut).toContain('only known when it is deployed');
});

test('an included file must be within the project, also behind a link, and must not be a program', async () => {
  const include = (path: string) => `"\${file(${path})}"`;
  const includes = ['../secret.yml', 'link.yml', 'a.js', 'none.yml'].map(include).join(', ');
  const outer = folderWith({
    'secret.yml': 'a: { handler: x.y }',
    'project/serverless.yml': `provider: { runtime: nodejs22.x }\nfunctions: [${includes}, { a: { handler: a.b } }]`,
    'project/a.js': 'process.exit(1)',
  });
  const folder = join(outer, 'project');
  symlinkSync(join(outer, 'secret.yml'), join(folder, 'link.yml'));
  const found = await readServerless(folder);
  expect(found?.functions.map(({ handler }) => handler)).toEqual(['a.b']);
  expect(found?.notices).toEqual([
    '../secret.yml is not read, since it is outside of the project',
    'link.yml is not read, since it is outside of the project',
    'a.js is code, which livectl does not run',
    'none.yml, an included file, does not exist',
  ]);
});

test('a program is named and not run; a folder without the framework gives nothing', async () => {
  const found = await readServerless(folderWith({ 'serverless.ts': 'throw new Error()' }));
  expect(found).toEqual({ functions: [], notices: [expect.stringContaining('serverless print')] });
  expect(await readServerless(folderWith({}))).toBeUndefined();
});

test('variables that lead to themselves or fan out end as unknown', async () => {
  const fan = Array.from(
    { length: 60 },
    (_, n) => `  v${n}: "\${self:custom.v${n + 1}}\${self:custom.v${n + 1}}"`,
  );
  const text = `provider: { runtime: nodejs22.x }\ncustom:\n  loop: "\${self:custom.loop}"\n${fan.join('\n')}\n  v60: x\nfunctions:\n  a: { handler: "\${self:custom.loop}" }\n  b: { handler: "\${self:custom.v0}" }\n`;
  const found = await readServerless(folderWith({ 'serverless.yml': text }));
  expect(found?.functions.map(({ leftOut }) => leftOut)).toEqual([
    'its handler is only known when it is deployed',
    'its handler is only known when it is deployed',
  ]);
});

test('each event that livectl.json does not get, or gets otherwise, is said', async () => {
  const events = [
    '{ http: { path: a, method: get } }',
    '{ alb: { listenerArn: x } }',
    `{ eventBridge: { pattern: { source: ['\${cf:other.Source}'] } } }`,
    '{ cognitoUserPool: { pool: users } }',
    '{ schedule: rate(1 minutes) }',
  ];
  const text = `service: s\nprovider: { runtime: nodejs22.x }\nfunctions:\n  a: { handler: a.b, events: [${events.join(', ')}] }\n`;
  const found = await readServerless(folderWith({ 'serverless.yml': text }));
  expect(found?.functions[0]?.settings).toMatchObject({ triggers: { http: { path: '/a', method: 'GET' } } });
  expect(found?.notices).toEqual([
    expect.stringMatching(/^events\[0\], a trigger of functions\.a of serverless\.yml, is written as .*2\.0/),
    expect.stringMatching(/^events\[1\], .*livectl\.json has no source alb$/),
    expect.stringMatching(/^events\[2\], .*only known when it is deployed$/),
    expect.stringMatching(/^events\[3\], .*no source cognitoUserPool$/),
    expect.stringMatching(/^events\[4\], .*rate\(5 minutes\)/),
  ]);
});
