// The pictures of docs/inspector.md, of the built page with generated data. `make screenshots` writes them into docs/images.
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type PageOptions, whyNoBrowser } from './browser.ts';
import type { FakeServe } from './fake-serve.ts';
import type { InspectorPage } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

/** All times of the pictures are about this one. */
const end = new Date('2026-11-27T09:41:00.000Z');
const mostBytes = 150 * 1024;

interface Picture {
  readonly name: string;
  readonly look: PageOptions;
  readonly show: (page: InspectorPage, serve: FakeServe) => Promise<unknown>;
}

function keyOf(serve: FakeServe, name: string, status: string, attempt?: number): string {
  const found = serve.history.rows.findLast(
    ({ summary }) =>
      summary.function === name &&
      summary.status === status &&
      summary.observed === undefined &&
      (attempt === undefined || summary.attempt === attempt),
  );
  return found?.summary.key ?? '';
}

async function open(page: InspectorPage, serve: FakeServe, hash: string): Promise<void> {
  await page.page.goto(`${serve.origin}/#${hash}`);
  await page.page.getByRole('tabpanel').waitFor();
}

const pictures: readonly Picture[] = [
  {
    name: 'inspector',
    look: { width: 1120, height: 600 },
    show: async (page, serve) => {
      await open(page, serve, `key=${keyOf(serve, 'invoices', 'error', 2)}`);
      await page.shows('Caused by');
    },
  },
  {
    name: 'inspector-dark',
    look: { width: 1120, height: 640, colorScheme: 'dark' },
    show: async (page, serve) => {
      await open(page, serve, `key=${keyOf(serve, 'orders', 'ok')}&tab=timing`);
      await page.shows('end to end');
    },
  },
  {
    name: 'inspector-map',
    look: { width: 1000, height: 640 },
    show: async (page, serve) => {
      await page.page.goto(`${serve.origin}/#view=map`);
      await page.shows('Map');
    },
  },
  {
    name: 'inspector-charts',
    look: { width: 1000, height: 640 },
    show: async (page, serve) => {
      await page.page.goto(`${serve.origin}/#view=charts`);
      await page.page.getByLabel('Last').selectOption('360');
    },
  },
  {
    name: 'inspector-compare',
    look: { width: 1120, height: 560 },
    show: async (page, serve) => {
      await open(page, serve, `key=${keyOf(serve, 'thumbnails', 'ok')}`);
      await page.press('r');
      await page.hasRows(serve.history.rows.length);
      await page.newest.click();
      await page.tab('Compare').click();
      await page.page.getByRole('tabpanel').getByRole('table').waitFor();
    },
  },
  {
    name: 'inspector-phone',
    look: { width: 375, height: 640 },
    show: (page) => page.newest.waitFor(),
  },
];

describe.skipIf(whyNoBrowser() !== undefined)('pictures', () => {
  const suite = new PageSuite();

  test.each(pictures)('$name is small enough for the documentation', async ({ look, name, show }) => {
    let folder = process.env.LIVECTL_SCREENSHOTS;
    if (folder === undefined) {
      const made = mkdtempSync(join(tmpdir(), 'livectl-pictures-'));
      suite.cleanUp(() => rmSync(made, { recursive: true, force: true }));
      folder = made;
    }
    mkdirSync(folder, { recursive: true });
    const serve = await suite.serve({ rows: 3000, end, seed: 7 });
    serve.now = () => new Date(end.getTime() + 4000);
    const page = await suite.open(serve.url(), { ...look, now: new Date(end.getTime() + 5000) });
    await page.hasRows(3000);
    await show(page, serve);
    // What moves is over.
    await page.page.evaluate(
      'Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))',
    );
    await page.page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))',
    );
    const path = join(folder, `${name}.png`);
    await page.page.screenshot({ path });
    expect(statSync(path).size).toBeLessThan(mostBytes);
  });
});
