// Texts from elsewhere stay texts: nothing in them becomes an element, runs, or is asked for, wherever the page shows them.
import { describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { hostile, hostileFlag } from './fake-hostile.ts';
import { type InspectorPage, shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

/** Elements that only the texts could have brought, and links that lead elsewhere than the page and the editor. */
const intruders = `(() => {
  const found = [...document.querySelectorAll('img, iframe, object, embed, form, base, #hostile-link, script:not([src="/app.js"])')];
  const links = [...document.querySelectorAll('a')].filter((link) => !/^(vscode:\\/\\/file\\/|blob:|http:\\/\\/127\\.0\\.0\\.1)/.test(link.href));
  return [...found, ...links].map((element) => element.outerHTML.slice(0, 200));
})()`;

async function isHarmless(page: InspectorPage): Promise<void> {
  expect(await page.page.evaluate(intruders)).toEqual([]);
  expect(await page.page.evaluate(`typeof window.${hostileFlag}`)).toBe('undefined');
  expect(await page.page.evaluate('({}).polluted === undefined')).toBe(true);
}

describe.skipIf(whyNoBrowser() !== undefined)('hostile texts', () => {
  const suite = new PageSuite();

  test('each row, in each part of its detail', async () => {
    const { page, serve } = await suite.openFake({ rows: 20, hostile: true });
    await isHarmless(page);
    for (const { summary } of serve.history.rows.slice(20)) {
      await page.page.goto(`${serve.origin}/#key=${summary.key}`);
      await page.page.getByRole('tab').first().waitFor();
      for (let n = 0; n < (await page.page.getByRole('tab').count()); n++) {
        await page.page.getByRole('tab').nth(n).click();
        await page.page.getByRole('tabpanel').waitFor();
        await isHarmless(page);
      }
    }
  });

  test('HTML is shown as it is written: in the row, the error, its stack, the log and the event', async () => {
    const { page } = await suite.openFake({ rows: 20, hostile: true });
    const row = page.row('<img src=x onerror=');
    await row.click();
    const panel = page.page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent(), shownWithin).toContain(hostile.html);
    await page.tab(/^Logs/).click();
    await expect.poll(() => panel.textContent(), shownWithin).toContain(hostile.html);
    expect(await panel.textContent()).toContain('{{7*7}}');
    await isHarmless(page);
  });

  test('control and bidirectional characters are signs', async () => {
    const { page } = await suite.openFake({ rows: 20, hostile: true });
    const texts = await page.list.textContent();
    expect(texts).toContain('invoice<U+202E>gnp.exe');
    expect(texts).toContain('<ESC>[2J');
    await page.row('<ESC>[2J').click();
    await page.tab(/^Logs/).click();
    const panel = page.page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent(), shownWithin).toContain('bell<BEL>');
    expect(await panel.textContent()).toContain('half <U+D83D> of a pair');
    for (const obeyed of ['\u001b', '\u0007', '\u202e', '\u2066'])
      expect(await page.page.evaluate<string>('document.body.textContent')).not.toContain(obeyed);
  });

  test('a line of 1 MB is cut, and shown whole when asked for', async () => {
    const { page } = await suite.openFake({ rows: 20, hostile: true });
    await page.row('notify').first().click();
    await page.tab(/^Logs/).click();
    await page.shows('after the long line');
    expect((await page.page.evaluate<string>('document.body.textContent')).length).toBeLessThan(100_000);
    await page
      .button(/show all|1(\.0)? MB/i)
      .first()
      .click();
    await page.page.getByRole('dialog').waitFor();
    await isHarmless(page);
  });
});
