// Every validation rule of the modules speaks, and says what to write instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientVpnFolder, missingTool, moduleFolder, testBoundMs, Workspace } from './terraform-cli.ts';

const skipped = missingTool(['terraform', '-version']);

const role = { name: 'orders', arn: 'arn:aws:iam::123456789012:role/orders' };
const policy = '{"Version":"2012-10-17","Statement":[]}';

function vpcConfig(fields: Readonly<Record<string, readonly string[]>>) {
  return { subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'], ...fields };
}

/** Fields that make a function unfit, and what the message must hold. */
const unfitFunctions: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
  ['image', { package_type: 'Image' }, 'Unfit: image'],
  ['no_handler', { handler: 'src/a b' }, 'write e.g. "src/orders.handler". Unfit: no_handler.'],
  ['no_runtime', { runtime: 'nodejs 22' }, 'Invalid: no_runtime = "nodejs 22"'],
  ['long', { timeout: 901 }, 'Unfit: long = 901'],
  ['half', { memory_size: 128.5 }, 'Unfit: half = 128.5'],
  ['odd_mode', { invoke_mode: 'STREAM' }, '"BUFFERED" or "RESPONSE_STREAM". Invalid: odd_mode.'],
  [
    'two_modes',
    { invoke_mode: 'BUFFERED', triggers: { function_url: { invoke_mode: 'RESPONSE_STREAM' } } },
    'leave invoke_mode out. Invalid: two_modes.',
  ],
  ['heavy', { environment: { LARGE: 'ä'.repeat(1800) } }, '3,520 bytes'],
  ['names', { environment: { LIVE_DEBUG_STAGE: 'x', '1A': 'x' } }, '1A of names, LIVE_DEBUG_STAGE of names'],
  ['absolute', { source_dir: '/home/ada/orders' }, 'Unfit: absolute = "/home/ada/orders"'],
  ['layer_arn', { layer_dirs: ['/opt/a'] }, 'Unfit: "/opt/a" of layer_arn'],
  ['no_builder', { build: [''] }, 'write e.g. ["go", "build"'],
  ['no_program', { command: [] }, 'write e.g. ["python3"'],
  ['bundler', { esbuild: { packages: 'inline' } }, '"external"'],
  ['format', { esbuild: { format: 'iife' } }, 'must be "esm" or "cjs"'],
  ['tsconfig', { esbuild: { tsconfig: '/etc/tsconfig.json' } }, 'relative to source_dir'],
  ['arn_as_name', { function_name: 'arn:aws:lambda:eu-west-1:1:function:a' }, 'not its ARN'],
  ['role_arn', { role: { name: 'a', arn: 'orders' } }, 'role = aws_iam_role.orders'],
  ['key_of_nothing', { role_key: 'shared' }, 'functions that share the role. Invalid: key_of_nothing.'],
  ['two_policies', { role, policy_json: policy }, 'attach the policy to that role instead'],
  ['no_policy', { policy_json: '{}' }, 'data.aws_iam_policy_document.orders.json'],
  ['fallback', { fallback_arn: 'orders' }, 'aws_lambda_function.orders.arn'],
  ['no_subnets', { vpc_config: vpcConfig({ subnet_ids: [] }) }, 'subnet_ids must be 1 to 16'],
  ['no_groups', { vpc_config: vpcConfig({ security_group_ids: ['orders'] }) }, '"sg-0123456789abcdef0"'],
  ['key_alias', { kms_key_arn: 'alias/orders' }, 'aws_kms_key.orders.arn'],
];

