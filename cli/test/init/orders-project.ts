// A project as a team has it: Terraform code in infra/, sources beside it, and what `terraform show -json` prints of its state.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const roleArn = 'arn:aws:iam::123456789012:role/orders';
const functionArn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;

interface Resource {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly mode?: 'managed' | 'data';
  readonly index?: string | number;
  readonly values: object;
  readonly sensitive_values?: object;
}

/** As `terraform show -json` has them; `children` are modules by their addresses. */
export function state(
  resources: readonly Resource[],
  children: Readonly<Record<string, readonly Resource[]>> = {},
): string {
  const managed = (all: readonly Resource[]) =>
    all.map((each) => ({ mode: 'managed', schema_version: 0, ...each }));
  const child_modules = Object.entries(children).map(([address, its]) => ({
    address,
    resources: managed(its),
  }));
  const root_module = { resources: managed(resources), child_modules };
  return JSON.stringify({ format_version: '1.0', terraform_version: '1.11.4', values: { root_module } });
}

/** One function with its defaults. */
export function lambda(address: string, values: object, more: Partial<Resource> = {}): Resource {
  const name = address.split('.').at(-1)?.replace(/\[.*$/, '') ?? '';
  const usual = {
    handler: 'index.handler',
    runtime: 'nodejs22.x',
    timeout: 3,
    memory_size: 128,
    package_type: 'Zip',
    role: roleArn,
  };
  return { address, type: 'aws_lambda_function', name, values: { ...usual, ...values }, ...more };
}

const code = `resource "aws_iam_role" "orders" {
  name               = "orders"
  assume_role_policy = "{}"
}

resource "aws_lambda_function" "orders" {
  function_name = "orders"
  role          = aws_iam_role.orders.arn
  filename      = "../dist/orders.zip"
  handler       = "orders.handler"
  runtime       = "nodejs22.x"
  timeout       = 10

  environment {
    variables = {
      LEVEL       = "info"
      DB_PASSWORD = var.password
    }
  }
}

variable "password" {
  type    = string
  default = "x"
}

resource "aws_lambda_function" "jobs" {
  for_each      = toset(["billing", "mail"])
  function_name = each.key
  role          = aws_iam_role.orders.arn
  filename      = "../dist/\${each.key}.zip"
  handler       = "app.handler"
  runtime       = "python3.12"
  layers        = ["arn:aws:lambda:eu-west-1:123456789012:layer:base:3"]
}

module "thumbs" {
  source = "./thumbs"
}
`;

const thumbs = `resource "aws_lambda_function" "this" {
  function_name = "thumbs"
  role          = "${roleArn}"
  package_type  = "Image"
  image_uri     = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/thumbs:1"
}
`;

/** Of {@link code}, after an apply. */
const applied = state(
  [
    {
      address: 'aws_iam_role.orders',
      type: 'aws_iam_role',
      name: 'orders',
      values: { arn: roleArn, name: 'orders' },
    },
    {
      address: 'data.archive_file.orders',
      type: 'archive_file',
      name: 'orders',
      mode: 'data',
      values: { type: 'zip', output_path: './../dist/orders.zip', source_dir: './../dist/orders' },
    },
    lambda('aws_lambda_function.orders', {
      function_name: 'orders',
      arn: functionArn('orders'),
      filename: '../dist/orders.zip',
      handler: 'orders.handler',
      timeout: 10,
      environment: [
        {
          variables: { LEVEL: 'info', DB_PASSWORD: 'hunter2hunter2', FEED: 'https://u:pa55word1@x.example' },
        },
      ],
    }),
    lambda(
      'aws_lambda_function.jobs["billing"]',
      {
        function_name: 'billing',
        filename: '../dist/billing.zip',
        handler: 'app.handler',
        runtime: 'python3.12',
        layers: ['arn:aws:lambda:eu-west-1:123456789012:layer:base:3'],
      },
      { index: 'billing' },
    ),
    lambda(
      'aws_lambda_function.jobs["mail"]',
      {
        function_name: 'mail',
        filename: '../dist/mail.zip',
        handler: 'missing.handler',
        runtime: 'python3.12',
      },
      { index: 'mail' },
    ),
    {
      address: 'aws_apigatewayv2_integration.orders',
      type: 'aws_apigatewayv2_integration',
      name: 'orders',
      values: { id: 'abc', integration_uri: functionArn('orders') },
    },
    {
      address: 'aws_apigatewayv2_route.orders',
      type: 'aws_apigatewayv2_route',
      name: 'orders',
      values: { route_key: 'GET /orders/{id}', target: 'integrations/abc' },
    },
    {
      address: 'aws_lambda_event_source_mapping.orders',
      type: 'aws_lambda_event_source_mapping',
      name: 'orders',
      values: {
        event_source_arn: 'arn:aws:sqs:eu-west-1:123456789012:orders',
        function_name: functionArn('orders'),
        batch_size: 5,
        function_response_types: ['ReportBatchItemFailures'],
      },
    },
  ],
  {
    'module.thumbs': [
      lambda('module.thumbs.aws_lambda_function.this', {
        function_name: 'thumbs',
        package_type: 'Image',
        handler: '',
        runtime: '',
      }),
    ],
  },
);

/** The files of the project, by their paths. */
export const ordersProject: Readonly<Record<string, string>> = {
  'infra/main.tf': code,
  'infra/thumbs/main.tf': thumbs,
  'src/orders.ts': `export const handler = async () => ({ level: process.env.LEVEL });\n`,
  'dist/orders/orders.js': 'built',
  'services/billing/app.py': `def handler(event, context):\n    return "billing of " + event["name"]\n`,
  'state.json': applied,
};

/** Writes files below a folder. */
export function writeFiles(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}
