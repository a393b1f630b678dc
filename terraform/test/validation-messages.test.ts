// Every validation rule of the modules has a message that says what to write instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientVpnFolder, missingTool, moduleFolder, testBoundMs, Workspace } from './terraform-cli.ts';

const skipped = missingTool('terraform');

const place = { subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'] };

/** Values of variables, and what the message must hold; functions are in functions.test.ts. */
const invalidVariables: readonly (readonly [string, unknown, string])[] = [
  ['stage', 'dev tom', 'for example "dev-tom"'],
  ['secret_version', '', 'for example "2"'],
  ['name', '-x', 'for example "live-debug"'],
  ['protected_stages', ['eu-prod'], 'write ["prod", "eu"]'],
  ['mode', 'proxy', 'mode must be "replace" or "wrap"'],
  ['relay', { url: 'https://a', execution_arn: 'arn' }, 'write relay = module.shared.relay'],
  ['throttling', { rate_limit: 0 }, 'write { rate_limit = 1000, burst_limit = 500 }'],
  ['access_logs', { retention_in_days: 8 }, 'access_logs.retention_in_days must'],
  ['kms_key_arn', 'alias/a', 'write aws_kms_key.this.arn'],
  ['stub_runtime', 'python3.13', 'for example "nodejs22.x"'],
  ['architecture', 'arm', '"arm64" or "x86_64"'],
  ['timeout_margin', 1.5, 'write 5'],
  ['log_retention_in_days', 8, 'or 0 to keep them forever'],
  ['log_kms_key_arn', 'alias/a', 'write aws_kms_key.logs.arn'],
  ['tracing_mode', 'On', '"Active", "PassThrough" or null'],
  ['tunnel', { ...place, subnet_ids: [] }, 'write those of a private subnet with NAT'],
  ['tunnel', { ...place, allow: [] }, 'write ranges such as "10.0.0.0/16:*"'],
  ['tunnel', { ...place, others: { default: place } }, 'The key "default" is the tunnel itself'],
  ['permissions_boundary', 'boundary', 'write "arn:aws:iam::123456789012:policy/boundary"'],
];

const acmArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/a';
const certificate = '-----BEGIN CERTIFICATE-----';

const clientVpn = {
  vpc_id: 'vpc-1',
  subnet_ids: ['subnet-1'],
  server_certificate_arn: acmArn,
  server_ca_certificate_pem: certificate,
};

const invalidClientVpn: readonly (readonly [string, unknown, string])[] = [
  ['name', 'orders vpn', 'for example "orders-vpn"'],
  ['vpc_id', 'orders', 'write aws_vpc.this.id'],
  ['client_cidr_block', '10.200.0.0/24', 'from /12 to /22, for example "10.200.0.0/22"'],
  ['dns_servers', ['dns.example.com'], "[] to keep the clients' own"],
  ['transport_protocol', 'icmp', '"udp" or "tcp"'],
  ['session_timeout_hours', 9, '8, 10, 12 or 24'],
  ['connection_log', { retention_in_days: 8 }, 'connection_log.retention_in_days must'],
  ['server_certificate_arn', 'server', 'aws acm import-certificate, which prints the ARN'],
  ['client_root_certificate_arn', 'clients', 'or null if one CA issued'],
  ['server_ca_certificate_pem', 'ca.crt', 'write file("ca.crt")'],
  [
    'server_ca_certificate_pem',
    `${certificate}\n-----BEGIN RSA PRIVATE KEY-----`,
    'must have no private key',
  ],
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
    calls: invalidVariables,
    messages: invalidVariables,
  },
  { folder: clientVpnFolder, required: clientVpn, calls: invalidClientVpn, messages: invalidClientVpn },
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

    it('reports every rule', () => {
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