/** As above, for what is below `triggers`. */
const unfitTriggers: typeof unfitFunctions = [
  ['no_path', { http: { path: 'orders' } }, 'leave it out for /<function>. Unfit: no_path.'],
  ['small_method', { http: { path: '/m', method: 'get' } }, '"HEAD" or "OPTIONS". Unfit: small_method.'],
  ['odd_authorization', { http: { authorization_type: 'CUSTOM' } }, '"AWS_IAM" or "JWT". Invalid: odd_auth'],
  ['no_issuer', { http: { authorization_type: 'JWT' } }, 'audience = ["orders"] }. Invalid: no_issuer.'],
  ['no_jwt', { http: { authorization_scopes: ['read'] } }, 'authorization_type = "JWT". Invalid: no_jwt.'],
  [
    'plain_issuer',
    {
      http: {
        authorization_type: 'JWT',
        jwt_configuration: { issuer: 'http://login.example.com', audience: ['orders'] },
      },
    },
    '1 to 50 audiences',
  ],
  ['burst', { http: { throttling_burst_limit: 5001 } }, 'a whole number from 1 to 5000. Invalid: burst.'],
  ['old_cors', { function_url: { cors: { max_age: 86_401 } } }, 'from 0 to 86400. Unfit: old_cors.'],
  ['some_auth', { function_url: { authorization_type: 'JWT' } }, '"RESPONSE_STREAM". Unfit: some_auth.'],
  ['odd_name', { sns: { topic_name: 'orders.fifo' } }, 'the stage before them. Unfit: odd_name.'],
  ['no_topic', { sns: { topic_arn: 'orders' } }, 'write "arn:aws:sns:'],
  ['no_queue', { sqs: { queue_arn: 'arn:aws:sns:eu-west-1:123456789012:a' } }, 'write "arn:aws:sqs:'],
  ['no_bus', { eventbridge: { event_bus_arn: 'orders', event_pattern: '{}' } }, 'write "arn:aws:events:'],
  ['no_bucket', { s3: { bucket_arn: 'arn:aws:s3:::orders/a' } }, 'write "arn:aws:s3:::'],
  ['no_table', { dynamodb: { stream_arn: 'orders' } }, 'write aws_dynamodb_table.orders.stream_arn'],
  ['no_stream', { kinesis: { stream_arn: 'orders' } }, 'write "arn:aws:kinesis:'],
  ['new_and_old', { s3: { bucket_arn: 'arn:aws:s3:::a', bucket_name: 'a' } }, 'Unfit: new_and_old.'],
  ['made_nowhere', { kinesis: { create: false } }, 'or be left out. Unfit: made_nowhere.'],
  [
    'no_json',
    { eventbridge: { event_pattern: '["shop"]' } },
    'write jsonencode({ source = ["shop.orders"] })',
  ],
  ['scope', { sns: { filter_policy_scope: 'Body' } }, '"MessageAttributes" or "MessageBody". Unfit: scope.'],
  [
    'half_batch',
    { sqs: { batch_size: 1.5 } },
    'a max_receive_count from 1 to 1000, all whole. Unfit: half_batch.',
  ],
  ['no_window', { sqs: { batch_size: 11 } }, 'a FIFO queue takes neither. Unfit: no_window.'],
  ['responses', { dynamodb: { function_response_types: ['All'] } }, '["ReportBatchItemFailures"] or []'],
  ['clock', { schedule: { schedule_expression: 'rate(1 minutes)' } }, 'write "rate(5 minutes)" or'],
  ['no_event', { s3: { events: ['ObjectCreated:*'] } }, 'write ["s3:ObjectCreated:*"]'],
  ['position', { kinesis: { starting_position: 'FIRST' } }, '"LATEST" or "TRIM_HORIZON"'],
  [
    'retries',
    { dynamodb: { maximum_retry_attempts: -2 } },
    'maximum_retry_attempts from -1 to 10000, all whole',
  ],
];

const fit = { handler: 'src/orders.handler', runtime: 'nodejs22.x' };

function withTriggers(triggers: Readonly<Record<string, unknown>>) {
  return { ...fit, triggers };
}

/** Values of other variables, and what the message must hold. */
const unfitVariables: readonly (readonly [string, unknown, string])[] = [
  ['stage', 'dev tom', 'write e.g. "dev-tom"'],
  ['secret_version', '', 'write e.g. "2"'],
  ['name', '-x', 'write e.g. "live-debug"'],
  ['protected_stages', ['eu-prod'], 'write ["prod", "eu"]'],
  ['relay', { url: 'https://a', execution_arn: 'arn' }, 'write relay = module.shared.relay'],
  ['throttling', { rate_limit: 0 }, 'write { rate_limit = 1000, burst_limit = 500 }'],
  ['access_logs', { retention_in_days: 8 }, 'access_logs.retention_in_days must'],
  ['kms_key_arn', 'alias/a', 'write aws_kms_key.this.arn'],
  ['stub_runtime', 'python3.13', 'write "nodejs22.x"'],
  ['architecture', 'arm', '"arm64" or "x86_64"'],
  ['timeout_margin', 1.5, 'write 5'],
  ['log_retention_in_days', 8, 'or 0 for ever'],
  ['log_kms_key_arn', 'alias/a', 'write aws_kms_key.logs.arn'],
  ['tracing_mode', 'On', '"Active", "PassThrough" or null'],
  ['permissions_boundary', 'boundary', 'write "arn:aws:iam::123456789012:policy/boundary"'],
  ['functions', { 'no name': fit }, 'Unfit: no name'],
  [
    'functions',
    { a: withTriggers({ http: { path: '/{a}' } }), b: withTriggers({ http: { path: '/{b}' } }) },
    'twice',
  ],
  [
    'functions',
    {
      c: withTriggers({ http: { cors: { max_age: 1 } } }),
      d: withTriggers({ http: { cors: { max_age: 2 } } }),
    },
    'give a function a function_url',
  ],
  [
    'functions',
    { a: withTriggers({ sqs: {} }), b: withTriggers({ sqs: { queue_name: 'a', max_receive_count: 9 } }) },
    'share one queue',
  ],
  [
    'functions',
    {
      a: withTriggers({ dynamodb: {} }),
      b: withTriggers({ dynamodb: { table_name: 'a', range_key: 'at' } }),
    },
    'share one table',
  ],
  [
    'functions',
    { a: { ...fit, function_name: 'x' }, b: { ...fit, function_name: 'x' } },
    'function_name must differ',
  ],
];

