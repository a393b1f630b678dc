// A real browser for tests: Chromium without a window, whose pages may reach only this machine. What goes wrong in a page is kept.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { systemClock } from '../../../protocol/clock.ts';
import { within } from '../../../protocol/within.ts';
import { type Browser, type BrowserContext, fromTestReal, type Page, playwright } from './playwright.ts';

/** Far above what a loaded machine needs. */
export const boundMs = 20_000;

/** Another site, whose name leads to this machine: to what a test serves there. */
export const strangeName = 'evil.example';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function browserProgram(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** Undefined if the tests can run. */
export function whyNoBrowser(): string | undefined {
  if (browserProgram() === undefined) return `none of ${names.join(', ')} is on the PATH`;
  try {
    fromTestReal.resolve('playwright-core');
    return undefined;
  } catch {
    return 'playwright-core is not installed: run make test-real';
  }
}

export interface PageOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  readonly scale?: number;
  /** What the page's clock says, always; default the machine's time. */
  readonly now?: Date;
}

/** One page in a browser profile of its own. */
export interface OpenPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors on the console, uncaught ones, violations of the content security policy, requests to other hosts. */
  readonly problems: readonly string[];
  /** Problems that a test provokes, e.g. requests that fail while the server is down. */
  expectProblems(...patterns: readonly RegExp[]): void;
}

export class TestBrowser {
  readonly #browser: Browser;
  readonly #end: () => Promise<void>;
  readonly #contexts: BrowserContext[] = [];

  private constructor(browser: Browser, end: () => Promise<void>) {
    this.#browser = browser;
    this.#end = end;
  }

  static async start(): Promise<TestBrowser> {
    const { chromium } = playwright();
    const isRoot = process.getuid?.() === 0;
    const server = await chromium.launchServer({
      executablePath: browserProgram() ?? '',
      headless: true,
      host: '127.0.0.1',
      timeout: boundMs,
      args: [
        // Its sandbox does not run as root.
        ...(isRoot ? ['--no-sandbox'] : []),
        `--host-resolver-rules=MAP ${strangeName} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
        '--font-render-hinting=none',
      ],
    });
    const browser = await chromium.connect(server.wsEndpoint(), { timeout: boundMs });
    return new TestBrowser(browser, async () => {
      const closed = await within(
        systemClock,
        boundMs,
        browser
          .close()
          .then(() => server.close())
          .then(() => true),
      );
      if (closed === undefined) server.process().kill('SIGKILL');
    });
  }

  get version(): string {
    return this.#browser.version();
  }

  /** Opens a page at the link, and waits until it has loaded. */
  async open(url: string, options: PageOptions = {}): Promise<OpenPage> {
    const { colorScheme = 'light', height = 800, scale = 1, width = 1280 } = options;
    const context = await this.#browser.newContext({
      colorScheme,
      deviceScaleFactor: scale,
      locale: 'en-GB',
      timezoneId: 'UTC',
      viewport: { width, height },
    });
    this.#contexts.push(context);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const origin = new URL(url).origin;
    const found: string[] = [];
    const expected: RegExp[] = [];
    context.on('request', (request) => {
      const asked = request.url();
      if (new URL(asked).origin !== origin && !asked.startsWith('data:') && !asked.startsWith('blob:'))
        found.push(`request to ${asked}`);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(boundMs);
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        found.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => found.push(`uncaught: ${error.stack ?? error.message}`));
    await context.addInitScript(
      `addEventListener('securitypolicyviolation', (event) =>
        console.error('policy violation: ' + event.violatedDirective + ' ' + event.blockedURI));`,
    );
    if (options.now !== undefined) await page.clock.setFixedTime(options.now);
    await page.goto(url);
    return {
      page,
      context,
      get problems() {
        return found.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
      },
      expectProblems: (...patterns) => expected.push(...patterns),
    };
  }

  /** Closes the pages that were opened. */
  async closePages(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close();
  }

  async close(): Promise<void> {
    await this.closePages();
    await this.#end();
  }
}
