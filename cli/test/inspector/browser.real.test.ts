// The harness of the browser tests sees what it is there to see: a page's errors, violations and requests to elsewhere.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { violationsIn } from './accessibility.ts';
import { type OpenPage, TestBrowser, whyNoBrowser } from './browser.ts';
import { FakeServe } from './fake-serve.ts';

const missing = whyNoBrowser();
if (missing !== undefined)
  process.stderr.write(`the inspector's page is not tested in a browser: ${missing}\n`);

test('has a browser, under CI at least', () => {
  expect(process.env.CI === undefined ? undefined : missing).toBeUndefined();
});

describe.skipIf(missing !== undefined)('the harness', () => {
  let browser: TestBrowser;
  const cleanups: (() => unknown)[] = [];
  beforeAll(async () => {
    browser = await TestBrowser.start();
  });
  afterEach(async () => {
    await browser.closePages();
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(() => browser?.close());

  async function open(html: string, script: string): Promise<OpenPage> {
    const page = mkdtempSync(join(tmpdir(), 'livectl-page-'));
    cleanups.push(() => rmSync(page, { recursive: true, force: true }));
    const head = '<meta charset="utf-8"><title>page</title><link rel="icon" href="data:,">';
    writeFileSync(
      join(page, 'index.html'),
      `<!doctype html><html lang="en"><head>${head}</head><body>${html}<script src="/app.js"></script></body></html>`,
    );
    writeFileSync(join(page, 'app.js'), script);
    writeFileSync(join(page, 'app.css'), '');
    const serve = await FakeServe.start({ page, rows: 1, hostile: false });
    cleanups.push(() => serve.close());
    return browser.open(serve.url());
  }

  test.each([
    ['an uncaught error', '', "throw new Error('broken page')", 'uncaught: Error: broken page'],
    ['an error on the console', '', "console.error('no good')", 'console error: no good'],
    ['an inline script', '<script>window.ran = 1</script>', '', 'policy violation: script-src-elem inline'],
    ['an inline style', '<p style="color: red">red</p>', '', 'policy violation: style-src-attr inline'],
    ['innerHTML', '', "document.body.innerHTML = '<b>x</b>'", 'policy violation: require-trusted-types-for'],
    ['another host', '', "fetch('https://example.com/').catch(() => {})", 'policy violation: connect-src'],
    ['a failed request', '', "fetch('/api/v1/nothing')", '404'],
  ])('reports %s', async (_, html, script, problem) => {
    const opened = await open(`<main><h1>Page</h1>${html}</main>`, script);
    await expect.poll(() => opened.problems.join('\n')).toContain(problem);
  });

  test('reports nothing of a sound page', async () => {
    const opened = await open('<main><h1>Page</h1></main>', "fetch('/api/v1/state')");
    expect(await violationsIn(opened)).toEqual([]);
    expect(opened.problems).toEqual([]);
  });

  test('finds what a screen reader stumbles over', async () => {
    const opened = await open('<main><h1>Page</h1><button></button></main>', '');
    expect(await violationsIn(opened)).toEqual([expect.stringContaining('button-name')]);
  });
});
