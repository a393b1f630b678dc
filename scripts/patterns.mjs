// Part of `make check`: every regular expression of the product takes a time linear in its text's length. Most texts are
// from elsewhere, and one whose time grows with the square freezes livectl for minutes at a megabyte.
//   node scripts/patterns.mjs           analyses new ones and adds the linear ones to patterns.json
//   node scripts/patterns.mjs --check   does the same but writes nothing
// recheck counts steps of a backtracking matcher (and proves what it can by automata), so the verdict does not depend on
// the machine. One can take seconds, hence patterns.json.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { transform } from 'esbuild';

process.env.RECHECK_BACKEND ??= 'pure';
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cacheFile = join(root, 'scripts', 'patterns.json');

/** Code that reads only the developer's own sources, which could make their build hang anyway. */
const ownSources = 'cli/src/builder/';

/** Code that runs on a laptop or in Lambda, without its tests. */
const product = ['cli/src', 'inspector', 'protocol', 'stub/src'];

/** Expressions known to be linear, as `/source/flags`. */
const known = new Set(existsSync(cacheFile) ? JSON.parse(readFileSync(cacheFile, 'utf8')) : []);
/** @type {Map<string, string>} the file of each that was found */
const found = new Map();
/** @type {string[]} */
const mistakes = [];

for (const file of productFiles()) {
  const { code } = await transform(readFileSync(join(root, file), 'utf8'), {
    loader: file.endsWith('x') ? 'tsx' : file.endsWith('.ts') ? 'ts' : 'js',
    jsx: 'automatic',
    format: 'esm',
  });
  visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module', allowHashBang: true }), file);
}
const unknown = [...found.keys()].filter((pattern) => !known.has(pattern));
for (const pattern of unknown) await analyse(pattern, found.get(pattern) ?? '');
if (!process.argv.includes('--check')) {
  const linear = [...found.keys()].filter((pattern) => known.has(pattern)).sort();
  writeFileSync(cacheFile, `${JSON.stringify(linear, undefined, 2)}\n`);
}
for (const mistake of mistakes) console.error(`patterns: ${mistake}`);
process.exit(mistakes.length > 0 ? 1 : 0);

function productFiles() {
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...product];
  return execFileSync('git', list, { cwd: root, encoding: 'utf8' })
    .split('\n')
    .filter((file) => /\.(m?[jt]s|tsx)$/.test(file) && !/(^|\/)test\/|\.d\.ts$/.test(file))
    .filter((file) => !file.startsWith(ownSources) && existsSync(join(root, file)));
}

/**
 * @param {any} node of the syntax tree
 * @param {string} file
 */
function visit(node, file) {
  if (Array.isArray(node)) for (const each of node) visit(each, file);
  if (typeof node?.type !== 'string') return;
  if (node.type === 'Literal' && node.regex) found.set(`/${node.regex.pattern}/${node.regex.flags}`, file);
  const isMade = node.type === 'NewExpression' || node.type === 'CallExpression';
  if (isMade && node.callee.name === 'RegExp')
    mistakes.push(`${file} makes a pattern at run time, which can't be analysed: write it as a literal`);
  for (const child of Object.values(node)) if (typeof child === 'object') visit(child, file);
}

/**
 * @param {string} pattern
 * @param {string} file
 */
async function analyse(pattern, file) {
  const { check } = await import('recheck');
  const end = pattern.lastIndexOf('/');
  const { attack, complexity, error, status } = await check(pattern.slice(1, end), pattern.slice(end + 1), {
    timeout: 60_000,
  });
  if (status === 'safe') return known.add(pattern);
  const why =
    status === 'vulnerable'
      ? `is ${complexity?.type} ${complexity?.degree ?? ''} in its text, e.g. on ${attack?.pattern}`
      : `can't be analysed (${error?.kind}): write a simpler one`;
  mistakes.push(`${file}: ${pattern} ${why}; see "House rules" in CONTRIBUTING.md`);
}
