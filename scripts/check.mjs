// Part of `make check`: what neither the type checker nor the linter sees. Runs after a build.
//   - generated files that are committed are current: schema, Terraform tables, constructs, the zips
//   - the lock file matches package.json
//   - the stub, the tunnel function and the wrapper are within their size limits
//   - regular expressions are linear (patterns.mjs)
//   - every package of the lock files has a checksum
//   - every folder of cli/src has a rule about what it may not import
//   - no line of Terraform code is over 160 characters
//   - Markdown has no long lines (markdown-lines.mjs)
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { markdownMistakes } from './markdown-lines.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** @type {string[]} */
const mistakes = [];

for (const script of ['schema', 'terraform-docs', 'terraform-fields', 'cdktf-construct']) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts', `${script}.mjs`), '--check'], {
    stdio: 'inherit',
  });
  if (status !== 0) mistakes.push(`run node scripts/${script}.mjs and commit what it writes`);
}

const patterns = spawnSync(process.execPath, [join(root, 'scripts/patterns.mjs'), '--check'], {
  stdio: 'inherit',
});
if (patterns.status !== 0) mistakes.push('regular expressions must be linear and written as literals');

// A folder that no override names could import anything; only commands/ may.
const { overrides } = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
const ruled = new Set(overrides.flatMap((/** @type {{ includes: string[] }} */ { includes }) => includes));
for (const entry of readdirSync(join(root, 'cli/src'), { withFileTypes: true })) {
  if (!entry.isDirectory() || entry.name === 'commands' || ruled.has(`cli/src/${entry.name}/**`)) continue;
  mistakes.push(
    `cli/src/${entry.name}: add an override to biome.json with the folders that it must not import, and it to those that must not import it`,
  );
}

// New files as well, before they are added.
const terraformFiles = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', '*.tf', '*.tftpl'],
  { cwd: root, encoding: 'utf8' },
).split('\0');
for (const file of terraformFiles) {
  const path = join(root, file);
  if (file === '' || !existsSync(path)) continue;
  readFileSync(path, 'utf8')
    .split('\n')
    .forEach(({ length }, index) => {
      if (length > 160)
        mistakes.push(
          `${file}:${index + 1} has ${length} characters, over 160: write a text as <<-EOT or join("", [...])`,
        );
    });
}

// npm does not verify a package without a checksum. It omits the checksums of other platforms' packages if it writes the
// lock file from installed packages; a bundled package comes in its parent's archive.
for (const folder of ['.', 'bench', 'release']) {
  const { packages } = JSON.parse(readFileSync(join(root, folder, 'package-lock.json'), 'utf8'));
  for (const [name, { inBundle, integrity, link }] of Object.entries(packages)) {
    if (name === '' || inBundle || integrity || link) continue;
    mistakes.push(
      `${join(folder, 'package-lock.json')}: ${name} has no integrity: remove node_modules and its entry, npm install`,
    );
  }
}

// A lock file made on one platform can lack the packages of another; npm ci then refuses it.
const lock = spawnSync('npm', ['ci', '--dry-run', '--ignore-scripts', '--no-audit', '--no-fund'], {
  cwd: root,
});
if (lock.status !== 0) mistakes.push(`package-lock.json is not in step with package.json: ${lock.stderr}`);

const packageFiles = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).files;

// The build has just written the zips; git reports whether they differ from what is committed or staged.
for (const name of ['stub.zip', 'beside.zip', 'tunnel.zip', 'wrapper.zip']) {
  const zip = `terraform/modules/live-debug/dist/${name}`;
  const [state] = execFileSync('git', ['status', '--porcelain', '--', zip], {
    cwd: root,
    encoding: 'utf8',
  }).split('\n');
  if (state && state[1] !== ' ')
    mistakes.push(`${zip} is stale: commit the one that the build has just written`);
  if (!packageFiles.includes(zip)) mistakes.push(`package.json: "files" must have ${zip}`);
}

const wrapperBytes = statSync(join(root, 'dist/wrapper.zip')).size;
if (wrapperBytes > 150 * 1000) mistakes.push(`the wrapper's layer is ${wrapperBytes} bytes, over 150 KB`);

for (const [name, file] of [
  ['the stub', 'dist/stub/index.mjs'],
  ['the tunnel function', 'dist/tunnel.zip'],
]) {
  const bytes = statSync(join(root, file)).size;
  if (bytes > 120 * 1024) mistakes.push(`${name} is ${bytes} bytes, over 120 KB`);
}
for (const name of ['stub', 'tunnel'])
  if (/@aws-sdk|@smithy/.test(readFileSync(join(root, `dist/${name}/index.mjs`), 'utf8')))
    mistakes.push(`dist/${name} carries a part of the AWS SDK`);

mistakes.push(...markdownMistakes(root));

for (const mistake of mistakes) console.error(`check: ${mistake}`);
process.exit(mistakes.length > 0 ? 1 : 0);
