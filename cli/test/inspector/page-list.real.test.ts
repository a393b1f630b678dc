// The page's list in a real browser: what comes in is shown at once; filter, pause and keys.
import { describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { brokenOrders } from './fake-state.ts';
import { shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

describe.skipIf(whyNoBrowser() !== undefined)("the page's list", () => {
  const suite = new PageSuite();

  test('an invocation appears when it begins, and changes when it ends', async () => {
    const { page, serve } = await suite.openFake();
    const row = serve.begin({ function: 'invoices', status: 'error' });
    await page.hasRows(201);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('running');
    expect(await page.newest.textContent()).toContain('invoices');
    serve.end(row);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('KeyError');
  });

  test('filters by function, status and text; the filter stays when the page is loaded anew', async () => {
    const { page, serve } = await suite.openFake();
    const matching = (match: (summary: { function: string; status: string; trigger: string }) => boolean) =>
      serve.history.rows.filter(({ summary }) => match(summary)).length;
    await page.select('Function').selectOption('invoices');
    await page.hasRows(matching((row) => row.function === 'invoices'));
    await page.select('Status').selectOption('error');
    const failed = matching((row) => row.function === 'invoices' && row.status === 'error');
    expect(failed).toBeGreaterThan(0);
    await page.hasRows(failed);
    serve.invoke({ function: 'audit', status: 'ok' });
    serve.invoke({ function: 'invoices', status: 'error' });
    await page.hasRows(failed + 1);
    await expect.poll(() => page.page.url(), shownWithin).toContain('status=error');
    await page.page.reload();
    await page.hasRows(failed + 1);
    await page.button('Clear').first().click();
    await page.hasRows(202);
    await page.search.fill('EVENTBRIDGE');
    await page.hasRows(matching((row) => row.trigger.startsWith('EventBridge')));
    await page.search.fill('nothing has this text');
    await page.shows('No invocation matches the filter.');
  });

  test('filters by time', async () => {
    const { page, serve } = await suite.openFake();
    const since = Date.now() - 15 * 60_000;
    await page.select('Time').selectOption('15');
    const recent = serve.history.rows.filter(({ summary }) => Date.parse(summary.at) >= since).length;
    expect(recent).toBeGreaterThan(10);
    // A row may leave the range meanwhile.
    await expect
      .poll(() => page.count().then((count) => Math.abs(count - recent)), shownWithin)
      .toBeLessThan(3);
  });

  test('paused, the list stays as it is, and says how many wait', async () => {
    const { page, serve } = await suite.openFake();
    await page.press('p');
    await page.button(/^Paused/).waitFor();
    for (let n = 0; n < 3; n++) serve.invoke();
    await expect.poll(() => page.button(/^Paused/).textContent(), shownWithin).toContain('3 new');
    expect(await page.count()).toBe(200);
    await page.button(/^Paused/).click();
    await page.hasRows(203);
  });

  test('j and k move, Enter opens, / searches, ? helps, Escape goes back', async () => {
    const { page } = await suite.openFake();
    await page.press('j');
    await page.press('j');
    await page.press('j');
    await page.press('k');
    await page.press('Enter');
    await expect.poll(() => page.selected.getAttribute('aria-rowindex'), shownWithin).toBe('3');
    await page.tab(/Event/).waitFor();
    await page.press('Escape');
    await expect.poll(() => page.selected.count(), shownWithin).toBe(0);
    await page.press('/');
    await page.page.keyboard.type('clicks');
    await expect.poll(() => page.search.inputValue(), shownWithin).toBe('clicks');
    await page.press('Enter');
    await page.hasFocus('[role=grid]');
    await page.press('j');
    await page.press('Enter');
    await page.tab('Event').waitFor();
    await page.press('?');
    const help = page.page.getByRole('dialog', { name: 'Keyboard' });
    await help.waitFor();
    for (const label of ['Next invocation', 'Replay', 'Edit and replay', 'Search'])
      expect(await help.textContent()).toContain(label);
    await page.press('Escape');
    await help.waitFor({ state: 'hidden' });
    // What was typed into the field did not count as keys.
    expect(await page.search.inputValue()).toBe('clicks');
  });

  test('serve ends and starts again: the page says so, reconnects by itself, and has what came meanwhile', async () => {
    const { page, serve } = await suite.openFake();
    page.opened.expectProblems(
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY/,
    );
    await serve.close();
    await page.shows(/reconnect|connection lost|not answer/i);
    serve.invoke({ function: 'nightly', status: 'ok' });
    await serve.listenAgain();
    await page.hasRows(201);
    expect(await page.newest.textContent()).toContain('nightly');
    serve.invoke({ function: 'tools' });
    await page.hasRows(202);
  });

  test('a cut stream goes on where it was, without loading the list again', async () => {
    const { page, serve } = await suite.openFake();
    page.opened.expectProblems(/ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET/);
    const lists = () => serve.requests.filter((request) => request === 'GET /api/v1/invocations').length;
    const before = lists();
    // Something to resume after.
    serve.invoke();
    await page.hasRows(201);
    serve.streams.cut();
    serve.invoke();
    await page.hasRows(202);
    expect(lists()).toBe(before);
  });

  test('a build error, and that it is over, is shown at once; so is who took the stage', async () => {
    const { page, serve } = await suite.openFake();
    serve.state.build(brokenOrders);
    await page.shows('Expected ")" but found ";"');
    const link = page.page.getByRole('link', { name: /src\/orders\.ts:18/ });
    expect(await link.getAttribute('href')).toMatch(/^vscode:\/\/file\/.*src\/orders\.ts:18/);
    serve.state.build([]);
    await page.page.getByText('Expected ")" but found ";"').first().waitFor({ state: 'hidden' });
    serve.state.displace('grace on laptop');
    await page.shows(/grace on laptop/);
  });
});
