// The inspector's API over a real port, as docs/inspector-api.md describes it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import type { InspectorOptions } from '../../src/inspector/inspector.ts';
import { replayAnswerMs } from '../../src/inspector/replay-request.ts';
import { row } from './memory-recordings.ts';
import { facts, StartedInspector } from './started-inspector.ts';

let started: StartedInspector;

async function start(options: Partial<InspectorOptions> = {}): Promise<StartedInspector> {
  await started?.close();
  started = await StartedInspector.start(options);
  return started;
}

beforeEach(() => start());
afterEach(() => started.close());

const jsonBody = (text: string) => ({
  bytes: Buffer.from(text),
  contentType: 'application/json',
  isCut: false,
});

describe('the list', () => {
  test('has rows, newest first, and says how to go on', async () => {
    for (const key of ['a1', 'a2', 'a3']) started.recordings.add(row(key));
    const first = (await started.program('/api/v1/invocations?limit=2')).json();
    expect(first).toEqual({ items: [row('a3'), row('a2')], next: 'a2' });
    const second = (await started.program('/api/v1/invocations?limit=2&before=a2')).json();
    expect(second).toEqual({ items: [row('a1')] });
  });

  test('passes each filter on', async () => {
    const filters =
      'function=orders&status=error&source=sqs&text=a%20b&since=2026-01-02T00:00:00Z&until=2026-01-03';
    expect((await started.program(`/api/v1/invocations?${filters}`)).status).toBe(200);
    expect(started.recordings.queries).toEqual([
      {
        function: 'orders',
        status: 'error',
        source: 'sqs',
        text: 'a b',
        since: '2026-01-02T00:00:00.000Z',
        until: '2026-01-03T00:00:00.000Z',
        limit: 101,
      },
    ]);
  });

  test.each([
    'limit=0',
    'limit=1001',
    'limit=99999999999',
    'limit=1e3',
    'limit=-1',
    'status=late',
    'source=mqtt',
    'since=yesterday',
    'before=..%2F..%2Fetc',
    `text=${'x'.repeat(501)}`,
    'order=asc',
    'status=ok&status=error',
  ])('refuses %s', async (query) => {
    const { json, status } = await started.program(`/api/v1/invocations?${query}`);
    expect(status).toBe(422);
    expect(json()).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(query.split('=')[0] ?? ''),
    });
    expect(started.recordings.queries).toEqual([]);
  });
});

describe('one recording', () => {
  test('has its detail and, apart from it, its event and result', async () => {
    started.recordings.add(row('a1'));
    started.recordings.bodies.set('a1 event', jsonBody('{"n":1e400}'));
    started.recordings.bodies.set('a1 result', { ...jsonBody('[1,2'), isCut: true });
    expect((await started.program('/api/v1/invocations/a1')).json()).toMatchObject({ key: 'a1', lines: [] });
    const event = await started.program('/api/v1/invocations/a1/event');
    expect(event).toMatchObject({ status: 200, body: '{"n":1e400}' });
    expect(event.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="a1-event.json"',
      'x-content-type-options': 'nosniff',
    });
    expect(event.headers['x-cut']).toBeUndefined();
    const result = await started.program('/api/v1/invocations/a1/result');
    expect(result).toMatchObject({ body: '[1,2', headers: { 'x-cut': 'true' } });
  });

  test.each([
    ['text/html', 'text/plain; charset=utf-8'],
    ['text/javascript; charset=utf-8', 'text/plain; charset=utf-8'],
    ['application/javascript', 'application/octet-stream'],
    ['image/svg+xml', 'application/octet-stream'],
    ['application/problem+json', 'application/json; charset=utf-8'],
    ['application/json\r\nSet-Cookie: a=b', 'application/octet-stream'],
    ['text/plain\r\n\r\n<script>', 'text/plain; charset=utf-8'],
    ['', 'application/octet-stream'],
  ])('of type %j is sent as %s, and as nothing that runs', async (contentType, sent) => {
    started.recordings.bodies.set('a1 result', { ...jsonBody('<script>x</script>'), contentType });
    const { headers, status } = await started.program('/api/v1/invocations/a1/result');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': sent,
      'content-disposition': expect.stringMatching(/^attachment; /),
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining('sandbox'),
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  test.each([
    '/api/v1/invocations/zz',
    '/api/v1/invocations/zz/event',
    '/api/v1/invocations/zz/export?as=curl',
    '/api/v1/invocations/a1/lines',
    '/api/v1/invocations/a1/event/more',
    '/api/v1/invocations/..%2f..%2fetc%2fpasswd/event',
    '/api/v1/invocations/../../../etc/passwd',
    `/api/v1/invocations/${'a'.repeat(65)}`,
    '/api/v1/invocations/',
    '/api/v1/',
    '/api/v2/state',
    '/../package.json',
    '/app.js/../app.js',
    '//app.js',
    '/%61pp.js',
  ])('%s is not found', async (path) => {
    started.recordings.add(row('a1'));
    const { json, status } = await started.program(path);
    expect(status).toBe(404);
    expect(json()).toMatchObject({ code: 'not_found' });
  });

  test('is exported as a text', async () => {
    await start({ exportOptions: () => ({ placeArgs: ['--stage', 'dev-tom'] }) });
    started.recordings.add(row('a1', { function: 'or"ders\r\nX: y' }));
    started.recordings.bodies.set('a1 event', jsonBody('{"a":1}'));
    const reply = await started.program('/api/v1/invocations/a1/export?as=invoke');
    expect(reply.body).toContain(`--stage dev-tom --event '{"a":1}'`);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-disposition': 'attachment; filename="or_ders__X__y-a1.sh"',
    });
    const noRequest = await started.program('/api/v1/invocations/a1/export?as=curl');
    expect(noRequest).toMatchObject({ status: 422, body: expect.stringContaining('not an HTTP request') });
    expect((await started.program('/api/v1/invocations/a1/export?as=html')).status).toBe(422);
    expect((await started.program('/api/v1/invocations/a1/export')).status).toBe(422);
  });
});

