// The functions of SAM and CloudFormation templates.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readSam } from '../../src/init/sam/read-sam.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function folderWith(text: string, name = 'template.yaml'): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-sam-'));
  folders.push(folder);
  writeFileSync(join(folder, name), text);
  return folder;
}

const template = `
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: { Type: String, Default: dev }
  Level: { Type: String, Default: info }
  Key: { Type: String, NoEcho: true, Default: hunter2hunter2 }
  Host: { Type: 'AWS::SSM::Parameter::Value<String>', Default: /shop/host }
Mappings:
  Sizes: { dev: { memory: 256 }, prod: { memory: 1024 } }
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  IsDev: !Not [!Condition IsProd]
  IsLoud: !And [!Condition IsDev, !Or [!Condition IsProd, !Equals [!Ref Level, info]]]
Globals:
  Function:
    Runtime: nodejs22.x
    Timeout: 10
    Environment:
      Variables: { STAGE: !Ref Stage, LEVEL: shared }
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Metadata:
      BuildMethod: esbuild
      BuildProperties: { EntryPoints: [src/handlers/orders.ts], External: [sharp] }
    Properties:
      CodeUri: orders/
      Handler: orders.handler
      FunctionName: !Sub 'shop-\${Stage}-orders'
      MemorySize: !FindInMap [Sizes, !Ref Stage, memory]
      Layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3', !Ref Tools]
      Environment:
        Variables:
          LEVEL: !If [IsLoud, debug, quiet]
          TABLE: !Ref Table
          ARN: !GetAtt Table.Arn
          HOST: !Ref Host
          KEY: !Ref Key
          NOTHING: !If [IsProd, here, !Ref AWS::NoValue]
          URL: !Sub 'https://\${AWS::Region}.example.com'
          JOINED: !Join ['-', [!Ref Stage, a]]
      Events:
        Get: { Type: HttpApi, Properties: { Path: '/orders/{id}', Method: get } }
        Queue:
          Type: SQS
          Properties: { Queue: !GetAtt Queue.Arn, BatchSize: 5, FunctionResponseTypes: [ReportBatchItemFailures] }
        Night: { Type: Schedule, Properties: { Schedule: rate(1 day) } }
        Bus: { Type: EventBridgeRule, Properties: { Pattern: { source: [shop] } } }
        Files:
          Type: S3
          Properties:
            Bucket: !Ref Bucket
            Events: s3:ObjectCreated:Put
            Filter: { S3Key: { Rules: [{ Name: prefix, Value: in/ }] } }
      FunctionUrlConfig: { AuthType: NONE }
  Thumbs:
    Type: AWS::Serverless::Function
    Properties: { PackageType: Image }
  Rare:
    Type: AWS::Serverless::Function
    Condition: IsProd
    Properties: { Handler: a.b }
  Plain:
    Type: AWS::Lambda::Function
    Properties: { Code: ./plain, Handler: app.main, Runtime: python3.12 }
  Inline:
    Type: AWS::Lambda::Function
    Properties: { Code: { ZipFile: 'exports.handler = 1' }, Handler: index.handler, Runtime: nodejs22.x }
  Nested:
    Type: AWS::Serverless::Application
    Properties: { Location: other/template.yaml }
`;

test('a template gives settings by its defaults, sources, triggers, and what only AWS knows by name', async () => {
  const found = await readSam(folderWith(template));
  const [orders, thumbs, rare, plain, inline] = found?.functions ?? [];
  expect(orders).toEqual({
    name: 'Orders',
    address: 'Resources.Orders of template.yaml',
    handler: 'orders.handler',
    runtime: 'nodejs22.x',
    settings: {
      timeout: 10,
      memory_size: 256,
      function_name: 'shop-dev-orders',
      environment: { STAGE: 'dev', LEVEL: 'debug', JOINED: 'dev-a' },
      triggers: {
        http: { path: '/orders/{id}', method: 'GET' },
        sqs: { batch_size: 5, function_response_types: ['ReportBatchItemFailures'] },
        schedule: { schedule_expression: 'rate(1 day)' },
        eventbridge: { event_pattern: '{"source":["shop"]}' },
        s3: { events: ['s3:ObjectCreated:Put'], filter_prefix: 'in/' },
        function_url: { authorization_type: 'NONE' },
      },
      esbuild: { external: ['sharp'] },
    },
    leftOutVariables: ['TABLE', 'ARN', 'HOST', 'KEY', 'URL'],
    sourceFolders: ['orders/src/handlers', 'orders/'],
    layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'],
    roleCode: undefined,
    leftOut: undefined,
    block: undefined,
  });
  expect(thumbs?.leftOut).toContain('container image');
  expect(rare?.leftOut).toContain('IsProd');
  // Globals are for SAM's functions only.
  expect(plain).toMatchObject({ runtime: 'python3.12', sourceFolders: ['./plain'], leftOut: undefined });
  expect(plain?.settings).toEqual({});
  expect(inline?.leftOut).toContain('in the template');
  expect(found?.notices).toEqual([expect.stringContaining('Nested of template.yaml')]);
});

