// `livectl cloud`: a stage on this machine, for the built livectl in other terminals, as a team takes its first look.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { canBeAnotherUser, sentByAnotherUser } from '../loopback/other-user.ts';
import { startCloudProcess } from './cloud-process.ts';
import {
  copyOfExample,
  type JsRuntime,
  Livectl,
  project,
  repository,
  runLivectl,
} from './livectl-process.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Each answers with where its code is from. */
const functions = {
  orders: {
    ...{ handler: 'src/orders.handler', runtime: 'nodejs20.x', timeout: 10, mode: 'wrap' },
    ...{ function_name: 'orders', environment: { CURRENCY: 'EUR' }, triggers: { http: { path: '/orders' } } },
  },
  work: {
    ...{ handler: 'work.handler', runtime: 'nodejs20.x', timeout: 10, mode: 'wrap', function_name: 'work' },
    triggers: { sqs: {} },
  },
  reports: { handler: 'reports.handler', runtime: 'nodejs20.x', timeout: 10 },
};

const handler = (words: string) => `export const handler = async (event) => {
  console.log('of ${words}', event.Records?.[0]?.body);
  return '${words} in ' + process.env.CURRENCY;
};`;

/** A checkout of it. */
function checkout(words: string, text: object = { functions }): string {
  const { remove, root } = project({
    'livectl.json': JSON.stringify(text),
    'src/orders.ts': handler(words),
    'work.mjs': handler(words),
    'reports.mjs': handler(words),
    'package.json': '{"type":"module"}',
  });
  cleanups.push(remove);
  return root;
}

async function call(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(20_000) });
  return `${response.status} ${await response.text()}`;
}

