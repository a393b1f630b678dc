// 10,000 invocations and the largest bodies: the page draws what is in sight, and a frame costs it less than 60 a second allow.
import { describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { costOfScrolling } from './frame-cost.ts';
import { shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

/** 60 frames a second. */
const budgetMs = 1000 / 60;

describe.skipIf(whyNoBrowser() !== undefined)('the page with 10,000 invocations', () => {
  const suite = new PageSuite();

  // Judged by the main thread's own processor time, not by the clock: the machine may be busy with something else.
  test('scrolled by 2,700 pixels a second, the median frame fits into 60 a second', async () => {
    const { page } = await suite.openFake({ rows: 10_000 });
    const cost = await costOfScrolling(page.opened, '[role=grid]', 45);
    expect(cost.medianCpuMs).toBeLessThan(budgetMs);
    expect(cost.mostRows).toBeLessThan(200);
    expect(cost.blank).toBe(0);
  });

  test('with another screenful in each frame, no frame is without rows', async () => {
    const { page } = await suite.openFake({ rows: 10_000 });
    const cost = await costOfScrolling(page.opened, '[role=grid]', 700);
    expect(cost.blank).toBe(0);
    expect(cost.mostRows).toBeLessThan(200);
  });

  test('new invocations do not move the rows that are being read', async () => {
    const { page, serve } = await suite.openFake({ rows: 10_000 });
    await page.page.evaluate("void (document.querySelector('[role=grid]').scrollTop = 30000)");
    const place = () =>
      page.page.evaluate<string>(`(() => {
        const { left, top } = document.querySelector('[role=grid]').getBoundingClientRect();
        const row = document.elementFromPoint(left + 20, top + 300).closest('[role=row][id]');
        if (!row) return '';
        return row.getAttribute('id') + ' at ' + Math.round(row.getBoundingClientRect().top);
      })()`);
    await expect.poll(place, shownWithin).not.toBe('');
    const before = await place();
    for (let n = 0; n < 50; n++) serve.invoke();
    await page.shows('50 new invocations');
    expect(await place()).toBe(before);
  });
});
