// `serve --stage` with a tunnel: the function's code reaches its database without a change; status and vpn --check know of it.
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { tunnelItemPrefix } from '../../../protocol/directory.ts';
import { type Livectl, runLivectl } from './livectl-process.ts';
import { stage, TunnelledStage } from './tunnelled-stage.ts';

let at: TunnelledStage;
afterEach(() => at?.close());

async function invoke(event: object): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const args = ['invoke', 'orders', '--stage', stage, '--event', JSON.stringify(event)];
  return runLivectl(args, { env: at.environment });
}

const notice = (livectl: Livectl, words: string) =>
  livectl.event('notice', ({ message }) => message.includes(words));

const running = (livectl: Livectl) => livectl.event('tunnel', ({ state }) => state === 'running');

test('code connects through the tunnel, which is warm; status shows it; the end leaves nothing', async () => {
  at = await TunnelledStage.start();
  const livectl = at.serve();
  expect((await notice(livectl, 'tunnel')).message).toBe('orders reaches its endpoint through the tunnel');
  expect(await running(livectl)).toMatchObject({ name: 'default', streams: 0 });
  expect(await invoke({ ask: 'select 1' })).toMatchObject({ code: 0, stdout: '"SELECT 1"' });
  expect(at.functions()).toHaveLength(1);

  const env = at.environment;
  const json = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(json.stdout).tunnels).toEqual([
    {
      ...{ name: 'default', state: 'running', streams: expect.any(Number), bytes: expect.any(Number) },
      ...{ user: expect.any(String), host: expect.any(String), cost: expect.any(Number) },
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    },
  ]);
  const shown = await runLivectl(['status', '--stage', stage], { env });
  expect(shown.stdout).toMatch(
    /\n {2}tunnel {5}running: .+ since .+, \d+ connections?, .+, (less than|about) \$/,
  );

  expect(await livectl.stop()).toBe(0);
  expect(livectl.events.flatMap((event) => (event.event === 'tunnel' ? [event.state] : []))).toEqual([
    'starting',
    'running',
    'ended',
  ]);
  expect(livectl.events.at(-1)?.event).toBe('stopped');
  expect(await at.items()).toEqual([]);
  expect(livectl.leftBehind()).toEqual([]);
  expect(JSON.stringify(livectl.events)).not.toMatch(/password|socks5h/);
});

test('what allow does not have is refused with its name', async () => {
  at = await TunnelledStage.start({ allow: ['10.99.0.0/16:5432-5433', 'db.internal:5432'] });
  const livectl = at.serve();
  await livectl.event('ready');
  const { code, stderr } = await invoke({ ask: 'x', host: 'nowhere.internal', port: 5432 });
  expect([code, stderr]).toEqual([1, expect.stringContaining('nowhere.internal')]);
  expect((await notice(livectl, 'nowhere.internal')).message).toMatch(
    /^orders could not connect to nowhere\.internal:5432 through the tunnel: .*resolve/,
  );
});

test('--no-tunnel connects from this machine, and says so', async () => {
  const orders = {
    ...{ handler: 'orders.handler', runtime: 'nodejs22.x' },
    ...{ environment: { DB_HOST: 'db.internal', DB_PORT: '5432' } },
    vpc_config: { subnet_ids: ['subnet-1'], security_group_ids: ['sg-1'] },
  };
  at = await TunnelledStage.start({ functions: { orders } });
  const livectl = at.serve(['--no-tunnel']);
  expect((await notice(livectl, 'not reached')).message).toMatch(
    /^orders is in a VPC; not reached from here: db\.internal:5432 \(unresolved\); the stage’s tunnel is off \(--no-tunnel\); run /,
  );
  expect((await invoke({ ask: 'x' })).stderr).toMatch(/ENOTFOUND|EAI_AGAIN/);
  expect(at.functions()).toEqual([]);
});

/** A program that speaks the Runtime API, and asks through the proxy that it was given. */
const program = `
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime/invocation/';
const ask = async ({ host, port }) => {
  const proxy = new URL(process.env.ALL_PROXY);
  const [user, password] = [proxy.username, proxy.password].map((each) => Buffer.from(decodeURIComponent(each)));
  const socket = connect(Number(proxy.port), proxy.hostname);
  socket.end(Buffer.concat([
    Buffer.from([5, 1, 2, 1, user.length]), user, Buffer.from([password.length]), password,
    Buffer.from([5, 1, 0, 3, host.length]), Buffer.from(host), Buffer.from([port >> 8, port & 255]), Buffer.from('ask'),
  ]));
  return (await text(socket)).slice(14);
};
for (;;) {
  const next = await fetch(api + 'next');
  const event = await next.json();
  const answers = await Promise.all(event.map(ask));
  const body = JSON.stringify({ answers, around: process.env.NO_PROXY });
  await fetch(api + next.headers.get('lambda-runtime-aws-request-id') + '/response', { method: 'POST', body });
}`;

