// Functions of .tf files, where nothing was applied yet.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readTerraformFiles } from '../../src/init/terraform-files/read-terraform-files.ts';
import { terraformFunctions } from '../../src/init/terraform-functions.ts';
import { type TerraformResource, terraformResources } from '../../src/init/terraform-json.ts';
import { writeFiles } from './orders-project.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'livectl-tf-'));
  folders.push(root);
  writeFiles(root, files);
  return root;
}

function read(files: Readonly<Record<string, string>>, folder = '.') {
  const root = project(files);
  const found = readTerraformFiles(join(root, folder), root);
  if (found === undefined) return expect.fail('no .tf files');
  const { functions } = terraformFunctions(found.resources);
  const byAddress = new Map(functions.map((each) => [each.address, each]));
  const of = (address: string) =>
    byAddress.get(address) ?? expect.fail(`${address} is not in ${[...byAddress.keys()].join(', ')}`);
  return { functions, notices: found.notices, of };
}

test.each(['monorepo', 'nested', 'python'])(
  '%s: the same as of the plan that the real terraform wrote',
  (name) => {
    const root = join(import.meta.dirname, 'fixtures', name);
    const found = readTerraformFiles(join(root, 'infra'), root);
    const plan = terraformResources(readFileSync(join(root, 'plan.json'), 'utf8'), 'plan.json');
    const sorted = (resources: readonly TerraformResource[]) =>
      terraformFunctions(resources).functions.toSorted((one, other) =>
        one.address < other.address ? -1 : 1,
      );
    expect(sorted(found?.resources ?? [])).toEqual(sorted(plan));
    expect(found?.notices).toEqual([]);
  },
);

const shop = `
variable "stage" { default = "dev" }
variable "key" { sensitive = true }
variable "region" {}

data "aws_region" "current" {}
data "archive_file" "orders" {
  type        = "zip"
  source_dir  = "\${path.module}/../services/orders"
  output_path = "\${path.module}/../dist/orders.zip"
}

resource "aws_iam_role" "orders" { name = "orders" }

resource "aws_lambda_function" "orders" {
  function_name = "shop-\${var.stage}-orders"
  role          = aws_iam_role.orders.arn
  filename      = data.archive_file.orders.output_path
  handler       = "src/orders.handler"
  runtime       = "nodejs22.x"
  timeout       = "20"
  memory_size   = 256
  layers        = [aws_lambda_layer_version.base.arn, "arn:aws:lambda:eu-west-1:123456789012:layer:tools:3"]

  environment {
    variables = {
      LEVEL = "info"
      COUNT = 5
      TABLE = aws_dynamodb_table.orders.name
      QUEUE = aws_sqs_queue.orders.url
      KEY   = var.key
      WHERE = "\${data.aws_region.current.name}-\${var.region}"
    }
  }
  vpc_config {
    subnet_ids         = aws_subnet.private[*].id
    security_group_ids = ["sg-1"]
  }
}
resource "aws_lambda_layer_version" "base" { layer_name = "base" }
resource "aws_dynamodb_table" "orders" { name = "orders" }
resource "aws_sqs_queue" "orders" { name = "orders" }

resource "aws_lambda_event_source_mapping" "orders" {
  event_source_arn        = aws_sqs_queue.orders.arn
  function_name           = aws_lambda_function.orders.arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}
resource "aws_lambda_event_source_mapping" "table" {
  event_source_arn = aws_dynamodb_table.orders.stream_arn
  function_name    = aws_lambda_function.orders.function_name
}
resource "aws_lambda_alias" "live" {
  name             = "live"
  function_name    = aws_lambda_function.orders.function_name
  function_version = aws_lambda_function.orders.version
}
resource "aws_apigatewayv2_integration" "orders" {
  api_id           = aws_apigatewayv2_api.main.id
  integration_type = "AWS_PROXY"
  integration_uri  = aws_lambda_alias.live.invoke_arn
}
resource "aws_apigatewayv2_api" "main" {
  name          = "shop"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_route" "orders" {
  api_id    = aws_apigatewayv2_api.main.id
  route_key = "GET /orders/{id}"
  target    = "integrations/\${aws_apigatewayv2_integration.orders.id}"
}
resource "aws_cloudwatch_event_rule" "paid" {
  name          = "paid"
  event_pattern = jsonencode({ source = ["shop"], detail-type = ["paid"] })
}
resource "aws_cloudwatch_event_rule" "of_bucket" {
  event_pattern = jsonencode({ detail = { bucket = [aws_s3_bucket.files.id] } })
}
resource "aws_s3_bucket" "files" {}
resource "aws_cloudwatch_event_target" "paid" {
  rule = aws_cloudwatch_event_rule.paid.name
  arn  = aws_lambda_function.orders.arn
}
resource "aws_cloudwatch_event_target" "jobs" {
  for_each = local.jobs
  rule     = aws_cloudwatch_event_rule.of_bucket.id
  arn      = aws_lambda_function.jobs[each.key].arn
}

locals {
  jobs = {
    billing = { handler = "billing.handler" }
    mail    = { handler = "mail.handler", variables = { LEVEL = "debug" } }
  }
}
resource "aws_lambda_function" "jobs" {
  for_each      = local.jobs
  function_name = each.key
  role          = "arn:aws:iam::123456789012:role/jobs"
  s3_bucket     = aws_s3_bucket.files.id
  s3_key        = "\${each.key}.zip"
  handler       = each.value.handler
  runtime       = "python3.13"
  dynamic "environment" {
    for_each = try(each.value.variables, null) == null ? [] : [each.value.variables]
    content {
      variables = environment.value
    }
  }
}
resource "aws_lambda_function" "unclear" {
  count         = 2
  function_name = "unclear-\${count.index}"
  role          = aws_iam_role.orders.arn
  handler       = var.region
  runtime       = "nodejs22.x"
}
resource "aws_lambda_function" "many" {
  for_each = toset(data.aws_regions.all.names)
}
data "aws_regions" "all" {}
module "api" {
  source    = "./api"
  functions = { list = "list.handler" }
  role      = aws_iam_role.orders.arn
}
module "vpc" { source = "terraform-aws-modules/vpc/aws" }
resource "aws_lambda_function_url" "list" {
  function_name      = module.api.names["list"]
  authorization_type = "NONE"
}
module "thumbs" {
  source                 = "terraform-aws-modules/lambda/aws"
  version                = "~> 8.0"
  function_name          = "thumbs"
  handler                = "thumbs.handler"
  runtime                = "nodejs22.x"
  source_path            = "../services/thumbs"
  environment_variables  = { SIZE = "100", BUCKET = aws_s3_bucket.files.id }
  event_source_mapping   = { queue = { event_source_arn = aws_sqs_queue.orders.arn, batch_size = 1 } }
}
resource "aws_sns_topic_subscription" "thumbs" {
  topic_arn = "arn:aws:sns:eu-west-1:123456789012:uploads"
  protocol  = "lambda"
  endpoint  = module.thumbs.lambda_function_arn
}
`;

