// Run it again, from the page, in a real browser: replay, edit and replay, compare, copy as.
import { describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

describe.skipIf(whyNoBrowser() !== undefined)('replaying from the page', () => {
  const suite = new PageSuite();

  test('r replays; the new row is marked, and its result compared', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'orders', trigger: 'POST /orders', status: 'ok' });
    await page.hasRows(201);
    await page.newest.click();
    await page.tab('Request').waitFor();
    await page.press('r');
    await page.hasRows(202);
    expect(serve.requests.filter((request) => request === 'POST /api/v1/replays').length).toBe(1);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('replayed');
    await page.newest.click();
    await page.shows(/\d differences? from the original result/);
    await page.tab('Compare').click();
    const table = page.page.getByRole('tabpanel').getByRole('table');
    await expect.poll(() => table.textContent(), shownWithin).toContain('added: "replayed": true');
  });

  test('e edits: a mistake is pointed at, Ctrl+Enter runs what is written', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'tools', trigger: 'invoke', status: 'ok' });
    await page.hasRows(201);
    await page.press('j');
    await page.press('Enter');
    await page.tab('Event').waitFor();
    await page.press('e');
    const dialog = page.page.getByRole('dialog', { name: /Edit and replay/ });
    const field = dialog.getByRole('textbox', { name: 'Event, as JSON' });
    await field.waitFor();
    await field.fill('{\n  "n": 1,\n}');
    await field.press('Control+Enter');
    await expect.poll(() => dialog.textContent(), shownWithin).toMatch(/Line 2, column 9: remove the comma/);
    expect(await page.count()).toBe(201);
    await field.fill('{ "n": 12345678901234567890 }');
    await field.press('Control+Enter');
    await dialog.waitFor({ state: 'hidden' });
    await page.hasRows(202);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('edited');
    expect(Buffer.from(serve.history.rows.at(-1)?.event().bytes ?? []).toString()).toBe(
      '{ "n": 12345678901234567890 }',
    );
  });

  test('what is refused says why', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'audit', status: 'ok' });
    await page.hasRows(201);
    await page.newest.click();
    await page.button('Replay').first().waitFor();
    page.opened.expectProblems(/409/);
    serve.replayRefusal = 'audit does not build';
    await page
      .button(/^Replay/)
      .first()
      .click();
    await page.shows(/audit does not build/);
    serve.replayRefusal = undefined;
    serve.state.drop('audit');
    await expect
      .poll(
        () =>
          page
            .button(/^Replay/)
            .first()
            .getAttribute('title'),
        shownWithin,
      )
      .toContain('not served');
  });

  test('two invocations are chosen and compared', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'orders', trigger: 'POST /orders', status: 'ok' });
    serve.invoke({ function: 'orders', trigger: 'POST /orders', status: 'error' });
    await page.hasRows(202);
    await page.rows.nth(1).click();
    await page.tab('Request').waitFor();
    await page.press('c');
    await page.rows.nth(0).click();
    await expect.poll(() => page.selected.getAttribute('aria-rowindex'), shownWithin).toBe('2');
    await page.tab('Error').waitFor();
    await page.press('c');
    const table = page.page.getByRole('tabpanel').getByRole('table');
    await expect.poll(() => table.textContent(), shownWithin).toContain('errorMessage');
  });

  test('copies as curl, invoke and tests', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'orders', trigger: 'POST /orders', status: 'ok' });
    await page.hasRows(201);
    await page.newest.click();
    const copied = async (name: string) => {
      await page.page.evaluate('navigator.clipboard.writeText("")');
      await page.page
        .locator('summary')
        .filter({ hasText: /Copy as|Copied/ })
        .click();
      await page.button(name).click();
      await expect
        .poll(() => page.page.evaluate<string>('navigator.clipboard.readText()'), shownWithin)
        .not.toBe('');
      return page.page.evaluate<string>('navigator.clipboard.readText()');
    };
    expect(await copied('curl command')).toMatch(/^curl /);
    expect(await copied('livectl invoke command')).toMatch(/^livectl invoke orders --local/);
    expect(await copied('vitest test')).toContain("from 'vitest'");
  });

  test('a failed message: its attempts, each a step away, and what became of it', async () => {
    const { page, serve } = await suite.openFake({ rows: 1000 });
    const third = serve.history.rows.findLast(({ summary }) => summary.attempt === 3);
    await page.page.goto(`${serve.origin}/#key=${third?.summary.key}&tab=attempts`);
    const panel = page.page.getByRole('tabpanel');
    for (const attempt of ['Attempt 1', 'Attempt 2', 'Attempt 3'])
      await expect.poll(() => panel.textContent(), shownWithin).toContain(attempt);
    await panel.getByRole('button', { name: /Attempt 1/ }).click();
    await expect.poll(() => page.page.getByRole('tab', { name: 'Error' }).count(), shownWithin).toBe(1);
  });

  test('the hops as a waterfall', async () => {
    const { page, serve } = await suite.openFake();
    serve.invoke({ function: 'orders', status: 'ok' });
    await page.hasRows(201);
    await page.newest.click();
    await page.tab('Timing').click();
    const panel = page.page.getByRole('tabpanel');
    for (const word of ['end to end', 'Your code', 'ms'])
      await expect.poll(() => panel.textContent(), shownWithin).toContain(word);
  });
});