test('other runtimes get a proxy that leads into the VPC, and elsewhere directly', async () => {
  const here = createServer({ allowHalfOpen: true }, (socket) => socket.resume().end('from here'));
  await new Promise<void>((resolve) => here.listen(0, '127.0.0.1', resolve));
  const settings = { handler: 'x', runtime: 'provided.al2023', command: ['node', 'program.mjs'] };
  at = await TunnelledStage.start({ functions: { orders: settings }, files: { 'program.mjs': program } });
  at.cleanup(() => here.close());
  const livectl = at.serve(['--trust-manifest']);
  await livectl.event('ready');
  const { port } = here.address() as AddressInfo;
  const event = JSON.stringify([
    { host: 'db.internal', port: 5432 },
    { host: '127.0.0.1', port },
  ]);
  const args = ['invoke', 'orders', '--stage', stage, '--event', event];
  const { stderr, stdout } = await runLivectl(args, { env: at.environment });
  expect([stdout, stderr]).toEqual([
    JSON.stringify({ answers: ['ASK', 'from here'], around: '127.0.0.1,localhost,::1' }),
    expect.any(String),
  ]);
  // Nothing was named in its environment, so the first connection has started it.
  expect(at.functions()).toHaveLength(1);
});

test('vpn --check tries through the tunnel, and says so', async () => {
  at = await TunnelledStage.start();
  const env = at.environment;
  const shown = await runLivectl(['vpn', '--check', '--stage', stage], { env });
  expect([shown.code, shown.stdout, shown.stderr]).toEqual([
    0,
    expect.stringMatching(
      /DB_HOST {2}db\.internal:5432 → \S+ \(private\) {2}reachable \d+ ms through the tunnel/,
    ),
    '',
  ]);
  const json = await runLivectl(['vpn', '--check', '--stage', stage, '--format', 'json'], { env });
  const endpoints = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(endpoints.find(({ variable }) => variable === 'DB_HOST')).toMatchObject({
    ...{ event: 'endpoint', function: 'orders', host: 'db.internal', port: 5432, verdict: 'reachable' },
    ...{ tunnel: 'default', private: true },
  });
  expect(await at.items()).toEqual([]);
});

test('hostile items are bounded, printable or left out', async () => {
  at = await TunnelledStage.start();
  const now = Date.now();
  const put = (id: string, fields: Record<string, { S?: string; N?: string }>) =>
    at.directory.call('PutItem', {
      Item: {
        ...{ stage: { S: stage }, item: { S: tunnelItemPrefix + id }, connectionId: { S: 'c' } },
        ...{ publicKey: { S: 'k' }, session: { S: 's' }, version: { S: '1' } },
        ...{ user: { S: 'eve\u001b[2J' }, host: { S: 'h\n  served by  root' } },
        ...{ since: { N: String(now) }, leaseUntil: { N: String(now + 60_000) }, expiresAt: { N: '1' } },
        ...fields,
      },
    });
  const facts = { name: 'x\u202e', state: 'running', streams: 1, bytes: 2, cost: 3 };
  const tunnel = (changes: object) => ({ tunnel: { S: JSON.stringify({ ...facts, ...changes }) } });
  await put('1', tunnel({}));
  await put('2', tunnel({ streams: -1 }));
  await put('3', tunnel({ bytes: '9' }));
  await put('4', tunnel({ state: 'on fire' }));
  await put('5', { tunnel: { S: 'not JSON' } });
  await put('6', {});
  await put('7', { ...tunnel({}), leaseUntil: { N: String(now - 1) } });
  const env = at.environment;
  const json = await runLivectl(['status', '--stage', stage, '--format', 'json'], { env });
  expect(JSON.parse(json.stdout).tunnels).toHaveLength(1);
  expect(json.stdout.trimEnd()).not.toMatch(/[\n\u202e]/);
  const { stdout } = await runLivectl(['status', '--stage', stage], { env });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  expect(stdout).not.toMatch(/[\u001b\u202e]|\n {2}served by {2}root/);
  expect(stdout).toContain('eve␛[2J on h␊  served by  root');
});
