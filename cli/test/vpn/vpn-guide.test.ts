// `livectl vpn`: the guide with a stage's own ids, its commands checked by botocore's models, and a stage on AWS.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { documented } from '../../../terraform/test/documented.ts';
import type { Vpc } from '../../src/manifest/vpc.ts';
import { vpnGuide } from '../../src/vpn/guide.ts';
import type { GuideFacts } from '../../src/vpn/guide-facts.ts';
import { repository } from '../e2e/livectl-process.ts';

const vpc: Vpc = {
  id: 'vpc-0a1',
  functions: ['orders'],
  cidr_blocks: ['10.0.0.0/16', '100.64.0.0/16'],
  dns_resolver: '10.0.0.2',
  subnets: [{ id: 'subnet-0b2', az: 'eu-west-1a', cidr: '10.0.1.0/24' }],
  security_groups: [{ id: 'sg-0c3', name: 'orders', egress_tcp: true, referenced_by: ['sg-0d4'] }],
};

const facts: GuideFacts = {
  stage: 'dev-tom',
  region: 'eu-west-1',
  vpcs: [vpc],
  functions: ['orders'],
  tunnels: new Map(),
  target: { host: 'db.internal', port: 6543 },
  profile: undefined,
  checkCommand: 'livectl vpn --check --stage dev-tom',
};

const commandsOf = (given: GuideFacts) =>
  vpnGuide(given).flatMap(({ steps }) => steps.flatMap((step) => step.commands));

