// docs/fidelity.md is true of the tests: each row names tests that are there, a source, and a reason where it differs.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const file = join(root, 'docs/fidelity.md');
const rows = rowsOf(readFileSync(file, 'utf8'));

interface Row {
  readonly shape: string;
  readonly lambda: string;
  readonly ours: string;
  readonly tests: string;
}

/** The rows of all tables, their heads left out. */
function rowsOf(markdown: string): Row[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| shape |'));
  return lines.map((line) => {
    const cells = line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, ''));
    const [shape = '', lambda = '', ours = '', tests = ''] = cells;
    expect(cells, line).toHaveLength(4);
    return { shape, lambda, ours, tests };
  });
}

/** What is wrong with the tests that a row names: `[name](file): title; ...`. */
function mistakesIn({ tests, ours }: Row): string[] {
  if (tests === '—') return ours.startsWith('differs: ') ? [] : ['names no test'];
  return tests.split('; ').flatMap((entry) => {
    const [, name, link, title = ''] = /^\[`([^`]+)`\]\(([^)]+)\): (.+)$/.exec(entry) ?? [];
    if (name === undefined || link === undefined) return [`is no [name](file): title: ${entry}`];
    const testFile = join(dirname(file), link);
    if (!existsSync(testFile)) return [`there is no ${link}`];
    if (!testFile.endsWith(`/${name}.test.ts`)) return [`${link} is not ${name}`];
    return hasTitle(readFileSync(testFile, 'utf8'), title) ? [] : [`${link} has no test '${title}'`];
  });
}

/** Whether a `describe`, `it` or `test` has a title that begins so. */
function hasTitle(source: string, title: string): boolean {
  const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll("'", "\\\\?'");
  // Before the title stand the call, or the end of a table of cases, or a line break.
  return new RegExp(`(?:\\b(?:describe|it|test)|\\))\\(\\s*(['"\`])${escaped}`).test(source);
}

it('has rows', () => {
  expect(rows.length).toBeGreaterThan(80);
});

describe('a row', () => {
  it.each(rows)('of $shape names its source and what livectl does', ({ lambda, ours }) => {
    expect(lambda).toMatch(/\]\(https:\/\/[^)]+\)/);
    expect(ours).toMatch(/^same$|^differs: .{20,}/);
  });

  it.each(rows)('of $shape names tests that are there', (row) => {
    expect(mistakesIn(row)).toEqual([]);
  });
});

describe('a table that has rotted is found out:', () => {
  const row = { shape: 'a shape', lambda: '', ours: 'same' };
  const link = '[`node-results`](../cli/test/worker/node-results.test.ts)';

  it.each([
    ['a test that is gone', `${link}: a title nobody gave`, "has no test 'a title nobody gave'"],
    ['words that are no title', `${link}: invokeOnce`, "has no test 'invokeOnce'"],
    ['a file that is gone', '[`gone`](../cli/test/worker/gone.test.ts): an answer is', 'there is no '],
    ['a wrong name', `${link.replace('`node-results`', '`other`')}: is refused: %s`, 'is not other'],
    ['no test', '—', 'names no test'],
    ['another form', 'node-results', 'is no [name](file): title'],
  ])('%s', (_kind, tests, mistake) => {
    expect(mistakesIn({ ...row, tests }).join()).toContain(mistake);
  });
});
