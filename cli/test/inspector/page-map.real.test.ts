// The map of functions and sources, and the charts, in a real browser.
import { describe, expect, test } from 'vitest';
import { violationsIn } from './accessibility.ts';
import { whyNoBrowser } from './browser.ts';
import { shownWithin } from './inspector-page.ts';
import { PageSuite } from './page-suite.ts';

describe.skipIf(whyNoBrowser() !== undefined)('the map and the charts', () => {
  const suite = new PageSuite();

  test('the map counts invocations as they come, and leads to those of a function', async () => {
    const { page, serve } = await suite.openFake();
    await page.button('Map').click();
    const box = page.page.getByRole('list', { name: 'Functions' }).getByRole('button', { name: /^orders/ });
    const source = page.page.getByRole('list', { name: 'Sources' }).getByText(/orders, .* invocations?/);
    const numbers = async (text: Promise<string | null>) =>
      [...((await text) ?? '').matchAll(/[\d,]+/g)].map(([digits]) => Number(digits.replace(',', '')));
    const [before = 0] = await numbers(box.textContent());
    const sent = source.filter({ hasText: 'orders, ' }).first();
    await sent.waitFor({ state: 'attached' });
    const row = serve.begin({ function: 'orders', trigger: 'POST /orders', source: 'http' });
    await expect.poll(() => page.page.locator('.arrow.busy').count(), shownWithin).toBe(1);
    serve.end(row);
    await expect.poll(async () => (await numbers(box.textContent()))[0], shownWithin).toBe(before + 1);
    await expect.poll(() => page.page.locator('.arrow.busy').count(), shownWithin).toBe(0);
    await box.focus();
    await page.press('Enter');
    await page.list.waitFor();
    expect(new URL(page.page.url()).hash).toContain('function=orders');
  });

  test('a function that does not build is marked on the map', async () => {
    const { page, serve } = await suite.openFake();
    await page.button('Map').click();
    const box = page.page.getByRole('list', { name: 'Functions' }).getByRole('button', { name: /^orders/ });
    await box.waitFor();
    serve.state.build([
      { function: 'orders', text: 'Expected ")"', file: 'src/orders.ts', line: 1, column: 0 },
    ]);
    await expect.poll(() => box.textContent(), shownWithin).toContain('does not build');
    serve.state.build([]);
    await expect.poll(() => box.textContent(), shownWithin).not.toContain('does not build');
  });

  test('30 functions fit a phone and a wide window: nothing is beside the window, no box on another', async () => {
    for (const width of [375, 1280]) {
      const { page, serve } = await suite.openFake({}, { width, height: 800 });
      serve.state.snapshot = withFunctions(serve.state.snapshot());
      serve.state.onChange();
      await page.button('Map').click();
      const boxes = page.page.locator('.node.function');
      await expect.poll(() => boxes.count(), shownWithin).toBe(30);
      const overlaps = `[...document.querySelectorAll('.node')].map((node) => node.getBoundingClientRect()).filter((box, at, all) =>
        box.right > innerWidth || box.left < 0 ||
        all.slice(at + 1).some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom)).length`;
      expect(await page.page.evaluate(overlaps)).toBe(0);
      expect(
        await page.page.evaluate('document.documentElement.scrollWidth - innerWidth'),
      ).toBeLessThanOrEqual(0);
      expect(await violationsIn(page.opened)).toEqual([]);
      await page.button('Table').click();
      await expect.poll(() => page.page.getByRole('rowheader').count(), shownWithin).toBe(30);
    }
  });

  test('charts: figures per function, one of them chosen, a value under the pointer', async () => {
    const { page, serve } = await suite.openFake({ rows: 0 });
    for (let count = 0; count < 3; count += 1) serve.invoke({ function: 'orders', status: 'ok', ms: 40 });
    serve.invoke({ function: 'orders', status: 'error', ms: 90 });
    serve.invoke({ function: 'audit', status: 'ok', ms: 7 });
    await page.button('Charts').click();
    const line = page.page.getByRole('row', { name: /^orders/ });
    await expect.poll(() => line.textContent(), shownWithin).toMatch(/^orders41[\d.]+40 ms90 ms90 ms$/);
    await line.getByRole('button').click();
    const rate = page.page.getByRole('img', { name: /^Invocations over time/ });
    await expect
      .poll(() => rate.getAttribute('aria-label'), shownWithin)
      .toContain('4 invocations, 1 failed');
    await page.select('Function').selectOption('audit');
    await expect.poll(() => rate.getAttribute('aria-label'), shownWithin).toContain('1 invocation, 0 failed');
    const [x = 0, y = 0] = await page.page.evaluate<number[]>(
      `(({ x, y, width, height }) => [x + width / 2, y + height / 2])(document.querySelector('.plot-bars').getBoundingClientRect())`,
    );
    await page.page.mouse.move(x, y);
    await expect
      .poll(() => page.page.locator('.legend-item.chart-all').textContent(), shownWithin)
      .toBe('all1');
    expect(await violationsIn(page.opened)).toEqual([]);
  });
});

/** A state with 30 functions, of which many share sources. */
function withFunctions(snapshot: object): () => object {
  const functions = Array.from({ length: 30 }, (_, index) => ({
    name: `a-function-with-a-long-name-${index}`,
    runtime: 'nodejs22.x',
    handler: 'index.handler',
    sources: Array.from({ length: 1 + (index % 4) }, (__, more) => ({
      source: 'sqs',
      name: `queue-${(index * 5 + more * 3) % 24}`,
    })),
  }));
  return () => ({ ...snapshot, functions });
}
