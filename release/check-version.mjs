// Whether a tag can be released: what npm, GitHub and the changelog need agrees. Reports every mistake at once.
//   node release/check-version.mjs --tag v0.2.0 --repository acme/livectl [--notes FILE]
// FILE gets the version's section of CHANGELOG.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { repositoryPage } from '../scripts/repository-page.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (/** @type {string} */ file) => readFileSync(join(root, file), 'utf8');

const { values } = parseArgs({
  options: {
    tag: { type: 'string', default: '' },
    repository: { type: 'string', default: '' },
    notes: { type: 'string' },
  },
});
const { version } = JSON.parse(read('package.json'));
const locked = JSON.parse(read('package-lock.json')).version;
const notes = section(read('CHANGELOG.md'), version);

/** @type {string[]} */
const mistakes = [];
if (values.tag !== `v${version}`)
  mistakes.push(`the tag is ${JSON.stringify(values.tag)}, but package.json has version ${version}`);
if (locked !== version) mistakes.push(`package-lock.json has version ${locked}: run npm install`);
if (notes === undefined) mistakes.push(`CHANGELOG.md has no section "## ${version}": rename "## Unreleased"`);
else if (notes === '') mistakes.push(`CHANGELOG.md: the section "## ${version}" is empty`);
const page = pageOrMistake();
const wanted = `https://github.com/${values.repository}`;
// npm refuses a package with provenance whose repository is another one.
if (page !== wanted && values.repository !== '')
  mistakes.push(`package.json: "repository" must be ${wanted}, not ${page ?? 'missing'}`);
if (values.repository === '') mistakes.push('pass --repository OWNER/NAME');

for (const mistake of mistakes) console.error(`check-version: ${mistake}`);
if (mistakes.length === 0 && values.notes !== undefined) writeFileSync(values.notes, `${notes}\n`);
process.exitCode = mistakes.length > 0 ? 1 : 0;

function pageOrMistake() {
  try {
    return repositoryPage(root);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What is below a version's heading; undefined without one. @param {string} text @param {string} wantedVersion */
function section(text, wantedVersion) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.split(' - ')[0]?.trimEnd() === `## ${wantedVersion}`);
  if (start < 0) return undefined;
  const end = lines.findIndex((line, index) => index > start && line.startsWith('## '));
  return lines
    .slice(start + 1, end < 0 ? undefined : end)
    .join('\n')
    .trim();
}
