// Part of `make check`: no line of a Markdown file that people write is over 300 characters, so that differences are
// readable. Generated text is left out: pages that declare it at their top, and text between markers.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from './git.mjs';

const most = 300;

/**
 * The lines that are too long, counted from 1.
 * @param {string} markdown
 * @returns {{ line: number, length: number }[]}
 */
export function longLines(markdown) {
  const lines = markdown.split('\n');
  if (lines.slice(0, 5).some((line) => line.includes('not edited by hand'))) return [];
  let generated = false;
  return lines.flatMap((text, index) => {
    const marker = /^<!-- (end of )?(?:inputs|outputs|function fields|trigger fields) -->$/.exec(text);
    if (marker) generated = marker[1] === undefined;
    return generated || text.length <= most ? [] : [{ line: index + 1, length: text.length }];
  });
}

/**
 * One sentence for each line that is too long, in every file below a folder that git knows. Files of tests are input, not text.
 * @param {string} root
 * @returns {string[]}
 */
export function markdownMistakes(root) {
  const files = git(root, ['ls-files', '--cached', '--others', '--exclude-standard', '--', '*.md'])
    .split('\n')
    .filter(Boolean);
  return files
    .filter((file) => !file.includes('/fixtures/') && existsSync(join(root, file)))
    .flatMap((file) =>
      longLines(readFileSync(join(root, file), 'utf8')).map(
        ({ line, length }) => `${file}:${line} has ${length} characters: write at most ${most}`,
      ),
    );
}