describe('the guide', () => {
  it('fills in what the manifest has, for each VPC', () => {
    const text = commandsOf({ ...facts, vpcs: [vpc, { ...vpc, id: 'vpc-0e5' }] }).join('\n');
    for (const part of [
      '--vpc-id vpc-0a1 --security-group-ids sg-0c3',
      '--vpc-id vpc-0e5',
      '--dns-servers 10.0.0.2',
      '--subnet-id subnet-0b2',
      '--target-network-cidr 10.0.0.0/16',
      '--target-network-cidr 100.64.0.0/16',
      'host=db.internal,portNumber=6543,localPortNumber=6543',
      'livectl vpn --check --stage dev-tom',
    ])
      expect(text).toContain(part);
    expect(text).not.toMatch(/REGION|\bVPC\b|SUBNET|SECURITY_GROUP|HOST/);
  });

  it('has a clients’ range that does not overlap the VPC’s', () => {
    const range = (cidr_blocks: string[]) =>
      /--client-cidr-block (\S+)/.exec(
        commandsOf({ ...facts, vpcs: [{ ...vpc, cidr_blocks }] }).join('\n'),
      )?.[1];
    expect(range(['10.0.0.0/16'])).toBe('10.200.0.0/22');
    expect(range(['10.200.0.0/16'])).toBe('172.28.0.0/22');
    expect(range(['10.200.2.0/24', '172.28.0.0/16'])).toBe('192.168.252.0/22');
    expect(range(['10.192.0.0/10', '172.16.0.0/12', '192.168.0.0/16'])).toBe('CLIENT_CIDR');
  });

  it('has the profile in every command of AWS', () => {
    const ofAws = commandsOf({ ...facts, profile: 'sandbox' }).filter((command) =>
      command.startsWith('aws '),
    );
    for (const command of ofAws) expect(command).toContain('--region eu-west-1 --profile sandbox');
  });

  it('explains where each word in capitals comes from', () => {
    const words = JSON.stringify(vpnGuide(facts));
    for (const part of ['ClientVpnEndpointId, which is ENDPOINT', 'AssociationId, which is ASSOCIATION'])
      expect(words).toContain(part);
    expect(words).toContain('It prints CERTIFICATE_ARN');
  });

  it('explains what the rules lack, what it costs and how to remove it', () => {
    const words = (given: GuideFacts) => JSON.stringify(vpnGuide(given));
    expect(words(facts)).toContain('sg-0d4 lets them in by name');
    expect(words(facts)).toContain('$0.10 an hour');
    expect(words(facts)).toContain('$73 a month idle');
    expect(words(facts)).toContain('delete-client-vpn-endpoint');
    const closed = vpc.security_groups.map((group) => ({ ...group, egress_tcp: false, referenced_by: [] }));
    const strict = words({ ...facts, vpcs: [{ ...vpc, security_groups: closed }] });
    expect(strict).toContain('None of them allows outbound TCP');
    expect(strict).toContain('No security group names them');
  });

  describe('the tunnel', () => {
    const tunnel = { functionName: 'live-debug-dev-tom-tunnel', allow: ['10.0.0.0/16:*'] };
    const first = (given: GuideFacts) => vpnGuide(given)[0] ?? { title: '', text: [], steps: [] };
    const lines = (given: GuideFacts) => first(given).steps[0]?.commands;
    const ids = 'subnet_ids = ["subnet-0b2"], security_group_ids = ["sg-0c3"]';
    const second = { ...vpc, id: 'vpc-0e5', functions: ['reports'] };

    it('is the first way, says when it fits and when a VPN does, and has the lines for the module', () => {
      const { steps, text, title } = first(facts);
      expect(title).toContain('tunnel');
      expect(text.join(' ')).toMatch(
        /fits TCP and query traffic.*VPN.*large transfers, UDP, a VPC without NAT/,
      );
      expect(steps[0]?.text.join(' ')).toContain('route to a NAT gateway');
      expect(steps[0]?.commands).toEqual([`tunnel = { ${ids} }`]);
      expect(steps[1]?.commands).toEqual(['terraform apply']);
    });

    it('has one entry for each VPC', () => {
      expect(lines({ ...facts, vpcs: [vpc, second] })).toEqual([
        `tunnel = { ${ids}, others = { vpc-2 = { ${ids} } } }`,
      ]);
    });

    it('that is present needs no lines', () => {
      const { steps, text } = first({ ...facts, tunnels: new Map([['orders', tunnel]]) });
      expect(text.at(-1)).toBe(
        'Present: live-debug-dev-tom-tunnel, which connects to 10.0.0.0/16:* in vpc-0a1. livectl serve starts it when code connects to a private address.',
      );
      expect(steps).toEqual([]);
    });

    it('that is present in one VPC has lines for the other', () => {
      const given = { ...facts, vpcs: [vpc, second], tunnels: new Map([['orders', tunnel]]) };
      expect(first(given).text.at(-1)).toContain('in vpc-0a1');
      expect(first(given).steps[0]?.title).toBe('Add this to tunnel in the module live_debug');
      expect(lines(given)).toEqual([`others = { vpc-2 = { ${ids} } }`]);
    });

    it('has words in capitals where nothing is known of a VPC', () => {
      const unknown = { ...facts, stage: undefined, vpcs: [] };
      expect(lines(unknown)).toEqual([
        'tunnel = { subnet_ids = ["SUBNET"], security_group_ids = ["SECURITY_GROUP"] }',
      ]);
    });

    it('shows the first of many destinations', () => {
      const allow = Array.from({ length: 100 }, (_, index) => `10.0.0.${index}/32:*`);
      const { text } = first({ ...facts, tunnels: new Map([['orders', { ...tunnel, allow }]]) });
      expect(text.at(-1)).toMatch(/10\.0\.0\.4\/32:\* and 95 more in vpc-0a1\./);
    });
  });

  it('without a function in a VPC says so first', () => {
    const [first, ...others] = vpnGuide({ ...facts, functions: [], vpcs: [] });
    expect(first?.title).toBe('No function is in a VPC');
    expect(others.map(({ title }) => title)).toEqual(['The other ways']);
  });

  it.each([
    ['with a stage', facts],
    ['without one', { ...facts, stage: undefined, region: undefined, vpcs: [], target: undefined }],
  ])('has commands that AWS accepts, %s', (_kind, given) => {
    const commands = commandsOf(given).flatMap((command) => command.split('|').map((part) => part.trim()));
    const ofAws = commands
      .filter((command) => command.startsWith('aws '))
      .map((command) => command.split(/\s+/));
    expect(ofAws.length).toBeGreaterThan(8);
    const script = join(repository, 'cli/test/vpn/aws-commands.py');
    const mistakes = execFileSync('python3', [script], { input: JSON.stringify(ofAws), encoding: 'utf8' });
    expect(JSON.parse(mistakes)).toEqual([]);
  });

  it('has commands of livectl that livectl accepts', () => {
    const own = commandsOf(facts)
      .flatMap((command) => command.split('|').map((part) => part.trim()))
      .filter((command) => command.startsWith('livectl '));
    expect(own.length).toBeGreaterThan(2);
    for (const command of own) {
      const args = [...command.split(/\s+/).slice(1), '--format', 'none'];
      const { stderr } = spawnSync(process.execPath, [join(repository, 'dist/livectl.mjs'), ...args], {
        encoding: 'utf8',
      });
      // Every flag was known, and only the last one is refused.
      expect(stderr).toContain('--format must be pretty or json, not none');
    }
  });
});