test('the state follows the events of serve', async () => {
  const state = async () => (await started.program('/api/v1/state')).json();
  expect(await state()).toEqual({
    version: 1,
    ...JSON.parse(JSON.stringify(facts)),
    build: 'building',
    relay: 'connected',
    counts: {},
  });
  const { inspector } = started;
  const by = { user: 'eve', host: 'desk' };
  const text = 'Unexpected token';
  inspector.take({ event: 'ready', url: undefined, stage: 'dev', functions: [], trigger_args: [], ms: 1 });
  inspector.take({ event: 'result', id: 'i', function: 'orders', ok: false, ms: 3, code_ms: 1 });
  inspector.take({ event: 'holder', function: 'orders', by });
  inspector.take({ event: 'build_error', function: 'orders', errors: [{ text }], last_good: true });
  inspector.take({ event: 'reconnect', state: 'lost' });
  expect(await state()).toMatchObject({
    build: 'failed',
    build_errors: [{ function: 'orders', text }],
    relay: 'lost',
    functions: [{ name: 'orders', held_by: by }],
    counts: { orders: { invocations: 1, failed: 1 } },
  });
  inspector.take({ event: 'reload', function: 'orders', ms: 3, changed: [] });
  inspector.take({ event: 'reconnect', state: 'connected' });
  inspector.take({ event: 'holder', function: 'orders', by: undefined });
  inspector.take({ event: 'displaced', by });
  const last = (await state()) as Record<string, unknown>;
  expect(last).toMatchObject({ build: 'ok', relay: 'connected', displaced: { by: 'eve on desk' } });
  expect(last).not.toHaveProperty('build_errors');
  expect(last.functions).toEqual(JSON.parse(JSON.stringify(facts.functions)));
});

