// The parts of playwright-core that the browser tests use; the package is in test-real/, which not every checkout has.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { repository } from '../e2e/livectl-process.ts';

export interface Locator {
  click(options?: { button?: 'left' | 'right'; timeout?: number }): Promise<void>;
  count(): Promise<number>;
  fill(value: string): Promise<void>;
  first(): Locator;
  last(): Locator;
  nth(index: number): Locator;
  filter(options: { hasText?: string | RegExp; has?: Locator; visible?: boolean }): Locator;
  focus(): Promise<void>;
  getAttribute(name: string): Promise<string | null>;
  getByRole(role: string, options?: ByRole): Locator;
  getByText(text: string | RegExp, options?: { exact?: boolean }): Locator;
  getByLabel(text: string | RegExp, options?: { exact?: boolean }): Locator;
  textContent(): Promise<string | null>;
  inputValue(): Promise<string>;
  isVisible(): Promise<boolean>;
  locator(selector: string): Locator;
  press(key: string): Promise<void>;
  screenshot(options?: { path?: string }): Promise<Buffer>;
  selectOption(value: string | { label: string }): Promise<string[]>;
  waitFor(options?: {
    state?: 'attached' | 'detached' | 'visible' | 'hidden';
    timeout?: number;
  }): Promise<void>;
  evaluate<T>(script: string | ((element: never) => T)): Promise<T>;
  allInnerTexts(): Promise<string[]>;
}

interface ByRole {
  readonly name?: string | RegExp;
  readonly exact?: boolean;
  readonly selected?: boolean;
  readonly pressed?: boolean;
  readonly expanded?: boolean;
}

export interface ConsoleMessage {
  type(): string;
  text(): string;
  location(): { readonly url: string };
}

export interface Page {
  readonly clock: { setFixedTime(time: Date): Promise<void> };
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  readonly mouse: { move(x: number, y: number): Promise<void>; wheel(x: number, y: number): Promise<void> };
  addScriptTag(options: { content?: string; path?: string }): Promise<unknown>;
  close(): Promise<void>;
  evaluate<T>(script: string): Promise<T>;
  getByLabel: Locator['getByLabel'];
  getByRole: Locator['getByRole'];
  getByText: Locator['getByText'];
  goto(url: string, options?: { waitUntil?: 'load' | 'domcontentloaded' | 'commit' }): Promise<unknown>;
  locator(selector: string): Locator;
  on(event: 'console', listener: (message: ConsoleMessage) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  reload(): Promise<unknown>;
  screenshot(options: { path?: string; fullPage?: boolean }): Promise<Buffer>;
  setDefaultTimeout(ms: number): void;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(options: { colorScheme?: 'light' | 'dark'; reducedMotion?: 'reduce' }): Promise<void>;
  url(): string;
  viewportSize(): { width: number; height: number } | null;
  waitForFunction(script: string, argument?: unknown, options?: { timeout?: number }): Promise<unknown>;
}

export interface CdpSession {
  send(method: string, parameters?: object): Promise<Record<string, unknown>>;
}

export interface BrowserContext {
  addInitScript(script: string): Promise<void>;
  close(): Promise<void>;
  grantPermissions(permissions: readonly string[]): Promise<void>;
  newCDPSession(page: Page): Promise<CdpSession>;
  newPage(): Promise<Page>;
  on(event: 'request', listener: (request: { url(): string }) => void): void;
}

export interface Browser {
  close(): Promise<void>;
  newContext(options: {
    readonly colorScheme?: 'light' | 'dark';
    readonly deviceScaleFactor?: number;
    readonly hasTouch?: boolean;
    readonly locale?: string;
    readonly reducedMotion?: 'reduce';
    readonly timezoneId?: string;
    readonly viewport?: { readonly width: number; readonly height: number };
  }): Promise<BrowserContext>;
  version(): string;
}

interface BrowserServer {
  close(): Promise<void>;
  process(): { readonly pid?: number; kill(signal: 'SIGKILL'): boolean };
  wsEndpoint(): string;
}

interface Playwright {
  readonly chromium: {
    connect(endpoint: string, options: { timeout: number }): Promise<Browser>;
    launchServer(options: {
      readonly args: readonly string[];
      readonly executablePath: string;
      readonly headless: boolean;
      readonly host: string;
      readonly timeout: number;
    }): Promise<BrowserServer>;
  };
}

/** Fails where `make test-real` has not installed it. */
export const fromTestReal = createRequire(join(repository, 'test-real/package.json'));

export function playwright(): Playwright {
  return fromTestReal('playwright-core') as Playwright;
}
