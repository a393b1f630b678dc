// Every Markdown file: links lead to files and headings that exist, and the check of long lines finds one.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { longLines, markdownMistakes } from '../../../scripts/markdown-lines.mjs';
import { repository } from '../e2e/livectl-process.ts';

let folder: string | undefined;

afterEach(() => {
  if (folder) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

const files = execFileSync('git', ['ls-files', '*.md'], { cwd: repository, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.includes('/fixtures/') && existsSync(join(repository, file)));

/** Headings as GitHub names them, beside `<a id="...">`. */
function anchorsOf(markdown: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set([...markdown.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id));
  const text = markdown.replaceAll(/^```[\s\S]*?^```/gm, '');
  for (const [, heading = ''] of text.matchAll(/^#{1,6} (.+)$/gm)) {
    const name = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    anchors.add(times === 0 ? name : `${name}-${times}`);
  }
  return anchors;
}

/** Targets of links that are not URLs, code left out. */
function targetsOf(markdown: string): string[] {
  const text = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '').replaceAll(/`[^`\n]*`/g, '``');
  const inline = [...text.matchAll(/\]\(([^()\s]+(?:\([^()\s]*\))?)\)/g)];
  const references = [...text.matchAll(/^\[[^^\]][^\]]*\]: (\S+)$/gm)];
  return [...inline, ...references]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));
}

function mistakeIn(file: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#');
  const there = path === '' ? join(repository, file) : join(repository, dirname(file), path);
  if (!existsSync(there)) return `${target}: no such file`;
  if (anchor === undefined || /^L\d+/.test(anchor)) return undefined;
  const page = statSync(there).isDirectory() ? join(there, 'README.md') : there;
  return anchorsOf(readFileSync(page, 'utf8')).has(anchor) ? undefined : `${target}: no such heading`;
}

describe('links of', () => {
  it.each(files)('%s lead somewhere', (file) => {
    const targets = targetsOf(readFileSync(join(repository, file), 'utf8'));
    expect(targets.flatMap((target) => mistakeIn(file, target) ?? [])).toEqual([]);
  });

  it('a page that leads nowhere are found', () => {
    expect(mistakeIn('README.md', 'docs/gone.md')).toContain('no such file');
    expect(mistakeIn('README.md', 'docs/README.md#gone')).toContain('no such heading');
    expect(mistakeIn('README.md', 'docs/README.md#reference')).toBeUndefined();
  });
});

describe('a line of more than 300 characters', () => {
  const long = 'x'.repeat(301);

  it('is found by make check, with its place', () => {
    folder = mkdtempSync(join(tmpdir(), 'livectl-markdown-'));
    writeFileSync(join(folder, 'a.md'), `# A\n\n${long}\n${'y'.repeat(300)}\n`);
    execFileSync('git', ['init', '-q'], { cwd: folder });
    execFileSync('git', ['add', 'a.md'], { cwd: folder });
    expect(markdownMistakes(folder)).toEqual(['a.md:3 has 301 characters: write at most 300']);
  });

  it('is left to the generator between markers and in generated pages', () => {
    expect(longLines(`<!-- inputs -->\n${long}\n<!-- end of inputs -->\n${long}`)).toEqual([
      { line: 4, length: 301 },
    ]);
    expect(longLines(`# Figures\n\nMade by make bench; not edited by hand.\n${long}`)).toEqual([]);
  });
});
