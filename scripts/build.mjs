// Builds, in this order: the stub, the tunnel function, the wrapper and their reproducible zips, the Node and Python runtime clients, the AWS
// SDK's clients, the inspector's page, the CLI that carries them all, the CDKTF constructs.
//   node scripts/build.mjs            everything into dist/, and the zips into the Terraform module
//   node scripts/build.mjs --bench    also dist/bench.mjs
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { zipSync } from 'fflate';
import { buildConstructs } from './build-constructs.mjs';
import { commitOf } from './commit.mjs';
import { packInspectorPage } from './inspector-page.mjs';
import {
  common,
  requireBanner,
  stubEntries,
  stubOptions,
  tunnelEntries,
  tunnelOptions,
  wrapperEntries,
  wrapperOptions,
  wrapperPythonFiles,
} from './stub-options.mjs';
import { thirdPartyNotices } from './third-party-notices.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');

/** @type {import('esbuild').BuildOptions} */
const here = { ...common, absWorkingDir: root };

async function buildStub() {
  const options = stubOptions(root);
  const stub = await buildProgram('stub', options, stubEntries('stub/src/index.ts'));
  await buildProgram('beside', options, stubEntries('stub/src/beside.ts'));
  return stub;
}

async function buildTunnel() {
  return buildProgram('tunnel', tunnelOptions(root), tunnelEntries('stub/src/tunnel/index.ts'));
}

/**
 * A folder with `index.mjs`, and beside it what it loads only when needed; and its zip.
 * @param {string} name @param {import('esbuild').BuildOptions} options @param {Record<string, string>} entryPoints
 */
async function buildProgram(name, options, entryPoints) {
  const result = await build({ ...options, entryPoints, outdir: join(dist, name) });
  const outputs = Object.keys(result.metafile?.outputs ?? {}).sort();
  /** @type {Record<string, [string, number]>} */
  const files = Object.fromEntries(outputs.map((file) => [basename(file), [join(root, file), 0o644]]));
  await writeZip(`${name}.zip`, files);
  return result;
}

/** The layer's files in /opt: the wrapper script, and beside it what it starts for each runtime. */
async function buildWrapper() {
  const folder = join(dist, 'wrapper');
  const result = await build({
    ...wrapperOptions(root),
    entryPoints: wrapperEntries,
    outdir: join(folder, 'live-debug-wrapper'),
  });
  await cp(join(root, 'stub/src/wrapper/live-debug'), join(folder, 'live-debug'));
  await chmod(join(folder, 'live-debug'), 0o755);
  const asTheyAre = ['node.mjs', ...wrapperPythonFiles];
  for (const name of asTheyAre)
    await cp(join(root, 'stub/src/wrapper', name), join(folder, 'live-debug-wrapper', name));
  const scripts = [...Object.keys(wrapperEntries).map((name) => `${name}.cjs`), ...asTheyAre].map(
    (name) => `live-debug-wrapper/${name}`,
  );
  await writeZip('wrapper.zip', {
    'live-debug': [join(folder, 'live-debug'), 0o100755],
    ...Object.fromEntries(scripts.map((name) => [name, [join(folder, name), 0o100644]])),
  });
  return result;
}

/** Zips whose files are deflated: each has a limit of its own on its size. */
const deflated = ['tunnel.zip', 'wrapper.zip'];

/**
 * Into dist/ and the Terraform module. Stored, or deflated by the lock file's fflate, with a fixed time (DOS epoch, local time), so that equal sources give equal bytes. @param {string} name @param {Record<string, [string, number]>} files by path in the zip: file, mode
 */