const api = `
variable "functions" { type = map(string) }
variable "role" { type = string }
resource "aws_lambda_function" "this" {
  for_each      = var.functions
  function_name = "api-\${each.key}"
  role          = var.role
  handler       = each.value
  runtime       = "nodejs22.x"
  filename      = "\${path.module}/dist/\${each.key}.zip"
}
output "names" { value = { for key, each in var.functions : key => aws_lambda_function.this[key].function_name } }
`;

describe('a shop of several forms', () => {
  const found = () => read({ 'infra/main.tf': shop, 'infra/api/main.tf': api }, 'infra');

  test('settings; of variables, what only an apply knows by name alone', () => {
    const orders = found().of('aws_lambda_function.orders');
    expect(orders).toMatchObject({
      name: 'orders',
      handler: 'src/orders.handler',
      runtime: 'nodejs22.x',
      layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'],
      roleCode: 'aws_iam_role.orders',
      leftOut: undefined,
      sourceFolders: ['./../services/orders', './../dist'],
    });
    expect([...orders.leftOutVariables].sort()).toEqual(['KEY', 'QUEUE', 'WHERE']);
    expect(orders.settings).toEqual({
      timeout: 20,
      memory_size: 256,
      function_name: 'shop-dev-orders',
      environment: { LEVEL: 'info', COUNT: '5', TABLE: 'orders' },
      triggers: {
        sqs: { batch_size: 5, function_response_types: ['ReportBatchItemFailures'] },
        dynamodb: {},
        eventbridge: { event_pattern: '{"detail-type":["paid"],"source":["shop"]}' },
        http: { method: 'GET', path: '/orders/{id}' },
      },
    });
  });

  test('for_each, dynamic blocks, and a trigger whose pattern only an apply knows', () => {
    const { of } = found();
    expect(of('aws_lambda_function.jobs["billing"]').settings).toEqual({ function_name: 'billing' });
    expect(of('aws_lambda_function.jobs["mail"]')).toMatchObject({
      handler: 'mail.handler',
      settings: { environment: { LEVEL: 'debug' } },
      roleCode: '{ name = "jobs", arn = "arn:aws:iam::123456789012:role/jobs" }',
      block: { kind: 'resource', label: 'jobs', repeated: 'for_each', key: 'mail' },
    });
  });

  test('modules of the project, and terraform-aws-modules/lambda', () => {
    const { of } = found();
    const list = of('module.api.aws_lambda_function.this["list"]');
    expect(list.settings).toEqual({
      function_name: 'api-list',
      triggers: { function_url: { authorization_type: 'NONE' } },
    });
    expect(list.sourceFolders).toEqual(['api/dist']);
    expect(of('module.thumbs.aws_lambda_function.this[0]')).toMatchObject({
      name: 'thumbs',
      settings: {
        function_name: 'thumbs',
        environment: { SIZE: '100' },
        triggers: { sqs: { batch_size: 1 }, sns: {} },
      },
      leftOutVariables: ['BUCKET'],
      sourceFolders: ['../services/thumbs', '../services'],
      block: { kind: 'module', label: 'thumbs' },
    });
  });

  test('what is not known is said with its place, and guessed nowhere', () => {
    const { functions, notices, of } = found();
    expect(of('aws_lambda_function.unclear[1]').leftOut).toBe(
      'its handler is not known: var.region has no default (infra/main.tf:116)',
    );
    expect(notices).toEqual([
      expect.stringMatching(/^aws_lambda_function\.many is not read: .*infra\/main\.tf:\d+\)$/),
      expect.stringMatching(/^modules that are not in these files are not read: module\.vpc;/),
    ]);
    // What stands for it never leaves the reader.
    expect(JSON.stringify(functions)).not.toContain('\\u0000');
    expect(JSON.stringify(functions)).not.toContain('aws_s3_bucket');
  });
});

