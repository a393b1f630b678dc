// How esbuild bundles the stub: for the build, and for tests that bundle a stub of their own.
import { basename, join } from 'node:path';

/** CommonJS packages inside an ES module still call require() for Node's own modules. */
export const requireBanner =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);";

/** What every bundle of this project has in common. @type {import('esbuild').BuildOptions} */
export const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // ws looks for these native speed-ups and does without them.
  external: ['bufferutil', 'utf-8-validate'],
  define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
};

/** Options of the stub's bundle; entry and output are the caller's. @param {string} root the repository's folder */
export function stubOptions(root) {
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...common,
    absWorkingDir: root,
    minify: true,
    banner: { js: requireBanner },
    // The client alone: ws names its server and its streams too, 8 KB that a cold start would read.
    alias: { ws: join(root, 'node_modules/ws/lib/websocket.js') },
    plugins: [withoutDeflate],
  };
  return options;
}

/** Bundles of the wrapper for Node.js, by name. @type {Record<string, string>} */
export const wrapperEntries = {
  'node-start': 'stub/src/wrapper/node-start.ts',
  'node-proxy': 'stub/src/wrapper/proxy-thread.ts',
  'node-relay': 'stub/src/wrapper/relay-part.ts',
  'node-tunnel': 'stub/src/wrapper/tunnel-thread.ts',
};

/** Of the wrapper for Python, as they are; below `stub/src/wrapper/` and, in the layer, `live-debug-wrapper/`. */
export const wrapperPythonFiles = [
  'python.py',
  ...['aws', 'connection', 'deployed', 'directory', 'plain', 'proxy', 'relay', 'report', 'wire'].map(
    (name) => `python/${name}.py`,
  ),
];

/** Options of the wrapper's bundles. @param {string} root the repository's folder */
export function wrapperOptions(root) {
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...stubOptions(root),
    // The oldest Node.js that is wrapped.
    target: 'node18.18',
    // Without Node's loader of ES modules, a thread starts a few milliseconds sooner.
    format: 'cjs',
    banner: {},
    outExtension: { '.js': '.cjs' },
  };
  return options;
}

/** What stands in for files of ws. @type {Record<string, string>} */
const unused = {
  'permessage-deflate': "module.exports = class { static extensionName = 'permessage-deflate'; };",
  extension: 'module.exports = {};',
};

/**
 * The relay's socket never compresses (protocol/relay-socket.ts), so ws only asks this class for its name, and refuses a
 * relay that names an extension before it parses which: 6 KB less.
 * @type {import('esbuild').Plugin}
 */
const withoutDeflate = {
  name: 'without-deflate',
  setup: (build) =>
    build.onLoad({ filter: /\/ws\/lib\/(permessage-deflate|extension)\.js$/ }, ({ path }) => ({
      contents: unused[basename(path, '.js')] ?? '',
    })),
};