async function writeZip(name, files) {
  /** @type {import('fflate').Zippable} */
  const entries = {};
  for (const [path, [file, mode]] of Object.entries(files)) {
    const attrs = (mode << 16) >>> 0;
    const level = deflated.includes(name) ? 9 : 0;
    entries[path] = [await readFile(file), { mtime: new Date(1980, 0, 1), attrs, os: 3, level }];
  }
  await writeFile(join(dist, name), zipSync(entries, { level: 0 }));
  await mkdir(join(root, 'terraform/modules/live-debug/dist'), { recursive: true });
  await cp(join(dist, name), join(root, 'terraform/modules/live-debug/dist', name));
}

async function buildNodeRuntime() {
  return build({
    ...here,
    entryPoints: ['cli/src/worker/node-runtime/main.ts'],
    outfile: join(dist, 'node-runtime.mjs'),
    minifySyntax: true,
    minifyWhitespace: true,
  });
}

/** What the Node runtime client loads if there is a tunnel; CommonJS, since the function's child processes `--require` it. */
async function buildNodeTunnel() {
  return build({
    ...here,
    entryPoints: ['cli/src/worker/node-tunnel/main.ts'],
    outfile: join(dist, 'node-tunnel.cjs'),
    format: 'cjs',
    // A child process may be an older Node.js, which must not fail at this file's syntax.
    target: 'node14',
    minifySyntax: true,
    minifyWhitespace: true,
  });
}

/** What runs in the network namespace of `livectl cloud --vpc`. */
async function buildNatProgram() {
  return build({
    ...here,
    entryPoints: ['cli/src/cloud/vpc/nat-program.ts'],
    outfile: join(dist, 'nat-program.mjs'),
    minify: true,
  });
}

/**
 * Leaves out the SDK's own credential providers, which each of its clients has: livectl resolves credentials itself
 * (cli/src/aws/aws-identity.ts).
 */
const noDefaultCredentials = {
  name: 'no-default-credentials',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, (args) => ({
      path: args.path,
      namespace: 'left-out',
    }));
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents:
        "export const defaultProvider = () => () => Promise.reject(new Error('credentials are given'));",
    }));
  },
};

/**
 * A part of the AWS SDK, which the CLI carries compressed and runs only when needed: loading it would slow down every
 * start. @param {string} entry @param {import('esbuild').Plugin[]} [plugins]
 */
async function buildAwsPart(entry, plugins = []) {
  return build({
    ...common,
    entryPoints: [entry],
    outfile: join(dist, `${basename(entry, '.ts')}.cjs`),
    format: 'cjs',
    minify: true,
    // It runs as a compiled function, which can only require().
    supported: { 'dynamic-import': false },
    // The ES modules, of which esbuild takes only the commands in use: half of what `main` brings.
    mainFields: ['module', 'main'],
    plugins,
  });
}

/** The help of every command as JSON: livectl answers `--help` and completes from it without loading its commands. */
async function helpOfCommands() {
  const outfile = join(dist, 'commands.mjs');
  const entryPoints = ['cli/src/commands/all-commands.ts'];
  await build({ ...here, entryPoints, outfile, packages: 'external', plugins: [notBuilt] });
  const { helpOfCommands } = await import(pathToFileURL(outfile).href);
  await rm(outfile);
  return helpOfCommands();
}

/** For what only looks at the commands: nothing that they load when they run. */
const notBuilt = {
  name: 'not-built',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { external: true } : undefined,
    );
  },
};

