// `livectl tunnel` on the built file: programs of this machine reach a database in the VPC, and nothing stays behind.
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import type { TunnelCommandEvent } from '../../src/tunnel/tunnel-command-event.ts';
import { type Livectl, runLivectl } from './livectl-process.ts';
import { stage, TunnelledStage } from './tunnelled-stage.ts';

let at: TunnelledStage;
afterEach(() => at?.close());

type Named<N extends TunnelCommandEvent['event']> = Extract<TunnelCommandEvent, { event: N }>;

/** The first event of that name, which `livectl tunnel` shares with `serve` only in part. */
async function eventOf<N extends TunnelCommandEvent['event']>(
  livectl: Livectl,
  name: N,
  matches: (event: Named<N>) => boolean = () => true,
): Promise<Named<N>> {
  const events = livectl.events as unknown as TunnelCommandEvent[];
  const find = () => events.find((event) => event.event === name && matches(event as Named<N>));
  await livectl.until(() => find() !== undefined, `event ${name}`);
  return find() as Named<N>;
}

const tunnelTo = (target: string, ...flags: readonly string[]) =>
  at.livectl(['tunnel', target, '--stage', stage, '--format', 'json', ...flags]);

const states = (livectl: Livectl) =>
  (livectl.events as unknown as TunnelCommandEvent[]).flatMap((event) =>
    event.event === 'tunnel' ? [event.state] : [],
  );

async function ask(port: number, question: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(question);
  return text(socket);
}

describe('a port for one destination', () => {
  test('carries connections, keeps its item and removes it at the end', async () => {
    at = await TunnelledStage.start();
    const livectl = tunnelTo('db.internal:5432');
    const ready = await eventOf(livectl, 'ready');
    expect(ready).toMatchObject({
      tunnel: 'default',
      host: '127.0.0.1',
      target: { host: 'db.internal', port: 5432 },
    });
    expect(await ask(ready.port, 'select 1')).toBe('SELECT 1');
    const large = 'select '.repeat(300_000);
    const answers = await Promise.all([ask(ready.port, large), ask(ready.port, 'two')]);
    expect(answers[0] === large.toUpperCase()).toBe(true);
    expect(answers[1]).toBe('TWO');
    const [item] = await at.items();
    expect(JSON.parse(item?.tunnel?.S ?? '')).toMatchObject({ name: 'default', state: 'running' });
    expect(await livectl.stop('SIGINT')).toBe(0);
    expect(await at.items()).toEqual([]);
    expect(states(livectl)).toEqual(['starting', 'running', 'ended']);
    const ended = await eventOf(livectl, 'tunnel', ({ state }) => state === 'ended');
    expect(ended.bytes).toBeGreaterThan(2 * large.length);
    expect(ended.cost).toBeGreaterThan(0);
    expect(livectl.stderr).toBe('');
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('resets what is open when its function is killed, says so, and starts another', async () => {
    at = await TunnelledStage.start();
    const livectl = tunnelTo('10.99.0.5:5432');
    const { port } = await eventOf(livectl, 'ready');
    const socket = connect(port, '127.0.0.1');
    const failed = once(socket, 'error');
    failed.catch(() => undefined);
    socket.write('a query');
    expect(String((await once(socket, 'data'))[0])).toBe('A QUERY');
    const error = new Promise<Error>((resolve) => socket.on('error', resolve));
    process.kill(at.functions()[0] as number, 'SIGKILL');
    expect(await error).toMatchObject({ code: 'ECONNRESET' });
    expect(await eventOf(livectl, 'tunnel', ({ state }) => state === 'failed')).toMatchObject({
      reason: expect.stringMatching(/out of reach: .+ for 10 s; 1 connection reset/),
    });
    expect(await ask(port, 'again')).toBe('AGAIN');
    expect(at.functions()).toHaveLength(2);
    expect(await livectl.stop('SIGTERM')).toBe(0);
    expect(await at.items()).toEqual([]);
  });

  test('says at once what allow does not have, and per connection what the function refuses', async () => {
    at = await TunnelledStage.start();
    const flags = ['--stage', stage];
    const refused = await runLivectl(['tunnel', 'db.internal:5433', ...flags], { env: at.environment });
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('db.internal:5433 is not in allow of the tunnel (db.internal:5432, '),
    });
    const livectl = tunnelTo('nowhere.internal:5432');
    const { port } = await eventOf(livectl, 'ready');
    const socket = connect(port, '127.0.0.1');
    const error = new Promise((resolve) => socket.on('error', resolve));
    expect(await error).toMatchObject({ code: 'ECONNRESET' });
    expect(await eventOf(livectl, 'connection_failed')).toMatchObject({
      host: 'nowhere.internal',
      port: 5432,
      code: 'unresolved',
      message: expect.stringContaining('nowhere.internal'),
    });
  });

  test('prints a line to paste, and mistakes with what to do', async () => {
    at = await TunnelledStage.start();
    const { environment: env } = at;
    const shown = at.livectl(['tunnel', 'db.internal:5432', '--stage', stage]);
    await shown.until(() => shown.stdout.includes('Ctrl-C ends it'), 'ready');
    expect(shown.stdout).toMatch(/psql "host=db\.internal hostaddr=127\.0\.0\.1 port=\d+ user=USER/);
    expect(await shown.stop()).toBe(0);
    expect(shown.stdout).toMatch(/· tunnel ended: livectl ends \(0 bytes, (less than|about) \$0\.000\d\)/);

    const taken = createServer().listen(0, '127.0.0.1');
    at.cleanup(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const run = (...args: readonly string[]) => runLivectl(['tunnel', ...args], { env });
    const flags = ['--stage', stage];
    for (const [args, words] of [
      [['db.internal:5432', ...flags, '--local-port', String(port)], `port ${port} of 127.0.0.1 is in use`],
      [['db.internal', ...flags], 'must be HOST:PORT'],
      [['db.internal:0', ...flags], 'must be HOST:PORT'],
      [[...flags], 'pass HOST:PORT, e.g. db.internal:5432, or --socks'],
      [['db.internal:5432', '--socks', ...flags], '--socks and HOST:PORT cannot be combined'],
      [['db.internal:5432'], 'pass --stage NAME: this machine serves no stage'],
      [['db.internal:5432', ...flags, '--tunnel', 'defualt'], 'did you mean'],
      [['db.internal:5432', ...flags, '--function', 'bills'], 'there is no function "bills"'],
    ] as const) {
      const ran = await run(...args);
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringMatching(new RegExp(escaped(words), 'i'))]);
    }
    expect(await at.items()).toEqual([]);
  });
});

