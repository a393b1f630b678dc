// Who may use the inspector: this user's programs with the token, and browsers that have opened a one-time link.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { cookieMs } from '../../src/inspector/browser-cookie.ts';
import { linkMs } from '../../src/inspector/one-time-links.ts';
import { canBeAnotherUser, sentByAnotherUser } from '../loopback/other-user.ts';
import { StartedInspector, token } from './started-inspector.ts';

let started: StartedInspector;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  started = await StartedInspector.start({ clock });
});
afterEach(() => started.close());

const pathOf = (url: string) => url.slice(new URL(url).origin.length);

describe('a one-time link', () => {
  test('gives a cookie that only the browser’s requests to this page carry, and leaves the history', async () => {
    const { headers, status } = await started.ask(pathOf(started.inspector.url()));
    expect(status).toBe(303);
    expect(headers.location).toBe('/');
    const [cookie = '', ...others] = headers['set-cookie'] ?? [];
    expect(others).toEqual([]);
    expect(cookie.split('; ').slice(1)).toEqual(['Path=/', 'Max-Age=604800', 'HttpOnly', 'SameSite=Strict']);
    expect(cookie).toContain(String(started.port));
    const page = await started.ask('/', { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(page).toMatchObject({ status: 200, body: '<title>the page</title>' });
    const policy = String(page.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
  });

  test('opens once', async () => {
    const path = pathOf(started.inspector.url());
    const { headers } = await started.ask(path);
    const again = await started.ask(path);
    expect(again.status).toBe(403);
    expect(again.headers['set-cookie']).toBeUndefined();
    expect(again.body).toContain('Press o in the terminal');
    const known = { cookie: headers['set-cookie']?.[0]?.split(';')[0] ?? '' };
    const byKnown = await started.ask(path, { headers: known });
    expect(byKnown.status).toBe(403);
    expect(byKnown.body).toContain('<a href="/">');
  });

  test('expires after ten minutes', async () => {
    const path = pathOf(started.inspector.url());
    const late = pathOf(started.inspector.url());
    clock.advance(linkMs - 1);
    expect((await started.ask(path)).status).toBe(303);
    clock.advance(1);
    expect((await started.ask(late)).status).toBe(403);
  });

  test.each(['', 'x', '%00', 'a'.repeat(10_000)])(
    'with a wrong token gives nothing: %.20s',
    async (wrong) => {
      const { headers, status } = await started.ask(`/?token=${wrong}`);
      expect(status).toBe(403);
      expect(headers['set-cookie']).toBeUndefined();
    },
  );

  test('is not redeemed by another method, path or site', async () => {
    const path = pathOf(started.inspector.url());
    expect((await started.ask(path, { method: 'HEAD' })).status).toBe(401);
    expect((await started.ask(path.replace('/?', '/app.js?'))).status).toBe(401);
    expect((await started.ask(path, { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    expect((await started.ask(path, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(303);
  });

  test('is created for programs, not for pages', async () => {
    const { json, status } = await started.program('/api/v1/links', { method: 'POST' });
    expect(status).toBe(201);
    const { url } = json() as { url: string };
    expect((await started.ask(pathOf(url))).status).toBe(303);
    const headers = { cookie: await started.cookie(), origin: started.inspector.address };
    expect((await started.ask('/api/v1/links', { method: 'POST', headers })).status).toBe(403);
  });
});

describe('a cookie', () => {
  const get = async (cookie: string, from = started) =>
    (await from.ask('/api/v1/state', { headers: { cookie } })).status;

  test('is valid for a week, also beside others of its name', async () => {
    const cookie = await started.cookie();
    const [name = ''] = cookie.split('=');
    expect(await get(cookie)).toBe(200);
    expect(await get(`${name}=1.x; theme=dark; ${cookie}`)).toBe(200);
    clock.advance(cookieMs);
    expect(await get(cookie)).toBe(401);
  });

  test.each([
    ['that is longer valid', (cookie: string) => cookie.replace(/=(\d)/, '=9$1')],
    ['without a signature', (cookie: string) => cookie.replace(/\..*/, '')],
    ['with another signature', (cookie: string) => cookie.replace(/\..*/, `.${'A'.repeat(43)}`)],
    ['without a value', (cookie: string) => cookie.replace(/=.*/, '=')],
    ['of no number', (cookie: string) => cookie.replace(/=.*\./, '=NaN.')],
    ['of another name', (cookie: string) => cookie.replace('livectl', 'other')],
  ])('%s is refused', async (_what, forge) => {
    expect(await get(forge(await started.cookie()))).toBe(401);
  });

  test('of a run with another secret, or for another port, is refused', async () => {
    const cookie = await started.cookie();
    const { kept } = started.inspector;
    const other = await StartedInspector.start({ clock, kept });
    try {
      // The port is taken, so this one has another; a page of the first may not use it.
      expect(other.port).not.toBe(started.port);
      expect(await get(cookie, other)).toBe(401);
      expect(await get(cookie.replace(String(started.port), String(other.port)), other)).toBe(401);
    } finally {
      await other.close();
    }
    await started.close();
    started = await StartedInspector.start({ clock, kept: { ...kept, secret: 'B'.repeat(43) } });
    expect(started.port).toBe(kept.port);
    expect(await get(cookie)).toBe(401);
  });

  test('is still valid after a restart at the same address', async () => {
    const cookie = await started.cookie();
    const { kept } = started.inspector;
    await started.close();
    started = await StartedInspector.start({ clock, kept });
    expect(started.inspector.address).toBe(`http://127.0.0.1:${kept.port}`);
    expect(await get(cookie)).toBe(200);
  });
});

test('nobody else gets anything', async () => {
  for (const path of ['/', '/app.js', '/nothing', '/api/v1/state', '/api/v1/events', '/api/v1/nothing'])
    expect((await started.ask(path)).status).toBe(401);
  for (const authorization of [`Bearer ${token}x`, 'Bearer ', token, `bearer ${token}`])
    expect((await started.ask('/api/v1/state', { headers: { authorization } })).status).toBe(401);
  expect((await started.program('/api/v1/state')).status).toBe(200);
  expect((await started.ask('/')).body).toContain('Press o in the terminal');
});

describe('other sites', () => {
  const hosts = [
    'evil.example',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    '[::1]:PORT',
    '127.0.0.1:PORT.evil.example',
  ];

  test.each(hosts)('whose name leads here are refused: %s', async (host) => {
    const headers = { host: host.replace('PORT', String(started.port)), cookie: await started.cookie() };
    expect((await started.program('/api/v1/state', { headers })).status).toBe(403);
    const path = pathOf(started.inspector.url());
    expect((await started.ask(path, { headers })).status).toBe(403);
  });

  test.each([
    ['https://evil.example'],
    ['null'],
    [''],
    ['http://127.0.0.1'],
    ['https://127.0.0.1:PORT'],
    ['http://localhost:PORT'],
    ['http://127.0.0.1:3000'],
    ['http://127.0.0.1:PORT.evil.example'],
  ])('are refused by their Origin: %s', async (origin) => {
    const headers = { cookie: await started.cookie(), origin: origin.replace('PORT', String(started.port)) };
    const reply = await started.ask('/api/v1/state', { headers });
    expect(reply.status).toBe(403);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    expect((await started.ask('/api/v1/state', { headers, method: 'OPTIONS' })).status).toBe(403);
  });

  test.each([
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ])('are refused by what the browser says of them: %j', async (headers) => {
    const cookie = await started.cookie();
    expect((await started.ask('/api/v1/state', { headers: { cookie, ...headers } })).status).toBe(403);
    expect((await started.ask('/', { headers: { cookie, ...headers } })).status).toBe(403);
  });

  test('cannot post a form, which needs no permission', async () => {
    const cookie = await started.cookie();
    const body = '{"of":"a1","x":"="}';
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      for (const [headers, status] of [
        [{ 'content-type': type, origin: 'https://evil.example' }, 403],
        [{ 'content-type': type, 'sec-fetch-site': 'cross-site' }, 403],
        // A browser that says nothing.
        [{ 'content-type': type }, 403],
        [{ 'content-type': type, origin: started.inspector.address }, 415],
      ] as const)
        expect(
          (await started.ask('/api/v1/replays', { method: 'POST', headers: { cookie, ...headers }, body }))
            .status,
        ).toBe(status);
  });

  test('cannot open a WebSocket', async () => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
    const headers = {
      ...upgrade,
      'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      cookie: await started.cookie(),
    };
    expect((await started.ask('/api/v1/events', { headers })).status).toBe(403);
    const foreign = { ...headers, origin: 'https://evil.example' };
    expect((await started.ask('/api/v1/events', { headers: foreign })).status).toBe(403);
  });
});

test('its own page may use it, by either name of this machine', async () => {
  const cookie = await started.cookie();
  for (const host of [
    `127.0.0.1:${started.port}`,
    `localhost:${started.port}`,
    `LOCALHOST:${started.port}`,
  ]) {
    const own = { cookie, host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await started.ask('/api/v1/state', { headers: own })).status).toBe(200);
    const headers = { ...own, 'content-type': 'application/json' };
    const replay = await started.ask('/api/v1/replays', { method: 'POST', headers, body: '{"of":"a1"}' });
    expect(replay.status).toBe(501);
  }
});

test.runIf(canBeAnotherUser)('another user of this machine is refused, whatever he knows', async () => {
  const ask = (path: string, header: string) =>
    sentByAnotherUser(
      started.port,
      `GET ${path} HTTP/1.1\r\nHost: ${started.host}\r\n${header}\r\nConnection: close\r\n\r\n`,
    );
  const link = pathOf(started.inspector.url());
  const refused = /^(HTTP\/1\.1 403 |$)/;
  expect(await ask('/api/v1/state', `Authorization: Bearer ${token}`)).toMatch(refused);
  expect(await ask('/', `Cookie: ${await started.cookie()}`)).toMatch(refused);
  expect(await ask(link, 'Accept: text/html')).toMatch(refused);
  // Nor did he use it up.
  expect((await started.ask(link)).status).toBe(303);
});
