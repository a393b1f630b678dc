// `serve --only`: developers share a stage, each with the requests that are theirs; the deployed code answers all others.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { documented } from '../../../terraform/test/documented.ts';
import { SharedStage } from './shared-stage.ts';

let shared: SharedStage;

beforeEach(async () => {
  shared = await SharedStage.start();
});
afterEach(() => shared.close());

const words = documented('docs/shared-stage.md', 'livectl serve --stage dev --only header:x-dev=tom');
const onlyTom = words.slice(3);

const header = (name: string) => ({ 'X-Dev': name });

test('of 1,000 interleaved requests each is answered by the client whose filter matches it, the others by deployed code', async () => {
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom', '--only', 'cookie:dev=tom');
  const ann = shared.serve('ann', '--only', '{"headers":{"x-dev":["ann"]}}');
  const bob = shared.serve('bob', '--only', 'query:dev=b*b');
  for (const each of [tom, ann, bob]) await each.event('ready');
  const kinds: (() => Promise<[string, string]>)[] = [
    async () => [await shared.call('orders', header('tom')), 'tom'],
    async () => [await shared.call('orders', header('ann')), 'ann'],
    async () => [await shared.call('orders', {}, '?a=1&dev=b%6Fb'), 'bob?a=1&dev=b%6Fb'],
    async () => [await shared.call('orders', { cookie: 'a=1; dev=tom' }), 'tom'],
    async () => [await shared.call('orders'), 'deployed'],
    async () => [await shared.call('falls-back', header('ann')), 'ann'],
    async () => [await shared.call('orders', header('tomas')), 'deployed'],
    async () => [await shared.call('falls-back'), 'deployed'],
  ];
  const wrong: string[] = [];
  let next = 0;
  const caller = async () => {
    while (next < 1000) {
      const kind = kinds[next % kinds.length];
      next += 1;
      const [answer, expected] = (await kind?.()) ?? [];
      if (answer !== expected) wrong.push(`${answer} in place of ${expected}`);
    }
  };
  await Promise.all([caller(), caller()]);
  expect(wrong).toEqual([]);
  const invokes = tom.events.filter(({ event }) => event === 'invoke');
  expect(invokes).toHaveLength(250);
  expect(new Set(invokes.map((each) => ('only' in each ? each.only : undefined)))).toEqual(
    new Set(['header:x-dev=tom', 'cookie:dev=tom']),
  );
  expect((await ann.event('invoke')).only).toBe('{"headers":{"x-dev":["ann"]}}');
}, 120_000);

test('the first request after ready is the new client’s, under steady traffic of others', async () => {
  expect(await shared.call('orders', header('tom'))).toBe('deployed');
  let isOver = false;
  const traffic = (async () => {
    while (!isOver) expect(await shared.call('orders')).toBe('deployed');
  })();
  const tom = shared.serve('tom', ...onlyTom);
  await tom.event('ready');
  expect(await shared.call('orders', header('tom'))).toBe('tom');
  isOver = true;
  await traffic;
});

test('a client without a filter gets what no filter matches', async () => {
  const rest = shared.serve('rest');
  await rest.event('ready');
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom');
  await tom.event('notice', (each) =>
    each.message.endsWith('serves what no filter matches of falls-back, orders'),
  );
  await tom.event('ready');
  await rest.event('notice', (each) => /serves orders where header:x-dev=tom/.test(each.message));
  expect(await shared.call('orders', header('tom'))).toBe('tom');
  expect(await shared.call('orders')).toBe('rest');
  expect(await tom.stop()).toBe(0);
  await rest.event('notice', (each) => /no longer serves orders where/.test(each.message));
  expect(await shared.call('orders', header('tom'))).toBe('rest');
});