describe.each<JsRuntime>(['node', 'deno'])('livectl cloud under %s', (runtime) => {
  test('runs the deployed code, and that of everybody who serves a part of the stage', async () => {
    const [deployed, own, colleagues] = [checkout('deployed'), checkout('local'), checkout('colleague')];
    const flags = ['--root', own, '--deployed', deployed, '--stage', 'dev-tom'];
    const { environment: env, livectl, ready, urlOf } = await startCloudProcess(flags, { runtime, cleanups });
    expect(ready).toMatchObject({ stage: 'dev-tom', deployed });
    expect(ready.functions.map(({ fallback, mode, name }) => [name, mode, fallback.kind])).toEqual([
      ['orders', 'wrap', 'deployed'],
      ['work', 'wrap', 'deployed'],
      ['reports', 'replace', 'none'],
    ]);
    expect(await call(urlOf('orders'))).toBe('200 deployed in EUR');
    expect(await call(urlOf('reports'))).toMatch(/^503 .*livectl serve --stage dev-tom/);

    const serve = async (root: string, ...more: string[]) => {
      const args = ['serve', '--stage', 'dev-tom', '--format', 'json', '--root', root, ...more];
      const client = new Livectl(args, { env, runtime });
      cleanups.push(() => client.dispose());
      return { client, ready: await client.event('ready') };
    };
    const tom = await serve(own, '--function', 'orders', '--function', 'reports');
    const ada = await serve(colleagues, '--function', 'work');
    expect(tom.ready.functions.map(({ fallback, url }) => [url, fallback.kind])).toEqual([
      [urlOf('orders'), 'deployed'],
      [undefined, 'none'],
    ]);
    // What the wrapper read before, that nobody serves, is valid for a second.
    await expect.poll(() => call(urlOf('orders')), { timeout: 10_000 }).toBe('200 local in EUR');
    expect(await call(urlOf('reports'))).toBe('200 local in undefined');
    // In a third terminal.
    const asked = (...args: string[]) =>
      runLivectl([...args, '--stage', 'dev-tom'], { env: { ...env, XDG_STATE_HOME: tom.client.tempDir } });
    const sent = await asked('trigger', 'sqs', 'work', '--body', 'tea');
    expect(sent.code, sent.stderr).toBe(0);
    await ada.client.event('log', ({ message }) => message === 'of colleague tea');
    const { code, stdout } = await asked('status', '--format', 'json');
    expect(JSON.parse(stdout).deployed.map(({ state }: { state: string }) => state)).toEqual([
      'wrapped',
      'wrapped',
      'stub',
    ]);
    expect(code).toBe(0);
    const told = [...tom.client.events, ...ada.client.events];
    expect(told.filter(({ event }) => event === 'error')).toEqual([]);
    expect(JSON.stringify(told)).not.toContain('could not be read');

    expect(await tom.client.stop()).toBe(0);
    expect(await call(urlOf('orders'))).toBe('200 deployed in EUR');
    await livectl.event('deployed_log', ({ message }) => message.includes('of deployed'));
    expect(await ada.client.stop()).toBe(0);
    expect(await livectl.stop('SIGTERM')).toBe(0);
    expect(livectl.stdout.trimEnd().split('\n').at(-1)).toMatch(/^\{"event":"stopped","time":"[^"]+"\}$/);
    expect(livectl.stderr).toBe('');
    expect(livectl.leftBehind()).toEqual([]);
    expect(existsSync(join(deployed, '.livectl'))).toBe(false);
  });
});

test('what it prints makes another terminal serve the stage', async () => {
  const { remove, root } = copyOfExample('quickstart');
  cleanups.push(remove);
  const cloud = new Livectl(['cloud', '--root', root, '--port', '0'], { env: { AWS_PROFILE: 'production' } });
  cleanups.push(() => cloud.dispose());
  await cloud.until(() => /\nlivectl serve .*\n/.test(cloud.stdout), 'what to paste');
  const url = /curl '(http:.*)'/.exec(cloud.stdout)?.[1] ?? '';
  expect(cloud.stdout).toContain('hello: replaced, invocations fail while nobody serves');
  expect(await call(url)).toMatch(/^503 /);
  // From the first variable to the command.
  const pasted = /\n(export [\s\S]*?\nlivectl serve .*)\n/.exec(cloud.stdout)?.[1] ?? '';
  const built = `'${process.execPath}' '${join(repository, 'dist/livectl.mjs')}'`;
  const script = pasted.replace(/\nlivectl /, `\nexec ${built} `);
  const serve = execFile('bash', ['-euc', `cd /\n${script}`], {
    env: { PATH: process.env.PATH, AWS_PROFILE: 'production', XDG_STATE_HOME: cloud.tempDir },
  });
  cleanups.push(() => serve.kill());
  let said = '';
  // Its output stays open: a livectl that nobody listens to any more ends.
  await new Promise<void>((resolve) => {
    serve.stdout?.on('data', (text) => {
      said += text;
      if (said.includes('Press Ctrl-C to stop.')) resolve();
    });
  });
  expect(said).toContain('Serving 1 function of stage dev');
  expect(await call(`${url}?name=ada`)).toMatch(/^200 /);
  const ended = once(serve, 'exit');
  serve.kill('SIGINT');
  await ended;
  expect(await cloud.stop()).toBe(0);
  expect(cloud.stdout).toContain('stopped: the stage, its queues and its temporary files are gone');
});

describe('refuses', () => {
  const run = (root: string, ...flags: string[]) =>
    runLivectl(['cloud', '--root', root, '--port', '0', ...flags], { cwd: '/' });

  test('a name that no stage can have', async () => {
    const { code, stderr } = await run(checkout('deployed'), '--stage', 'a#b');
    expect([code, stderr]).toEqual([
      2,
      'livectl cloud: "a#b" is not a valid stage name (1 to 32 letters, digits, - and _, the first a letter or digit)\n  livectl cloud --help shows examples\n',
    ]);
  });

  test('a folder without a manifest, and a deployed folder without the code', async () => {
    const { remove, root } = project({ 'work.mjs': handler('deployed') });
    cleanups.push(remove);
    const none = await run(root);
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringContaining(`There is no ${root}/livectl.json`),
    ]);
    const half = await run(checkout('local'), '--deployed', root);
    expect([half.code, half.stderr]).toEqual([2, expect.stringContaining('functions.orders.handler')]);
    expect(half.stderr).toContain(root);
    expect(half.stderr).not.toContain('functions.work');
    expect(existsSync(join(root, '.livectl'))).toBe(false);
    const missing = await run(checkout('local'), '--deployed', join(root, 'none'));
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining(`There is no folder ${root}/none, whose code would be deployed.`),
    ]);
  });

  test('a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    cleanups.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const taken = await run(checkout('deployed'), '--port', String(port), '--format', 'json');
    expect(taken.code).toBe(2);
    expect(JSON.parse(taken.stdout)).toMatchObject({
      event: 'error',
      code: 'LD_PORT_IN_USE',
      message: `Port ${port} of 127.0.0.1 is in use by another program`,
    });
  });

  test.skipIf(!canBeAnotherUser)('another user of the machine, at both of its doors', async () => {
    const { ready, urlOf } = await startCloudProcess(['--root', checkout('deployed')], { cleanups });
    const doors = [urlOf('orders'), `${ready.env.AWS_ENDPOINT_URL}/2015-03-31/functions/orders/invocations`];
    for (const door of doors) {
      const { port, pathname } = new URL(door);
      const [status = ''] = (
        await sentByAnotherUser(
          Number(port),
          `POST ${pathname} HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
        )
      ).split('\r\n');
      expect(status).toBe('HTTP/1.1 403 Forbidden');
    }
  });
});

test('a function whose build fails does not keep the others from answering', async () => {
  const broken = { ...functions.work, handler: 'broken.handler', function_name: 'broken' };
  const root = checkout('deployed', { functions: { ...functions, broken } });
  writeFileSync(join(root, 'broken.ts'), 'export const handler = async () => {');
  const { livectl, ready, urlOf } = await startCloudProcess(['--root', root], { cleanups });
  const why = "broken: its deployed code can't be run here";
  await livectl.event('notice', ({ message }) => message.startsWith(why));
  const found = ready.functions.find(({ name }) => name === 'broken');
  expect(found).toMatchObject({ mode: 'wrap', fallback: { kind: 'none' } });
  expect(await call(urlOf('orders'))).toBe('200 deployed in EUR');
});