test('without --stage it is the one that this machine serves, while that is one', async () => {
  at = await TunnelledStage.start();
  const state = { XDG_STATE_HOME: join(at.root, '.state') };
  const serve = at.livectl(['serve', '--stage', stage, '--root', at.root, '--format', 'json'], state);
  await serve.event('ready');
  const livectl = at.livectl(['tunnel', 'db.internal:5432', '--format', 'json'], state);
  const { port } = await eventOf(livectl, 'ready');
  expect(await ask(port, 'select 1')).toBe('SELECT 1');
  expect(await livectl.stop()).toBe(0);
  const env = { ...at.environment, ...state };
  for (const flags of [
    ['--region', 'ap-east-9'],
    ['--name', 'other'],
  ]) {
    const ran = await runLivectl(['tunnel', 'db.internal:5432', ...flags], { env });
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('this machine serves no stage')]);
  }
  expect(await serve.stop()).toBe(0);
});

test('everything to AWS goes through the machine’s proxy', async () => {
  at = await TunnelledStage.start();
  const reached = new Set<string>();
  const proxy = createHttpServer().listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  at.cleanup(() => proxy.close());
  proxy.on('connect', (request, client: Socket, head: Buffer) => {
    reached.add(request.url ?? '');
    const [host = '', port = ''] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    client.on('error', () => upstream.destroy());
  });
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const env = { HTTP_PROXY: url, http_proxy: url, NO_PROXY: '', no_proxy: '' };
  const args = ['tunnel', 'db.internal:5432', '--stage', stage, '--format', 'json'];
  const livectl = at.livectl(args, env);
  const { port } = await eventOf(livectl, 'ready');
  expect(await ask(port, 'select 1')).toBe('SELECT 1');
  expect([...reached]).toEqual([new URL(at.cloud.endpointUrl).host]);
  expect(await livectl.stop()).toBe(0);
});

describe('--socks', () => {
  /** As RFC 1928 and 1929 have it, all at once. */
  function open(port: number, password: string, host: string, to: number): Socket {
    const socket = connect(port, '127.0.0.1');
    const user = 'livectl';
    socket.on('error', () => undefined);
    socket.write(
      Buffer.concat([
        Buffer.from([5, 1, 2, 1, user.length, ...Buffer.from(user)]),
        Buffer.from([password.length, ...Buffer.from(password)]),
        Buffer.from([5, 1, 0, 3, host.length, ...Buffer.from(host), to >> 8, to & 255]),
      ]),
    );
    return socket;
  }

  test('reaches every allowed destination with its password, and keeps that private', async () => {
    at = await TunnelledStage.start();
    const livectl = at.livectl(['tunnel', '--socks', '--stage', stage, '--format', 'json']);
    const ready = await eventOf(livectl, 'ready');
    const file = ready.password_file as string;
    const password = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(livectl.stdout).not.toContain(password);
    const socket = open(ready.port, password, 'db.internal', 5432);
    socket.end('select 1');
    const answer = Buffer.from(await text(socket), 'utf8');
    expect(answer.subarray(-8).toString()).toBe('SELECT 1');

    const stranger = open(ready.port, 'a guess', 'db.internal', 5432);
    expect([...Buffer.from(await text(stranger))]).toEqual([5, 2, 1, 1]);
    const elsewhere = open(ready.port, password, 'db.internal', 22);
    expect((await text(elsewhere)).charCodeAt(5)).toBe(2);
    expect(await eventOf(livectl, 'connection_failed')).toMatchObject({
      port: 22,
      code: 'not-allowed',
      message: expect.stringContaining('allow'),
    });
    expect(await livectl.stop()).toBe(0);
    expect(livectl.leftBehind()).toEqual([]);
  });

  test('on a pipe the line to paste reads the password from its file', async () => {
    at = await TunnelledStage.start();
    const livectl = at.livectl(['tunnel', '--socks', '--stage', stage]);
    await livectl.until(() => livectl.stdout.includes('Ctrl-C ends it'), 'ready');
    const [, file = ''] = /socks5h:\/\/livectl:\$\(cat (.+)\)@127\.0\.0\.1:\d+/.exec(livectl.stdout) ?? [];
    expect(livectl.stdout).not.toContain(readFileSync(file, 'utf8'));
  });
});

function escaped(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