test('a program gets the answer of a replay as it was, a page as it is recorded', async () => {
  const originalResult = (key: string) => (key === 'a1' ? Buffer.from('{"token":"t"}') : undefined);
  await start({ originalResult });
  for (const key of ['a1', 'a2']) {
    started.recordings.add(row(key));
    started.recordings.bodies.set(`${key} result`, { ...jsonBody('{"token":"***"}'), isCut: true });
  }
  const original = await started.program('/api/v1/invocations/a1/result?masked=false');
  expect(original.body).toBe('{"token":"t"}');
  expect(original.headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8' });
  expect(original.headers).not.toHaveProperty('x-cut');
  const unknown = await started.program('/api/v1/invocations/a2/result?masked=false');
  expect(unknown.body).toBe('{"token":"***"}');
  expect(unknown.headers['x-cut']).toBe('true');
  expect((await started.program('/api/v1/invocations/zz/result?masked=false')).status).toBe(404);
  const cookie = await started.cookie();
  const page = (path: string) => started.ask(path, { headers: { cookie } });
  expect((await page('/api/v1/invocations/a1/result')).body).toBe('{"token":"***"}');
  expect((await page('/api/v1/invocations/a1/result?masked=false')).status).toBe(403);
});

describe('replays', () => {
  const replayed = row('b1', { replay_of: 'a1' });
  const given: unknown[] = [];
  const replay: InspectorOptions['replay'] = async ({ event, ...rest }) => {
    given.push({ ...rest, event: Buffer.from(event).toString() });
    return { key: 'b1', summary: replayed };
  };
  const recorded = () => {
    started.recordings.add(row('a1'));
    started.recordings.bodies.set('a1 event', jsonBody('{"password":"***"}'));
  };
  beforeEach(() => void given.splice(0));

  test('run the event as it was, as it is recorded, or as it was edited', async () => {
    let isKnown = true;
    const original = () => (isKnown ? Buffer.from('{"password":"p"}') : undefined);
    await start({ replay, original });
    recorded();
    const reply = await started.post('/api/v1/replays', { of: 'a1' });
    expect(reply.status).toBe(201);
    expect(reply.json()).toEqual(replayed);
    isKnown = false;
    await started.post('/api/v1/replays', { of: 'a1' });
    await started.post('/api/v1/replays', { of: 'a1', event: ' {"a": 1.0}' });
    const common = { function: 'orders', of: 'a1' };
    expect(given).toEqual([
      { ...common, edited: false, event: '{"password":"p"}' },
      { ...common, edited: false, event: '{"password":"***"}' },
      { ...common, edited: true, event: ' {"a": 1.0}' },
    ]);
  });

  test('that cannot run say why', async () => {
    await start({ replay });
    recorded();
    started.recordings.add(row('c1', { function: 'other' }));
    started.recordings.add(row('d1'));
    started.recordings.bodies.set('d1 event', { ...jsonBody('{"a'), isCut: true });
    const status = async (content: unknown, headers?: Record<string, string>) =>
      (await started.post('/api/v1/replays', content, headers)).status;
    expect(await status({ of: 'zz' })).toBe(404);
    expect(await status({ of: 'c1' })).toBe(409);
    expect(await status({ of: 'd1' })).toBe(422);
    expect(await status({ of: 'd1', event: '{}' })).toBe(201);
    expect(await status({ of: 'a1', event: '{' })).toBe(422);
    expect(await status({ of: 'a1', event: {} })).toBe(422);
    expect(await status({ of: '../a1' })).toBe(422);
    expect(await status('{')).toBe(422);
    expect(await status({ of: 'a1' }, { 'content-type': 'text/plain' })).toBe(415);
    expect((await started.program('/api/v1/replays')).status).toBe(405);
    expect(given).toHaveLength(1);
    await start({ replay: () => Promise.reject(new Error('no worker')) });
    recorded();
    const failed = await started.post('/api/v1/replays', { of: 'a1' });
    expect(failed.json()).toEqual({ code: 'conflict', message: 'no worker' });
    await start();
    expect((await started.post('/api/v1/replays', { of: 'a1' })).status).toBe(501);
  });

  test('that run for long are answered while they run', async () => {
    const clock = new ManualClock();
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const running = row('b1', { replay_of: 'a1', status: 'running' });
    await start({
      clock,
      replay: () => {
        started.recordings.add(running);
        begun();
        return new Promise(() => undefined);
      },
    });
    recorded();
    const asked = started.post('/api/v1/replays', { of: 'a1' });
    await hasBegun;
    clock.advance(replayAnswerMs);
    const reply = await asked;
    expect(reply.status).toBe(202);
    expect(reply.json()).toEqual(running);
  });
});

test('an unknown method is refused with those that are allowed', async () => {
  for (const [path, allow] of [
    ['/api/v1/state', 'GET'],
    ['/api/v1/invocations', 'GET, HEAD'],
    ['/app.js', 'GET, HEAD'],
  ] as const)
    expect(await started.program(path, { method: 'DELETE' })).toMatchObject({
      status: 405,
      headers: { allow },
    });
});