/** Resolves `embedded:NAME` to a built file: a zip as bytes, a script as text, JSON as data, the inspector's page as a function. */
const embedded = {
  name: 'embedded',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^embedded:/ }, (args) => ({
      path: args.path.slice('embedded:'.length),
      namespace: 'embedded',
    }));
    build.onLoad({ filter: /.*/, namespace: 'embedded' }, async (args) => {
      if (args.path === 'package.json') {
        const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
        return { contents: JSON.stringify({ version, commit: commitOf(root) }), loader: 'json' };
      }
      if (args.path === 'commands')
        return { contents: `export default ${JSON.stringify(await helpOfCommands())};` };
      if (args.path === 'inspector-page') {
        const packed = await packInspectorPage(join(dist, 'inspector'));
        const text = `brotliDecompressSync(Buffer.from('${packed}', 'base64')).toString('utf8')`;
        return {
          contents: `import { brotliDecompressSync } from 'node:zlib';\nexport default () => ${text};`,
        };
      }
      // Compressed, since every start of the CLI reads it as part of the file: 160 KB of base64 become 55.
      const packed = gzipSync(await readFile(join(dist, args.path)), { level: 9 }).toString('base64');
      const bytes = `gunzipSync(Buffer.from('${packed}', 'base64'))`;
      const value = args.path.endsWith('.zip') ? bytes : `${bytes}.toString('utf8')`;
      return { contents: `import { gunzipSync } from 'node:zlib';\nexport default ${value};` };
    });
  },
};

/**
 * Loads Node's own modules when the code that uses them first runs: a static import would load `https` and `tls`
 * (25 ms) for `livectl --help` too.
 */
const lazyBuiltins = {
  name: 'lazy-builtins',
  /** @param {import('esbuild').PluginBuild} build */
  setup(build) {
    const builtin = new RegExp(`^(node:)?(${builtinModules.join('|')})$`);
    build.onResolve({ filter: builtin }, (args) =>
      args.namespace === 'builtin' ? { external: true } : { path: args.path, namespace: 'builtin' },
    );
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, (args) => ({
      contents: `module.exports = require(${JSON.stringify(args.path)});`,
    }));
  },
};

/** The inspector's page, which the CLI serves on this machine: every browser that is kept up to date runs ES2022. */
async function buildInspector() {
  const folder = join(dist, 'inspector');
  const result = await build({
    absWorkingDir: root,
    entryPoints: [
      { in: 'inspector/src/main.tsx', out: 'app' },
      { in: 'inspector/src/style/app.css', out: 'app' },
    ],
    outdir: folder,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
  });
  await cp(join(root, 'inspector/index.html'), join(folder, 'index.html'));
  return result;
}

async function buildCli() {
  const outfile = join(dist, 'livectl.mjs');
  const result = await build({
    ...here,
    entryPoints: ['cli/src/main.ts'],
    outfile,
    minify: true,
    sourcemap: 'linked',
    sourcesContent: false,
    external: [...common.external, 'esbuild'],
    // Its CommonJS form loads its parts in a way that esbuild cannot follow.
    alias: { 'jsonc-parser': join(root, 'node_modules/jsonc-parser/lib/esm/main.js') },
    banner: { js: `#!/usr/bin/env node\n${requireBanner}` },
    plugins: [embedded, lazyBuiltins],
  });
  await chmod(outfile, 0o755);
  return result;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const stub = await buildStub();
const tunnel = await buildTunnel();
const wrapper = await buildWrapper();
const runtime = await buildNodeRuntime();
const tunnelPart = await buildNodeTunnel();
for (const name of ['python-runtime.py', 'python-tunnel.py', 'python-libpq.py'])
  await cp(join(root, 'cli/src/worker/python-runtime', name), join(dist, name));
const nat = await buildNatProgram();
const awsCalls = await buildAwsPart('cli/src/trigger/aws-calls.ts', [noDefaultCredentials]);
const awsCredentials = await buildAwsPart('cli/src/aws/aws-credentials.ts');
const inspector = await buildInspector();
const cli = await buildCli();
await buildConstructs(root, dist);
await writeFile(
  join(dist, 'THIRD-PARTY-NOTICES.txt'),
  await thirdPartyNotices(root, [
    stub,
    tunnel,
    wrapper,
    runtime,
    tunnelPart,
    nat,
    awsCalls,
    awsCredentials,
    inspector,
    cli,
  ]),
);
if (process.argv.includes('--bench')) {
  await build({
    ...here,
    entryPoints: ['bench/main.ts'],
    outfile: join(dist, 'bench.mjs'),
    packages: 'external',
  });
}