test('a template in JSON is read; a folder without one, or without functions, gives nothing', async () => {
  const text = JSON.stringify({
    Resources: {
      A: { Type: 'AWS::Lambda::Function', Properties: { Handler: 'a.b', Runtime: { Ref: 'X' } } },
    },
  });
  expect((await readSam(folderWith(text, 'template.json')))?.functions[0]?.leftOut).toContain('runtime');
  expect(await readSam(folderWith('Resources: {}'))).toBeUndefined();
  expect(await readSam(folderWith('', 'other.txt'))).toBeUndefined();
});

test.each([
  ['a fault in the text', 'Resources: [', /template\.yaml cannot be read/],
  [
    'aliases that multiply',
    `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`).join('\n')}\n`,
    /alias/,
  ],
  ['deep nesting', `Resources: ${'['.repeat(20_000)}${']'.repeat(20_000)}`, /cannot be read/],
  ['size', `# ${'x'.repeat(1024 * 1024)}`, /over 1 MB/],
])('%s is one error that names the file', async (_, text, message) => {
  await expect(readSam(folderWith(text))).rejects.toThrow(message);
});

test('conditions and references that fan out or lead to themselves are unknown, not endless', async () => {
  const conditions = Array.from(
    { length: 60 },
    (_, n) => `  C${n}: !And [!Condition C${n + 1}, !Condition C${n + 1}]`,
  );
  const text = `Conditions:\n${conditions.join('\n')}\n  C60: !Condition C0\nResources:\n  A: { Type: AWS::Serverless::Function, Condition: C0, Properties: { Handler: a.b, Runtime: nodejs22.x } }\n`;
  expect((await readSam(folderWith(text)))?.functions[0]?.leftOut).toBeUndefined();
});

test('an event that livectl.json cannot take does not cost the function its others', async () => {
  const events =
    '{ A: { Type: Schedule, Properties: { Schedule: rate(1 minutes) } }, B: { Type: Api, Properties: { Path: /a, Method: get } } }';
  const text = `Resources:\n  A: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: nodejs22.x, Events: ${events} } }\n`;
  const found = await readSam(folderWith(text));
  expect(found?.functions[0]?.settings).toEqual({ triggers: { http: { path: '/a', method: 'GET' } } });
  expect(found?.notices).toEqual([
    expect.stringMatching(
      /^Events\.A, a trigger of Resources\.A of template\.yaml, is not written: .*rate\(/,
    ),
    expect.stringMatching(/^Events\.B, .* is written as a route of serve --local, .*2\.0/),
  ]);
});

test('events that livectl.json does not have are said, of functions that are taken', async () => {
  const events = '{ M: { Type: MSK, Properties: { Stream: x } }, Q: { Type: SQS }, R: { Type: SQS } }';
  const image = '{ PackageType: Image, Events: { M: { Type: MSK } } }';
  const text = `Resources:\n  A: { Type: AWS::Serverless::Function, Properties: { Handler: a.b, Runtime: nodejs22.x, Events: ${events} } }\n  B: { Type: AWS::Serverless::Function, Properties: ${image} }\n`;
  expect((await readSam(folderWith(text)))?.notices).toEqual([
    'Events.M, a trigger of Resources.A of template.yaml, is not written: livectl.json has no source MSK',
    'Events.R, a trigger of Resources.A of template.yaml, is not written: livectl.json takes one sqs trigger of a function, and has that of Events.Q',
  ]);
});