test('a file that is not valid is named with its line, and the others are read', () => {
  const { functions, notices } = read({
    'broken.tf': 'locals {\n  a = \n}\n',
    'deep.tf': `locals {\n  a = ${'['.repeat(2000)}${']'.repeat(2000)}\n}\n`,
    'x_override.tf': 'resource "aws_lambda_function" "f" { runtime = "x" }',
    'broken.tf.json': '{"resource": ',
    'main.tf': 'resource "aws_lambda_function" "f" {\n  handler = "f.handler"\n  runtime = "nodejs22.x"\n}\n',
  });
  expect(functions.map(({ address }) => address)).toEqual(['aws_lambda_function.f']);
  expect(notices).toEqual([
    'broken.tf:2 is not read: a value is missing',
    'broken.tf.json:1 is not read: it is not JSON',
    'deep.tf:2 is not read: it is nested over 100 levels',
    'x_override.tf is not read: it overrides other files',
  ]);
});

test('nothing outside the project is read, and no link is followed', () => {
  const outside = project({
    'secret.json': '{"a": "hunter2"}',
    'main.tf': 'resource "aws_lambda_function" "out" {}',
  });
  const root = project({
    'main.tf': `
locals { stolen = jsondecode(file("${outside}/secret.json")).a }
module "out" { source = "../${outside.split('/').at(-1)}" }
module "linked" { source = "./linked" }
resource "aws_lambda_function" "f" {
  handler = local.stolen
  runtime = "nodejs22.x"
}
`,
  });
  symlinkSync(outside, join(root, 'linked'));
  symlinkSync(join(outside, 'main.tf'), join(root, 'linked.tf'));
  const found = readTerraformFiles(root, root);
  expect(found?.resources.map(({ address }) => address)).toEqual(['aws_lambda_function.f']);
  expect(JSON.stringify(found?.resources)).not.toContain('hunter2');
  expect(found?.notices).toHaveLength(2);
});

test('references in a circle, and values that double with each name, end', () => {
  const chain = Array.from({ length: 400 }, (_, at) => `  n${at} = local.n${at + 1}`).join('\n');
  const doubled = Array.from(
    { length: 60 },
    (_, at) => `  d${at + 1} = "\${local.d${at}}\${local.d${at}}"`,
  ).join('\n');
  const lists = Array.from({ length: 60 }, (_, at) => `  l${at + 1} = [local.l${at}, local.l${at}]`).join(
    '\n',
  );
  const { functions, notices } = read({
    'main.tf': `
locals {
  a = local.b
  b = local.a
${chain}
  d0 = "x"
${doubled}
  l0 = ["x"]
${lists}
}
module "self" { source = "./" }
resource "aws_lambda_function" "circle" {
  handler = local.a
  runtime = "nodejs22.x"
}
resource "aws_lambda_function" "chain" {
  handler = local.n0
  runtime = "nodejs22.x"
}
resource "aws_lambda_function" "doubled" {
  handler = local.d60
  runtime = jsonencode(local.l60)
}
`,
  });
  expect(functions.find(({ address }) => address === 'aws_lambda_function.circle')?.leftOut).toContain(
    'refers to itself',
  );
  expect(functions.find(({ address }) => address === 'aws_lambda_function.chain')?.leftOut).toContain(
    'nested',
  );
  expect(functions.find(({ address }) => address === 'aws_lambda_function.doubled')?.leftOut).toBeDefined();
  expect(notices.length).toBeGreaterThan(0);
});

test('functions that are wrapped already: the module adds nothing while the stage is off', () => {
  const { notices, of } = read({
    'main.tf': `
module "live_debug" {
  source  = "./node_modules/livectl/terraform/modules/live-debug"
  enabled = true
}
resource "aws_lambda_function" "f" {
  handler = "f.handler"
  runtime = "nodejs22.x"
  layers  = concat(["arn:aws:lambda:eu-west-1:123456789012:layer:tools:3"], module.live_debug.layers["f"])
  environment {
    variables = merge({ LEVEL = "1" }, module.live_debug.environment["f"])
  }
}
`,
  });
  expect(notices).toEqual([]);
  expect(of('aws_lambda_function.f')).toMatchObject({
    layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:tools:3'],
    settings: { environment: { LEVEL: '1' } },
  });
});

test('an empty folder has none', () => {
  const root = project({});
  mkdirSync(join(root, 'infra'));
  expect(readTerraformFiles(join(root, 'infra'), root)).toBeUndefined();
});
