// The built page of a real serve: what is invoked appears, is looked at, changed in the code, and run again.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyNoBrowser } from './browser.ts';
import { type InspectorPage, shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';
import { ordersCode, ServedShop } from './served-shop.ts';

describe.skipIf(whyNoBrowser() !== undefined)('the page of a real serve', () => {
  const suite = new PageSuite();
  let shop: ServedShop;
  beforeAll(async () => {
    shop = await ServedShop.start();
  });
  afterAll(() => shop?.close());

  async function opened(): Promise<InspectorPage> {
    const page = await suite.open(await shop.newLink());
    // All that ran so far, replays too.
    await page.hasRows(shop.serve.events.filter(({ event }) => event === 'invoke').length);
    return page;
  }

  test('an HTTP request: seen at once, replayed by r with the current code, compared', async () => {
    const page = await suite.open(await shop.link());
    await page.shows(/No invocations yet/);
    await shop.order('ada', 3);
    await page.hasRows(1);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('201');
    expect(await page.newest.textContent()).toContain('POST /orders');
    await page.newest.click();
    const panel = page.page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent(), shownWithin).toContain('quantity: 3');
    await page.tab(/^Logs/).click();
    await expect.poll(() => panel.textContent(), shownWithin).toContain('order of ada');
    await page.tab('Timing').click();
    await expect.poll(() => panel.textContent(), shownWithin).toContain('end to end');

    shop.write('src/orders.ts', ordersCode('two'));
    await shop.serve.event('reload');
    await page.press('r');
    await page.hasRows(2);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('replayed');
    await page.newest.click();
    await page.shows('1 difference from the original result');
    await page.tab('Compare').click();
    await expect.poll(() => panel.textContent(), shownWithin).toMatch(/one[\s\S]*two/);
  });

  test('an edited event runs as it was edited', async () => {
    const page = await opened();
    const count = await page.count();
    await shop.order('grace', 1);
    await page.hasRows(count + 1);
    await page.newest.click();
    await page.tab('Request').waitFor();
    await page.press('e');
    const field = page.page.getByRole('dialog').getByRole('textbox', { name: 'Event, as JSON' });
    await expect.poll(() => field.inputValue(), shownWithin).toContain('grace');
    await field.fill((await field.inputValue()).replace('grace', 'barbara'));
    await field.press('Control+Enter');
    await page.hasRows(count + 2);
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('edited');
    await page.newest.click();
    await page.tab('Response').click();
    await expect.poll(() => page.page.getByRole('tabpanel').textContent(), shownWithin).toContain('barbara');
  });

  test('a failing function: its stack in the sources, with links into the editor', async () => {
    const page = await opened();
    await shop.http('/prices');
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('TypeError');
    await page.newest.click();
    await expect
      .poll(() => page.page.getByRole('tabpanel').textContent(), shownWithin)
      .toContain('Cannot read properties of undefined');
    const link = page.page.getByRole('link', { name: /src\/price-list\.ts:5/ });
    expect(await link.first().getAttribute('href')).toContain(`${shop.root}/src/price-list.ts:5`);
  });

  test('a message that fails is delivered again: its attempts, and where it went', async () => {
    const page = await opened();
    await shop.send('poison');
    await shop.serve.event('dead_letter');
    await expect.poll(() => page.newest.textContent(), shownWithin).toContain('attempt 2');
    await page.newest.click();
    await page.tab('Attempts').click();
    const panel = page.page.getByRole('tabpanel');
    await expect.poll(() => panel.textContent(), shownWithin).toContain('Attempt 1');
    await expect.poll(() => panel.textContent(), shownWithin).toMatch(/dead-letter queue/);
  });

  test('a build error is shown, and gone when it is corrected', async () => {
    const page = await opened();
    shop.write('src/prices.ts', 'export const handler = async () => ({ price: ( });');
    await page.shows(/prices does not build/);
    expect(await page.page.getByRole('link', { name: /src\/prices\.ts:1/ }).count()).toBe(1);
    shop.write('src/prices.ts', 'export const handler = async () => ({ price: 1 });');
    await page.page
      .getByText(/prices does not build/)
      .first()
      .waitFor({ state: 'hidden' });
  });

  test('serve is killed and started again: the open page goes on by itself, with what was recorded', async () => {
    const page = await opened();
    page.opened.expectProblems(/ERR_/);
    const before = await page.count();
    await shop.order('linus');
    await page.hasRows(before + 1);
    await shop.hasRecorded('linus');
    await shop.restart('SIGKILL');
    await shop.order('edsger');
    await page.hasRows(before + 2);
    await page.newest.click();
    await expect.poll(() => page.page.getByRole('tabpanel').textContent(), shownWithin).toContain('edsger');
    await page.press('j');
    await expect.poll(() => page.page.getByRole('tabpanel').textContent(), shownWithin).toContain('linus');
  });
});
