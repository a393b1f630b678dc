// Which web pages may call the local cloud's functions: a browser's headers, as it sends them, and what they get.
import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import { isForeignPage, refusalOfCaller } from '../../../src/cloud/http-api/callers.ts';
import { isFromBrowser } from '../../../src/loopback/browser.ts';

const fetched = (site: string, mode: string, dest: string, more: Record<string, string> = {}) => ({
  'sec-fetch-site': site,
  'sec-fetch-mode': mode,
  'sec-fetch-dest': dest,
  ...more,
});
const evil = { origin: 'https://evil.example' };

describe('a page', () => {
  test.each<[string, string, Record<string, string>]>([
    ['posts by fetch, with CORS', 'POST', fetched('cross-site', 'cors', 'empty', evil)],
    ['posts by fetch, without', 'POST', fetched('cross-site', 'no-cors', 'empty', evil)],
    ['submits a form', 'POST', fetched('cross-site', 'navigate', 'document', evil)],
    ['submits one from a sandbox', 'POST', fetched('cross-site', 'navigate', 'document', { origin: 'null' })],
    ['asks first', 'OPTIONS', fetched('cross-site', 'cors', 'empty', evil)],
    ['shows an image', 'GET', fetched('cross-site', 'no-cors', 'image')],
    ['loads a script', 'GET', fetched('cross-site', 'no-cors', 'script')],
    ['has a frame', 'GET', fetched('cross-site', 'navigate', 'iframe')],
    ['beacons', 'POST', fetched('cross-site', 'no-cors', 'empty', evil)],
    ['of an old browser posts', 'POST', evil],
    ['of a file posts', 'POST', { origin: 'null' }],
    ['of a name that ends alike posts', 'POST', { origin: 'https://localhost.evil.example' }],
    ['of a name that begins alike posts', 'POST', { origin: 'https://evil-localhost' }],
    ['of a user name that looks alike posts', 'POST', { origin: 'https://localhost@evil.example' }],
    ['says two things', 'GET', { 'sec-fetch-site': 'cross-site, none' }],
  ])('of another site that %s is refused', (_, method, headers) => {
    expect(isForeignPage({ method, headers }, [])).toBe(true);
    expect(isForeignPage({ method, headers }, ['https://app.example'])).toBe(true);
    expect(isFromBrowser(headers)).toBe(true);
  });

  test.each<[string, string, Record<string, string>]>([
    [
      'a front end on another port',
      'POST',
      fetched('same-site', 'cors', 'empty', { origin: 'http://localhost:5173' }),
    ],
    [
      'a front end at another name',
      'POST',
      fetched('cross-site', 'cors', 'empty', { origin: 'http://127.0.0.1:8080' }),
    ],
    [
      'a function’s own page',
      'POST',
      fetched('same-origin', 'cors', 'empty', { origin: 'http://api.localhost:3000' }),
    ],
    ['a page by IPv6', 'POST', { origin: 'http://[::1]:4200' }],
    ['an app with a web view', 'POST', { origin: 'capacitor://localhost' }],
    ['an image of a front end', 'GET', fetched('same-site', 'no-cors', 'image')],
    ['an address that was typed', 'GET', fetched('none', 'navigate', 'document', { 'sec-fetch-user': '?1' })],
    ['a redirect after a login', 'GET', fetched('cross-site', 'navigate', 'document')],
    ['curl', 'POST', {}],
    ['fetch of Node', 'POST', { 'sec-fetch-mode': 'cors' }],
  ])('%s is let in', (_, method, headers) => {
    expect(isForeignPage({ method, headers }, [])).toBe(false);
  });

  test('of an origin that "cors" allows is accepted', () => {
    const page = { method: 'POST', headers: { origin: 'https://App.example' } };
    expect(isForeignPage(page, ['https://app.example'])).toBe(false);
    expect(isForeignPage(page, ['*'])).toBe(false);
    expect(isForeignPage(page, ['https://other.example', 'app.example'])).toBe(true);
  });
});

test('a program’s request is not a browser’s', () => {
  expect(isFromBrowser({ host: 'x', 'user-agent': 'curl/8' })).toBe(false);
  expect(isFromBrowser({ 'sec-fetch-mode': 'cors', 'accept-language': '*' })).toBe(false);
  expect(isFromBrowser({ 'sec-fetch-mode': 'no-cors' })).toBe(true);
  expect(isFromBrowser({ referer: 'http://x/' })).toBe(true);
});

test('a caller that is gone is refused, and not reported as another user', async () => {
  const request = { method: 'GET', headers: {}, socket: {} } as IncomingMessage;
  const isLinux = process.platform === 'linux';
  const refused = await refusalOfCaller(request, { allowOrigins: [], otherUsers: false });
  expect(refused).toEqual(isLinux ? { from: 'gone' } : undefined);
  expect(await refusalOfCaller(request, { allowOrigins: [], otherUsers: true })).toBeUndefined();
});
