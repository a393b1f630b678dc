// What the tests of the page share: one browser for a file, a fake serve and a page for a test, and that nothing went wrong in it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';
import { type PageOptions, TestBrowser } from './browser.ts';
import { FakeServe, type FakeServeOptions } from './fake-serve.ts';
import { InspectorPage } from './inspector-page.ts';

export const builtPage = join(repository, 'dist/inspector');

export class PageSuite {
  readonly #opened: InspectorPage[] = [];
  readonly #cleanups: (() => unknown)[] = [];
  #browser: TestBrowser | undefined;

  /** Call it in a `describe`. */
  constructor() {
    beforeAll(async () => {
      expect(existsSync(join(builtPage, 'app.js')), 'run make build').toBe(true);
      this.#browser = await TestBrowser.start();
    });
    afterEach(async () => {
      const opened = this.#opened.splice(0);
      await this.#browser?.closePages();
      for (const cleanup of this.#cleanups.splice(0).reverse()) await cleanup();
      for (const page of opened) page.isSound();
    });
    afterAll(() => this.#browser?.close());
  }

  get browser(): TestBrowser {
    if (this.#browser === undefined) throw new Error('the browser has not been started');
    return this.#browser;
  }

  /** After the test, newest first. */
  cleanUp(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup);
  }

  async serve(options: Partial<FakeServeOptions> = {}): Promise<FakeServe> {
    const serve = await FakeServe.start({ page: builtPage, rows: 200, hostile: false, ...options });
    this.cleanUp(() => serve.close());
    return serve;
  }

  async open(url: string, options: PageOptions = {}): Promise<InspectorPage> {
    const page = new InspectorPage(await this.browser.open(url, options));
    this.#opened.push(page);
    return page;
  }

  /** A page on a fake serve, with its list loaded. */
  async openFake(
    options: Partial<FakeServeOptions> = {},
    look: PageOptions = {},
  ): Promise<{ serve: FakeServe; page: InspectorPage }> {
    const serve = await this.serve(options);
    const page = await this.open(serve.url(), look);
    await page.hasRows(serve.history.rows.length);
    return { serve, page };
  }
}
