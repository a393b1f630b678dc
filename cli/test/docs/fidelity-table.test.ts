// docs/fidelity.md is true of the tests: each row names tests that are there, a source, and a reason where it differs.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const file = join(root, 'docs/fidelity.md');
const page = readFileSync(file, 'utf8');
const links = linksOf(page);
const footnotes = footnotesOf(page);
const rows = rowsOf(page);

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

/** What `[label]: target` says, by label. */
function linksOf(markdown: string): Map<string, string> {
  return new Map(
    [...markdown.matchAll(/^\[([^^\]][^\]]*)\]: (\S+)$/gm)].map(([, label = '', target = '']) => [
      label,
      target,
    ]),
  );
}

/** What `[^label]: text` says, its indented lines joined, by label. */
function footnotesOf(markdown: string): Map<string, string> {
  return new Map(
    [...markdown.matchAll(/^\[\^([^\]]+)\]: (.+(?:\n {4}.+)*)$/gm)].map(([, label = '', text = '']) => [
      label,
      text.replaceAll(/\n {4}/g, ' '),
    ]),
  );
}

/** What is wrong with the tests that a row names: `[^label]`, whose footnote is ``[`name`] > title; ...``. */
function mistakesIn({ tests, ours }: Row, notes: ReadonlyMap<string, string> = footnotes): string[] {
  if (tests === '—') return ours.startsWith('differs: ') ? [] : ['names no test'];
  const text = notes.get(/^\[\^([^\]]+)\]$/.exec(tests)?.[1] ?? '');
  if (text === undefined) return [`has no footnote: ${tests}`];
  return text.split('; ').flatMap((entry) => {
    const [, name, title = ''] = /^\[`([^`]+)`\] > (.+)$/.exec(entry) ?? [];
    if (name === undefined) return [`is not [name] > title: ${entry}`];
    const link = links.get(`\`${name}\``);
    if (link === undefined) return [`has no link for ${name}`];
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
    const sources = [...lambda.replaceAll(/`[^`]*`/g, '').matchAll(/\[([^\]]+)\](?!\()/g)].map(
      ([, label = '']) => links.get(label),
    );
    expect(sources).not.toEqual([]);
    expect(sources.filter((source) => !source?.startsWith('https://'))).toEqual([]);
    expect(ours).toMatch(/^same$|^differs: .{20,}/);
  });

  it.each(rows)('of $shape names tests that exist', (row) => {
    expect(mistakesIn(row)).toEqual([]);
  });

  it('is named by every footnote', () => {
    const used = new Set(rows.map(({ tests }) => tests));
    expect([...footnotes.keys()].filter((label) => !used.has(`[^${label}]`))).toEqual([]);
  });
});

describe('a table that has rotted is found:', () => {
  const row = { shape: 'a shape', lambda: '', ours: 'same', tests: '[^one]' };

  it.each([
    ['a test that is gone', '[`node-results`] > a title nobody gave', "has no test 'a title nobody gave'"],
    ['words that are no title', '[`node-results`] > invokeOnce', "has no test 'invokeOnce'"],
    ['a file without a link', '[`gone`] > an answer is', 'has no link for gone'],
    ['another form', 'node-results', 'is not [name] > title'],
  ])('%s', (_kind, text, mistake) => {
    expect(mistakesIn(row, new Map([['one', text]])).join()).toContain(mistake);
  });

  it.each([
    ['no test', '—', 'names no test'],
    ['a footnote that is gone', '[^gone]', 'has no footnote'],
    ['no footnote', 'node-results', 'has no footnote'],
  ])('%s', (_kind, tests, mistake) => {
    expect(mistakesIn({ ...row, tests }).join()).toContain(mistake);
  });
});
