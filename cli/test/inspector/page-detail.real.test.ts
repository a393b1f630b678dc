// An invocation in the page, in a real browser: its event and result, its error, its log, and the largest bodies.
import { describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

describe.skipIf(whyNoBrowser() !== undefined)('the detail of an invocation', () => {
  const suite = new PageSuite();

  test('an HTTP request: method, headers, body; bodies are fetched when they are looked at', async () => {
    const { page, serve } = await suite.openFake();
    const { key } = serve.invoke({ function: 'orders', trigger: 'POST /orders', status: 'ok' }).summary;
    await page.hasRows(201);
    const bodies = () => serve.requests.filter((request) => /\/(event|result)$/.test(request));
    expect(bodies()).toEqual([]);
    await page.newest.click();
    const panel = page.page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent(), shownWithin).toContain('user-agent');
    expect(bodies()).toEqual([`GET /api/v1/invocations/${key}/event`]);
    await expect.poll(() => panel.textContent(), shownWithin).toMatch(/authorization\s*\[masked\]\s*masked/);
    await page.tab('Response').click();
    await expect.poll(() => panel.textContent(), shownWithin).toContain('application/json');
    expect(bodies()).toEqual([
      `GET /api/v1/invocations/${key}/event`,
      `GET /api/v1/invocations/${key}/result`,
    ]);
  });

  test('an error: the mapped stack, whose places open the editor, and its cause', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'thumbnails', status: 'error' });
    await page.hasRows(201);
    await page.newest.click();
    const panel = page.page.getByRole('tabpanel');
    await expect
      .poll(() => panel.textContent(), shownWithin)
      .toContain("Cannot read properties of undefined (reading 'sku')");
    const link = page.page.getByRole('link', { name: /src\/pricing\.ts:12/ });
    expect(await link.first().getAttribute('href')).toBe('vscode://file/home/tom/shop/src/pricing.ts:12:21');
    serve.invoke({ function: 'invoices', status: 'error' });
    await page.hasRows(202);
    await page.newest.click();
    await page.shows('items[0].sku is missing');
    await page.shows('Caused by');
  });

  test('log lines by level and text, also of one that still runs', async () => {
    const { page, serve } = await suite.openFake();
    const row = serve.begin({ function: 'tools', status: 'ok' });
    await page.hasRows(201);
    await page.newest.click();
    await page.tab(/^Logs/).click();
    const lines = page.page.getByRole('list', { name: 'Log lines' }).getByRole('listitem');
    await page.shows('tools begins');
    const before = await lines.count();
    const at = new Date().toISOString();
    serve.line(row, { at, level: 'error', message: 'the disk is full' });
    await page.shows('the disk is full');
    await page.page.getByRole('combobox', { name: 'Least level' }).selectOption('error');
    await expect.poll(() => lines.count(), shownWithin).toBe(1);
    await page.page.getByRole('combobox', { name: 'Least level' }).selectOption('trace');
    await expect.poll(() => lines.count(), shownWithin).toBe(before + 1);
    await page.page.getByRole('searchbox', { name: 'Filter log lines' }).fill('DISK');
    await expect.poll(() => lines.count(), shownWithin).toBe(1);
  });

  test('JSON: collapsed, searched and copied as it was written', async () => {
    const { page, serve } = await suite.openFake({ hostile: true });
    await page.page.goto(`${serve.origin}/#key=${serve.odd?.json.summary.key}&tab=event`);
    const tree = page.page.getByRole('tree');
    await tree.waitFor();
    // Numbers that JavaScript cannot hold, and a name that comes twice.
    await expect.poll(() => tree.textContent(), shownWithin).toContain('12345678901234567890');
    const text = await tree.textContent();
    expect(text).toContain('0.1000000000000000055');
    expect(text?.match(/twice: /g)?.length).toBe(2);
    expect(text).toContain('__proto__');
    const levels = () =>
      page.page.evaluate<number>(
        "Math.max(...[...document.querySelectorAll('[role=treeitem]')].map((item) => Number(item.ariaLevel)))",
      );
    await page.button('Expand all').click();
    await expect.poll(levels, shownWithin).toBeGreaterThan(5);
    await page.button('Collapse').click();
    await expect.poll(levels, shownWithin).toBeLessThan(3);
    await page.page.getByRole('tabpanel').getByRole('searchbox').fill('POLLUTED');
    await expect.poll(() => tree.textContent(), shownWithin).toContain('polluted: true');
    await page
      .button(/^Copy (event|value)/)
      .first()
      .click();
    await expect
      .poll(() => page.page.evaluate<string>('navigator.clipboard.readText()'), shownWithin)
      .toContain('1e400');
  });

  test('6 MB of JSON are shown, searched and scrolled, with few elements', async () => {
    const { page } = await suite.openFake({ hostile: true });
    await page.row('invoke, 6.0 MB').click();
    const tree = page.page.getByRole('tree');
    await tree.waitFor();
    await page.button('Expand all').click();
    await page.page.getByRole('tabpanel').getByRole('searchbox').fill('record 31415');
    await expect.poll(() => tree.textContent(), shownWithin).toContain('record 31415');
    await page.page.evaluate("void (document.querySelector('[role=tree]').scrollTop = 1e7)");
    await expect.poll(() => tree.textContent(), shownWithin).toContain('text: "yyy');
    const elements = await page.page.evaluate<number>("document.querySelectorAll('*').length");
    expect(elements).toBeLessThan(4000);
    await page.tab('Result').click();
    await tree.waitFor();
    await expect.poll(() => tree.textContent(), shownWithin).toContain('records');
  });

  test('what is not JSON: text, bytes, the start of a longer one', async () => {
    const { page, serve } = await suite.openFake({ hostile: true });
    await page.page.goto(`${serve.origin}/#key=${serve.odd?.bytes.summary.key}&tab=event`);
    await page.shows('not JSON at all');
    await page.tab('Result').click();
    await page.shows('Not text; shown as bytes.');
    await page.page.goto(`${serve.origin}/#key=${serve.odd?.cut.summary.key}&tab=event`);
    await page.shows('Only the start of it was recorded.');
  });
});
