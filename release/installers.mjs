// Writes what installs the executables of this version, from their checksums: install.sh and the Homebrew formula livectl.rb.
//   node release/installers.mjs [--out DIR] [--base-url URL] [--homepage URL]
// DIR (default: release/out) has SHA256SUMS, and gets both files. URL is where the archives will be; default: the release of the tag
// in the repository that package.json names.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { repositoryPage } from '../scripts/repository-page.mjs';
import { readSums, sumsFile } from './checksums.mjs';
import { archiveName, targets } from './targets.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const root = dirname(folder);

try {
  write();
} catch (error) {
  console.error(`installers: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}

function write() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: join(folder, 'out') },
      'base-url': { type: 'string' },
      homepage: { type: 'string' },
    },
  });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const page = repositoryPage(root);
  const baseUrl = values['base-url'] ?? (page && `${page}/releases/download/v${version}`);
  const homepage = values.homepage ?? page;
  if (!baseUrl || !homepage)
    throw new Error('package.json names no "repository": pass --base-url and --homepage');
  const sums = readSums(readSumsFile(join(values.out, sumsFile)));
  /** @type {Record<string, string>} */
  const words = {
    VERSION: version,
    BASE_URL: plainUrl('--base-url', baseUrl),
    HOMEPAGE: plainUrl('--homepage', homepage),
  };
  for (const target of targets.filter(({ platform }) => platform !== 'win32')) {
    const archive = archiveName(target, version);
    const sum = sums.get(archive);
    if (sum === undefined) {
      const unsigned = archiveName(target, version, false);
      const reason = sums.has(unsigned)
        ? `${unsigned} does not run: build on macOS, which signs it`
        : 'build it';
      throw new Error(`${sumsFile} has no ${archive}: ${reason}`);
    }
    words[`SHA256:${target.name}`] = sum;
  }
  for (const name of ['install.sh', 'livectl.rb']) {
    const text = readFileSync(join(folder, name), 'utf8').replace(
      /@([A-Z0-9_]+(?::[a-z0-9-]+)?)@/g,
      (_, word) => {
        const value = words[word];
        if (value === undefined) throw new Error(`release/${name}: nothing is known for @${word}@`);
        return value;
      },
    );
    writeFileSync(join(values.out, name), text);
    if (name.endsWith('.sh')) chmodSync(join(values.out, name), 0o755);
    console.log(join(values.out, name));
  }
}

/** @param {string} file */
function readSumsFile(file) {
  if (!existsSync(file)) throw new Error(`${file} is missing: run make executables`);
  return readFileSync(file, 'utf8');
}

/** It becomes part of a shell script and of Ruby code. @param {string} name @param {string} url */
function plainUrl(name, url) {
  if (!/^https?:\/\/[\w.:-]+(\/[\w.~-]+)*\/?$/.test(url))
    throw new Error(`${name} must be a URL of letters, digits, and . _ ~ - only, not ${JSON.stringify(url)}`);
  return url.replace(/\/$/, '');
}
