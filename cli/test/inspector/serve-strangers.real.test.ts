// Pages of other sites, in the browser in which the inspector is open, against a real serve: none reads or changes anything.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { strangeName, whyNoBrowser } from './browser.ts';
import { PageSuite } from './page-suite.ts';
import { ServedShop } from './served-shop.ts';

/** Runs in the stranger's page: what each way to ask the inspector gives, with whatever cookies the browser adds. */
const attempts = `async (inspector) => {
  const asked = async (path, init) => {
    try {
      const response = await fetch(inspector + path, { credentials: 'include', ...init });
      return response.type === 'opaque' ? 'sent, not readable' : response.status + ' ' + (await response.text());
    } catch {
      return 'refused';
    }
  };
  const loaded = (tag, path, end) => new Promise((resolve) => {
    const element = document.createElement(tag);
    element.onload = () => resolve(end ? end(element) : 'loaded');
    element.onerror = () => resolve('refused');
    element[tag === 'link' ? 'href' : 'src'] = inspector + path;
    if (tag === 'link') element.rel = 'stylesheet';
    document.body.append(element);
  });
  const framed = (frame) => {
    try { return frame.contentDocument === null ? 'refused' : frame.contentDocument.body.textContent; } catch { return 'refused'; }
  };
  const replay = { method: 'POST', body: JSON.stringify({ of: window.name }) };
  return {
    read: await asked('/api/v1/invocations'),
    events: await asked('/api/v1/events'),
    link: await asked('/api/v1/links', { method: 'POST' }),
    form: await asked('/api/v1/replays', { ...replay, mode: 'no-cors', headers: { 'content-type': 'text/plain' } }),
    replay: await asked('/api/v1/replays', { ...replay, headers: { 'content-type': 'application/json' } }),
    script: await loaded('script', '/app.js'),
    style: await loaded('link', '/app.css'),
    image: await loaded('img', '/api/v1/state'),
    frame: await loaded('iframe', '/', framed),
    socket: await new Promise((resolve) => {
      const socket = new WebSocket(inspector.replace('http', 'ws') + '/api/v1/events');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('refused');
    }),
  };
}`;

const nothing = {
  read: 'refused',
  events: 'refused',
  link: 'refused',
  form: 'refused',
  replay: 'refused',
  script: 'refused',
  style: 'refused',
  image: 'refused',
  frame: 'refused',
  socket: 'refused',
};

describe.skipIf(whyNoBrowser() !== undefined)('strangers', () => {
  const suite = new PageSuite();
  let shop: ServedShop;
  let stranger: Server;
  let invocations = 0;
  beforeAll(async () => {
    shop = await ServedShop.start();
    stranger = createServer((_, response) =>
      response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>x</title><h1>x</h1>'),
    ).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    await order('ada');
  });
  afterAll(async () => {
    stranger?.closeAllConnections();
    stranger?.close();
    await shop?.close();
  });

  async function order(customer: string): Promise<void> {
    await shop.order(customer);
    invocations += 1;
  }

  test.each([
    ['another port of this address, the same site to a browser', '127.0.0.1'],
    ['another site', strangeName],
  ])('%s gets nothing and runs nothing', async (_, host) => {
    const inspector = await suite.open(await shop.newLink());
    await inspector.hasRows(invocations);
    // What it tries to run again.
    const key = String(await inspector.newest.getAttribute('id')).replace('row-', '');
    inspector.opened.expectProblems(/./);
    const { origin } = new URL(inspector.page.url());
    const page = await inspector.opened.context.newPage();
    await page.goto(`http://${host}:${(stranger.address() as AddressInfo).port}/`);
    await page.evaluate(`window.name = ${JSON.stringify(key)}`);
    expect(await page.evaluate(`(${attempts})(${JSON.stringify(origin)})`)).toEqual(nothing);
    await order('grace');
    await inspector.hasRows(invocations);
    expect(shop.serve.events.filter(({ event }) => event === 'invoke').length).toBe(invocations);
  });

  test('a name that leads here is not the inspector', async () => {
    const link = new URL(await shop.newLink());
    link.hostname = strangeName;
    const page = await suite.open(link.href);
    // Chromium's word on headers that count only here or over HTTPS.
    page.opened.expectProblems(/403/, /Cross-Origin-Opener-Policy header has been ignored/);
    expect(await page.page.locator('body').textContent()).toContain('forbidden');
    // The link was not used up.
    const own = await suite.open(link.href.replace(strangeName, '127.0.0.1'));
    await own.hasRows(invocations);
  });

  test('a link that was used opens nothing, and the page says how to get another one', async () => {
    const link = await shop.newLink();
    const first = await suite.open(link);
    await first.hasRows(invocations);
    expect(first.page.url()).not.toContain('token');
    const second = await suite.open(link);
    second.opened.expectProblems(/403/);
    const said = await second.page.locator('body').textContent();
    expect(said).toMatch(/used/);
    expect(said).toMatch(/press o|key o|livectl/i);
    // Without the cookie nothing is shown either.
    const third = await suite.open(new URL('/', link).href);
    third.opened.expectProblems(/40[13]/);
    expect(await third.rows.count()).toBe(0);
  });
});