test('equal filters displace each other by name, other ones do not, and the newer answers', async () => {
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom');
  await tom.event('ready');
  const refused = shared.serve('late', '--only', 'header:X-Dev=tom', '--no-takeover');
  expect(await refused.exited).toBe(3);
  expect(refused.stdout).toContain('is serving orders of stage dev where header:X-Dev=tom');
  const wide = shared.serve('wide', '--only', 'header:x-dev=t*');
  await wide.event('notice', (each) => each.message.includes('header:x-dev=tom; where a filter of each'));
  await tom.event('notice', (each) => each.message.includes('header:x-dev=t*; where a filter of each'));
  await wide.event('ready');
  expect(await shared.call('orders', header('tom'))).toBe('wide');
  const again = shared.serve('again', '--only', 'header:X-DEV=tom');
  await again.event('notice', (each) => each.message.startsWith('took over from'));
  expect(await tom.exited).toBe(3);
  expect((await tom.event('displaced')).by?.host).toBeTruthy();
  await again.event('ready');
  expect(await shared.call('orders', header('tom'))).toBe('again');
  expect(await shared.call('orders', header('tim'))).toBe('wide');
});

test('a client that is killed gives its share back within a second of the failed post', async () => {
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom');
  await tom.event('ready');
  for (const name of ['orders', 'falls-back']) expect(await shared.call(name, header('tom'))).toBe('tom');
  expect(await tom.stop('SIGKILL')).toBe('SIGKILL');
  for (const name of ['orders', 'falls-back']) {
    expect(await shared.call(name, header('tom'))).toBe('deployed');
    expect(await shared.call(name)).toBe('deployed');
  }
});

test('stubs of an earlier module ignore filters, and serve reports that once', async () => {
  await shared.putManifest({});
  const tom = shared.serve('tom', ...onlyTom);
  await tom.event('ready');
  const old = tom.events.filter(
    ({ event, ...rest }) => event === 'notice' && JSON.stringify(rest).includes('ignore filters'),
  );
  expect(old).toHaveLength(1);
});

test('if nothing answers the rest it does not start, and reports what to add', async () => {
  const refused = shared.serve('tom', '--function', 'replaced', '--only', 'header:x-dev=tom');
  expect(await refused.exited).toBe(2);
  expect(refused.stdout).toContain('replaced of stage dev has nothing that answers');
  expect(refused.stdout).toContain('set mode = \\"wrap\\" or fallback_arn for it');
});

test('of several that take the same filter at once one is left, and the others report who displaced them', async () => {
  const all = ['one', 'two', 'three'].map((words) => shared.serve(words, '--only', 'header:x-dev=tom'));
  const ended = all.map((each) => each.exited.then((code) => ({ each, code })));
  const first = await Promise.race(ended);
  const second = await Promise.race(ended.filter((_, at) => all[at] !== first.each));
  expect([first.code, second.code]).toEqual([3, 3]);
  for (const { each } of [first, second]) expect((await each.event('displaced')).by?.host).toBeTruthy();
  const left = all.find((each) => each !== first.each && each !== second.each);
  await left?.event('ready');
  expect(['one', 'two', 'three']).toContain(await shared.call('orders', header('tom')));
  expect(left?.events.filter(({ event }) => event === 'invoke')).toHaveLength(1);
  expect(left?.events.some(({ event }) => event === 'displaced')).toBe(false);
});

test('status lists who serves what by which filter', async () => {
  const tom = shared.serve('tom', '--only', 'header:x-dev=tom', '--only', '{"a":[1]}');
  const rest = shared.serve('rest', '--function', 'orders');
  for (const each of [tom, rest]) await each.event('ready');
  const { stdout } = await shared.livectl('status', '--stage', 'dev', '--format', 'json');
  const { clients } = JSON.parse(stdout) as { clients: Record<string, string>[] };
  const listed = clients.map((client) => [client.function, client.only ?? '']);
  expect(listed.sort()).toEqual([
    ['falls-back', 'header:x-dev=tom'],
    ['falls-back', '{"a":[1]}'],
    ['orders', ''],
    ['orders', 'header:x-dev=tom'],
    ['orders', '{"a":[1]}'],
  ]);
  for (const client of clients) {
    expect(client).toMatchObject({ user: expect.any(String), host: expect.any(String) });
    expect(Date.parse(client.since ?? '')).not.toBeNaN();
  }
  const shown = await shared.livectl('status', '--stage', 'dev');
  expect(shown.stdout).toMatch(/\(orders only, where header:x-dev=tom\) since/);
});
