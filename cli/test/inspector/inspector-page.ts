// The inspector's page as its user sees it: rows, filter, detail, by their roles and names.
import { expect } from 'vitest';
import type { OpenPage } from './browser.ts';
import type { Locator, Page } from './playwright.ts';

/** Longest wait for something that the page shows by itself. */
export const shownWithin = { timeout: 15_000, interval: 50 };

export class InspectorPage {
  readonly page: Page;
  readonly opened: OpenPage;

  constructor(opened: OpenPage) {
    this.opened = opened;
    this.page = opened.page;
  }

  get list(): Locator {
    return this.page.getByRole('grid', { name: 'Invocations' });
  }

  /** Those that are drawn, without the head. */
  get rows(): Locator {
    return this.list.locator('[role=row][aria-rowindex]:not([aria-rowindex="1"])');
  }

  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text });
  }

  get newest(): Locator {
    return this.list.locator('[role=row][aria-rowindex="2"]');
  }

  get selected(): Locator {
    return this.list.locator('[role=row][aria-selected="true"]');
  }

  /** How many the list has, drawn or not. */
  async count(): Promise<number> {
    return Number(await this.list.getAttribute('aria-rowcount')) - 1;
  }

  async hasRows(count: number): Promise<void> {
    await expect.poll(() => this.count(), shownWithin).toBe(count);
  }

  select(label: 'Function' | 'Status' | 'Source' | 'Time'): Locator {
    return this.page.getByRole('combobox', { name: label, exact: true });
  }

  /** The list's own. */
  get search(): Locator {
    return this.page.getByRole('searchbox', { name: /id, function/ });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name });
  }

  tab(name: string | RegExp): Locator {
    return this.page.getByRole('tab', { name });
  }

  press(key: string): Promise<void> {
    return this.page.keyboard.press(key);
  }

  async hasFocus(selector: string): Promise<void> {
    const active = () => this.page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`);
    await expect.poll(active, shownWithin).toBe(true);
  }

  async shows(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor({ state: 'visible' });
  }

  /** Nothing went wrong in the page, and nothing was asked of another host. */
  isSound(): void {
    expect(this.opened.problems).toEqual([]);
  }
}