describe('of a stage on AWS', () => {
  const manifest = {
    version: 1,
    relay: { url: 'wss://x.execute-api.eu-west-1.amazonaws.com/live' },
    functions: Object.fromEntries(
      ['orders', 'users'].map((name) => [
        name,
        {
          function_name: `live-debug-dev-tom-${name}`,
          handler: 'a.b',
          runtime: 'nodejs22.x',
          timeout: 3,
          memory_size: 128,
          vpc_config:
            name === 'orders'
              ? { vpc_id: vpc.id, subnet_ids: ['subnet-0b2'], security_group_ids: ['sg-0c3'] }
              : null,
        },
      ]),
    ),
    vpcs: [vpc],
  };
  const database = createTcpServer((socket) => socket.end());
  let refuse: [number, object] | undefined;
  const asked: string[] = [];
  const aws = createServer((request, response) => {
    request.resume();
    request.once('end', () => {
      const [status, body] = answer(request);
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  let environment: Record<string, string> = {};
  let home = '';

  function answer({ headers, url = '' }: IncomingMessage): [number, object] {
    if (!/^AWS4-HMAC-SHA256 Credential=AKIATEST\//.test(headers.authorization ?? '')) return [403, {}];
    const [, name] = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(url) ?? [];
    if (name === undefined) return [200, { Item: { document: { S: JSON.stringify(manifest) } } }];
    asked.push(name);
    const { port } = database.address() as AddressInfo;
    const Variables = {
      DB_URL: `postgres://app:s3cret@127.0.0.1:${port}/orders`,
      LIVE_DEBUG_STAGE: 'dev-tom',
    };
    return refuse ?? [200, { FunctionName: name, Environment: { Variables } }];
  }

  beforeAll(async () => {
    for (const server of [aws, database]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    home = mkdtempSync(join(tmpdir(), 'vpn-home-'));
    environment = {
      PATH: process.env.PATH ?? '',
      HOME: home,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'AKIATEST',
      AWS_SECRET_ACCESS_KEY: 'secret',
    };
  });
  afterAll(() => {
    aws.close();
    database.close();
    rmSync(home, { recursive: true });
  });

  const vpn = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const command = [join(repository, 'dist/livectl.mjs'), 'vpn', '--stage', 'dev-tom', ...args];
      execFile(process.execPath, command, { env: environment, timeout: 20_000 }, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, stdout, stderr }),
      );
    });

  it('describes the way through its VPC, with the database that the function names', async () => {
    const { code, stderr, stdout } = await vpn();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('stage dev-tom in eu-west-1');
    expect(stdout).toContain('AWS Client VPN into vpc-0a1');
    expect(stdout).toContain('host=127.0.0.1,portNumber=');
    expect(stdout).not.toContain('s3cret');
    const json = (await vpn('--format', 'json')).stdout.trim().split('\n');
    expect(json.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual([
      'guide',
      'guide',
      'guide',
    ]);
  });

  it('begins with the tunnel: what to add, or the one that the stage has', async () => {
    const { stdout } = await vpn();
    expect(stdout.indexOf('The tunnel')).toBeLessThan(stdout.indexOf('AWS Client VPN into'));
    expect(stdout).toContain('tunnel = { subnet_ids = ["subnet-0b2"], security_group_ids = ["sg-0c3"] }');
    const { orders } = manifest.functions;
    Object.assign(manifest, {
      tunnels: { default: { function_name: 'the-tunnel', allow: ['10.0.0.0/16:*'] } },
    });
    Object.assign(orders ?? {}, { tunnel: 'default' });
    const live = (await vpn()).stdout;
    Object.assign(manifest, { tunnels: undefined });
    Object.assign(orders ?? {}, { tunnel: undefined });
    expect(live).toContain('Present: the-tunnel, which connects to 10.0.0.0/16:* in vpc-0a1.');
    expect(live).not.toContain('tunnel = {');
  });

  it('checks what the deployed functions name, under their names on AWS', async () => {
    asked.length = 0;
    const command = documented('docs/vpn.md', 'livectl vpn --check --stage dev-tom');
    expect(command).toEqual(['vpn', '--check', '--stage', 'dev-tom']);
    expect(documented('README.md', 'livectl vpn --check --stage dev-tom')).toEqual(command);
    const { code, stdout } = await vpn('--check');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^orders {2}vpc-0a1\n {2}✓ DB_URL {2}127\.0\.0\.1:\d+ \(private\) {2}reachable/);
    expect(asked.sort()).toEqual(['live-debug-dev-tom-orders', 'live-debug-dev-tom-users']);
  });

  it.each<[number, object, number, string]>([
    [
      403,
      { Message: 'User: tom is not authorized to perform: lambda:GetFunctionConfiguration' },
      2,
      'developer_policy_json',
    ],
    [
      404,
      { Message: 'Function not found' },
      2,
      'there is no function live-debug-dev-tom-orders in eu-west-1',
    ],
    [500, { Message: 'oops' }, 1, 'Lambda answered 500: oops'],
    [200, { Environment: { Variables: { DB_PASSWORD: ['s3cret'] } } }, 1, 'is not a function configuration'],
  ])('explains a refusal with %i', async (status, body, code, words) => {
    refuse = [status, body];
    const ended = await vpn('--check', '--function', 'orders');
    refuse = undefined;
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(words);
    expect(ended.stderr).not.toContain('s3cret');
  });
});

it('for a folder without livectl.json says what to write', () => {
  const empty = mkdtempSync(join(tmpdir(), 'vpn-empty-'));
  writeFileSync(join(empty, 'other.json'), '{}');
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(repository, 'dist/livectl.mjs'), 'vpn', '--root', empty],
    { encoding: 'utf8' },
  );
  rmSync(empty, { recursive: true });
  expect(status).toBe(2);
  expect(stderr).toContain('livectl.json');
});
