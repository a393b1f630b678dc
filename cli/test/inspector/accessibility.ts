// What axe-core finds in a page. It runs in the page's context by the debugger, so the page's content security policy stays as it is.
import { readFileSync } from 'node:fs';
import type { OpenPage } from './browser.ts';
import { fromTestReal } from './playwright.ts';

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
  }[];
}

let source: string | undefined;

/** One text for each violation: the rule, and where it is broken. */
export async function violationsIn({ page }: OpenPage): Promise<string[]> {
  source ??= readFileSync(fromTestReal.resolve('axe-core/axe.min.js'), 'utf8');
  if (!(await page.evaluate<boolean>(`'axe' in window`))) await page.evaluate(`${source};undefined`);
  const result = await page.evaluate<AxeResult>(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })`,
  );
  return result.violations.map(({ help, id, nodes }) => {
    const places = nodes
      .slice(0, 5)
      .map(({ failureSummary = '', html }) => `${html.slice(0, 300)}\n${failureSummary}`);
    return `${id}: ${help}\n${places.join('\n')}`;
  });
}
