// How the page looks: axe-core finds nothing in any view, light, dark and on a phone; nothing is wider than the screen.
import { describe, expect, test } from 'vitest';
import { violationsIn } from './accessibility.ts';
import { type PageOptions, whyNoBrowser } from './browser.ts';
import type { FakeServe } from './fake-serve.ts';
import { brokenOrders } from './fake-state.ts';
import { type InspectorPage, shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

type Show = (page: InspectorPage, serve: FakeServe) => Promise<unknown>;

async function open(page: InspectorPage, serve: FakeServe, key: string | undefined, tab = ''): Promise<void> {
  await page.page.goto(`${serve.origin}/#key=${key}${tab && `&tab=${tab}`}`);
  await page.page.getByRole('tabpanel').waitFor();
}

/** Key of the newest of those. */
function keyOf(serve: FakeServe, wanted: object): string | undefined {
  return serve.history.rows.findLast(({ summary }) =>
    Object.entries(wanted).every(([name, value]) => summary[name as keyof typeof summary] === value),
  )?.summary.key;
}

const views: Readonly<Record<string, Show>> = {
  list: (page) => page.newest.waitFor(),
  'no match': async (page, serve) => {
    await page.page.goto(`${serve.origin}/#text=nothing-has-this`);
    await page.shows('No invocation matches the filter.');
  },
  'an HTTP request': async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }));
    await page.shows('user-agent');
  },
  'its response': (page, serve) =>
    open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }), 'result'),
  'an event': async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'audit', status: 'ok' }), 'event');
    await page.page.getByRole('tree').waitFor();
  },
  'an error': async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'invoices', status: 'error' }));
    await page.shows('Caused by');
  },
  logs: (page, serve) => open(page, serve, keyOf(serve, { function: 'invoices', status: 'error' }), 'logs'),
  timing: (page, serve) =>
    open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }), 'timing'),
  attempts: (page, serve) => open(page, serve, keyOf(serve, { attempt: 2 }), 'attempts'),
  diff: async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }), 'compare');
    await page.page.getByRole('tabpanel').getByRole('table').waitFor();
  },
  edit: async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }));
    await page.button('Edit and replay').click();
    await page.page.getByRole('textbox', { name: 'Event, as JSON' }).waitFor();
  },
  'copy as': async (page, serve) => {
    await open(page, serve, keyOf(serve, { function: 'orders', http_status: 201 }));
    await page.page.locator('summary').filter({ hasText: 'Copy as' }).click();
  },
  map: async (page, serve) => {
    await page.page.goto(`${serve.origin}/#view=map`);
    await page.page.getByRole('heading', { name: 'Map' }).waitFor();
  },
  charts: async (page, serve) => {
    await page.page.goto(`${serve.origin}/#view=charts`);
    await page.page.getByRole('heading', { name: 'Charts' }).waitFor();
  },
  help: async (page) => {
    await page.press('?');
    await page.page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
  },
  banners: async (page, serve) => {
    serve.state.build(brokenOrders);
    serve.state.displace('grace on laptop');
    await page.shows(/grace on laptop/);
  },
};

const looks: readonly (readonly [string, PageOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone, dark', { width: 375, height: 700, colorScheme: 'dark' }],
];

describe.skipIf(whyNoBrowser() !== undefined)('the look of the page', () => {
  const suite = new PageSuite();

  // One page for all views, since opening one takes longer than looking at it.
  test.each(looks)(
    '%s: axe finds nothing in any view, and each fits',
    { timeout: 300_000 },
    async (_, look) => {
      const { page, serve } = await suite.openFake({ rows: 300 }, look);
      const found: Record<string, unknown> = {};
      for (const [name, show] of Object.entries(views)) {
        await show(page, serve);
        const violations = await violationsIn(page.opened);
        const width = await page.page.evaluate<number>('document.scrollingElement.scrollWidth');
        if (violations.length > 0 || width > (look.width ?? 1280)) found[name] = { violations, width };
        // What it opened over the page.
        await page.press('Escape');
      }
      expect(found).toEqual({});
    },
  );

  test('dark and light follow the system, also while the page is open', async () => {
    const { page } = await suite.openFake();
    const brightness = () =>
      page.page.evaluate<number>(
        `getComputedStyle(document.body).backgroundColor.match(/[0-9.]+/g).slice(0, 3).reduce((sum, one) => sum + Number(one), 0) / 3`,
      );
    expect(await brightness()).toBeGreaterThan(200);
    await page.page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(brightness, shownWithin).toBeLessThan(60);
  });
});