const unfitFunctionSettings = Object.fromEntries([
  ...unfitFunctions.map(([name, fields]) => [name, { ...fit, ...fields }]),
  ...unfitTriggers.map(([name, triggers]) => [name, withTriggers(triggers)]),
]);

const acmArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/a';
const certificate = '-----BEGIN CERTIFICATE-----';

const clientVpn = {
  vpc_id: 'vpc-1',
  subnet_ids: ['subnet-1'],
  server_certificate_arn: acmArn,
  server_ca_certificate_pem: certificate,
};

const unfitClientVpn: readonly (readonly [string, unknown, string])[] = [
  ['name', 'orders vpn', 'write e.g. "orders-vpn"'],
  ['vpc_id', 'orders', 'write aws_vpc.this.id'],
  ['client_cidr_block', '10.200.0.0/24', 'from /12 to /22: write e.g. "10.200.0.0/22"'],
  ['dns_servers', ['dns.example.com'], '[] for none'],
  ['transport_protocol', 'icmp', '"udp" or "tcp"'],
  ['session_timeout_hours', 9, '8, 10, 12 or 24'],
  ['connection_log', { retention_in_days: 8 }, 'connection_log.retention_in_days must'],
  ['server_certificate_arn', 'server', 'aws acm import-certificate, which prints the ARN'],
  ['client_root_certificate_arn', 'clients', 'or null where the server'],
  ['server_ca_certificate_pem', 'ca.crt', 'write file("ca.crt")'],
  ['server_ca_certificate_pem', `${certificate}\n-----BEGIN RSA PRIVATE KEY-----`, 'holds a private key'],
  ['server_name', 'a b', '"server.live-debug.internal"'],
  ['subnet_ids', [], '"subnet-0123456789abcdef0"'],
  ['security_group_ids', ['default'], '"sg-0123456789abcdef0"'],
  ['authorized_cidr_blocks', ['10.0.0.0'], 'write ["10.0.0.0/16"]'],
];

interface Cases {
  readonly folder: string;
  /** What the module can't do without. */
  readonly required: Readonly<Record<string, unknown>>;
  /** One call of the module each: a variable and its value. */
  readonly calls: readonly (readonly [string, unknown, ...unknown[]])[];
  /** A case, its value, and what its message must hold. */
  readonly messages: readonly (readonly [string, unknown, string])[];
}

const modules: readonly Cases[] = [
  {
    folder: moduleFolder,
    required: { stage: 'dev-tom' },
    calls: [['functions', unfitFunctionSettings], ...unfitVariables],
    messages: [...unfitFunctions, ...unfitTriggers, ...unfitVariables],
  },
  { folder: clientVpnFolder, required: clientVpn, calls: unfitClientVpn, messages: unfitClientVpn },
];

describe.skipIf(skipped).each(modules)(
  `validation rules of $folder${skipped ? ` (${skipped})` : ''}`,
  ({ folder, required, calls, messages }) => {
    let workspace: Workspace;
    let details: string[];

    beforeAll(async () => {
      workspace = new Workspace([moduleFolder]);
      const module = Object.fromEntries(
        calls.map(([variable, value], index) => [
          `case_${index}`,
          { source: `../${folder}`, ...required, [variable]: value },
        ]),
      );
      mkdirSync(workspace.path('cases'));
      // As JSON, Terraform would read ${ in a text; there is none here.
      writeFileSync(join(workspace.path('cases'), 'main.tf.json'), JSON.stringify({ module }));
      await workspace.succeed('cases', 'init');
      const { stdout } = await workspace.terraform('cases', 'validate', '-json');
      const { diagnostics } = JSON.parse(stdout) as { diagnostics: { summary: string; detail: string }[] };
      expect(diagnostics.filter(({ summary }) => summary !== 'Invalid value for variable')).toEqual([]);
      details = diagnostics.map(({ detail }) => detail);
    }, testBoundMs);

    afterAll(() => workspace?.remove());

    it('speaks for every rule there is', () => {
      const lines = readFileSync(workspace.path(`${folder}/variables.tf`), 'utf8').split('\n');
      const rules = lines.flatMap((line, index) => (line === '  validation {' ? [index + 1] : []));
      const spoke = details.map((detail) => Number(/variables\.tf:(\d+),/.exec(detail)?.[1]));
      expect(rules.length).toBeGreaterThan(0);
      expect([...new Set(spoke)].sort((a, b) => a - b)).toEqual(rules);
    });

    it.each(messages)('says what to write: %s', (_name, _value, wanted) => {
      expect(details.filter((detail) => detail.includes(wanted))).toHaveLength(1);
    });
  },
);
