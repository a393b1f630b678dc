// docs/fidelity.md and the cases that are compared with AWS's runtime clients name the same shapes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from '../e2e/livectl-process.ts';
import { type Case, cases, notCompared } from './node-cases.ts';

describe('docs/fidelity.md', () => {
  const markdown = readFileSync(join(repository, 'docs', 'fidelity.md'), 'utf8');
  const rows = shapesOf(markdown, 'Node.js:');

  test('has the row of every case', () => {
    const unknown = [...cases.map((one: Case) => one.shape), ...Object.keys(notCompared)].filter(
      (shape) => !shapesOf(markdown, '').includes(shape),
    );
    expect(unknown).toEqual([]);
  });

  test('says nothing of Node.js that is neither compared nor has a reason not to be', () => {
    const known = new Set([...cases.map(({ shape }) => shape), ...Object.keys(notCompared)]);
    expect(rows.filter((shape) => !known.has(shape))).toEqual([]);
  });
});

/** The first cells of the tables in sections whose titles begin so. */
function shapesOf(markdown: string, title: string): string[] {
  const sections = markdown.split(/^## /m).filter((section) => section.startsWith(title));
  const lines = sections.flatMap((section) => section.split('\n')).filter((line) => line.startsWith('| '));
  return lines
    .map((line) => line.slice(2).split(' | ')[0] ?? '')
    .filter((shape) => shape !== 'shape' && !shape.startsWith('---'));
}
