// The inspector of `serve --observe`, and of a `serve` that is displaced, beside a stage that others use too.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { developerEnvironment } from './developer-environment.ts';
import { Livectl } from './livectl-process.ts';
import { SharedStage } from './shared-stage.ts';

let shared: SharedStage;
let livectls: Livectl[];

beforeEach(async () => {
  livectls = [];
  shared = await SharedStage.start();
  await shared.putManifest({ understands: ['filters', 'observe'] });
});
afterEach(async () => {
  for (const each of livectls) await each.dispose();
  await shared.close();
});

function serve(...flags: string[]): Livectl {
  const args = [
    'serve',
    '--stage',
    'dev',
    '--function',
    'orders',
    '--format',
    'json',
    '--no-record',
    ...flags,
  ];
  const livectl = new Livectl(args, { env: developerEnvironment(shared.cloud) });
  livectls.push(livectl);
  return livectl;
}

/** Requests of a browser that has opened the link. */
async function browser(livectl: Livectl) {
  const { inspector = '' } = await livectl.event('ready');
  const opened = await fetch(inspector, { redirect: 'manual' });
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { origin } = new URL(inspector);
  return async (path: string, init: RequestInit = {}) => {
    const headers = { cookie, origin, 'content-type': 'application/json' };
    return fetch(origin + path, { headers, ...init });
  };
}

test('shows copies of what the deployed code answers, and replays nothing', async () => {
  const livectl = serve('--observe');
  const ask = await browser(livectl);
  expect(await (await ask('/api/v1/state')).json()).toMatchObject({
    stage: 'dev',
    place: 'stage',
    observing: true,
    functions: [{ name: 'orders', runtime: expect.any(String) }],
  });
  expect(await shared.call('orders', {}, '?a=1')).toBe('deployed?a=1');
  await livectl.event('invoke');
  const { items } = (await (await ask('/api/v1/invocations')).json()) as { items: { key: string }[] };
  expect(items).toMatchObject([
    { function: 'orders', trigger: 'GET /?a=1', observed: true, answered_by: 'deployed', status: 'ok' },
  ]);
  const key = items[0]?.key ?? '';
  expect(await (await ask(`/api/v1/invocations/${key}/event`)).json()).toMatchObject({
    rawQueryString: 'a=1',
  });
  expect(await (await ask(`/api/v1/invocations/${key}/result`)).json()).toMatchObject({
    body: 'deployed?a=1',
  });
  const replay = await ask('/api/v1/replays', { method: 'POST', body: JSON.stringify({ of: key }) });
  expect(replay.status).toBe(501);
  const state = (await (await ask('/api/v1/state')).json()) as { counts: unknown };
  expect(state.counts).toEqual({ orders: { invocations: 1, failed: 0 } });
  expect(await livectl.stop()).toBe(0);
});

test('--no-inspector with --observe names none', async () => {
  const ready = await serve('--observe', '--no-inspector').event('ready');
  expect(ready).not.toHaveProperty('inspector');
});

test('an open page learns who has displaced its serve, and that it ends', async () => {
  const tom = shared.serve('tom');
  const ask = await browser(tom);
  const stream = await ask('/api/v1/events');
  const all = stream.text();
  const eve = shared.serve('eve');
  expect(await tom.exited).toBe(3);
  const messages = (await all).split('\n\n').map((text) => ({
    name: /^event: (.*)$/m.exec(text)?.[1],
    data: JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? 'null'),
  }));
  const displaced = await tom.event('displaced');
  const { host = '', user = '' } = displaced.by ?? {};
  expect(messages.filter(({ name }) => name === 'displaced')).toMatchObject([{ data: displaced }]);
  expect(messages.findLast(({ name }) => name === 'state')?.data).toMatchObject({
    stage: 'dev',
    displaced: { by: `${user} on ${host}` },
  });
  expect(messages.map(({ name }) => name)).toContain('stopped');
  await eve.event('ready');
});
