// How esbuild bundles the stub: for the build, and for tests that bundle a stub of their own.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** CommonJS packages bundled into an ES module still call require() for Node's own modules. */
export const requireBanner =
  "import { createRequire as __createRequire } from 'node:module';const require = __createRequire(import.meta.url);";

/** Options of every bundle of this project. @type {import('esbuild').BuildOptions} */
export const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  // ws tries to load these native add-ons and works without them.
  external: ['bufferutil', 'utf-8-validate'],
  define: { 'process.env.WS_NO_BUFFER_UTIL': '"1"', 'process.env.WS_NO_UTF_8_VALIDATE': '"1"' },
};

/** Options of the stub's bundle; the caller adds entry and output. @param {string} root the repository's folder */
export function stubOptions(root) {
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...common,
    absWorkingDir: root,
    minify: true,
    banner: { js: requireBanner },
    // The client alone: the entry of ws also imports its server and streams, 8 KB that a cold start would read.
    alias: { ws: join(root, 'node_modules/ws/lib/websocket.js') },
    plugins: [withoutUnused, readLater],
    outExtension: { '.js': '.mjs' },
  };
  return options;
}

/** What a stub loads only if a client has a filter, or observes, by the name of its bundle. */
const loadedLater = {
  'event-filter': 'protocol/event-filter.ts',
  observing: 'stub/src/observing.ts',
  'split-batch': 'stub/src/batch/split-batch.ts',
};

/** Files of a stub, by the name of their bundle. @param {string} program */
export const stubEntries = (program) => ({ index: program, ...loadedLater });

/** Options of the tunnel function's bundle, which says its version to livectl. @param {string} root the repository's folder */
export function tunnelOptions(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...stubOptions(root),
    define: { ...common.define, 'process.env.LIVE_DEBUG_VERSION': JSON.stringify(version) },
  };
  return options;
}

/** Files of the tunnel function, by the name of their bundle. @param {string} program */
export const tunnelEntries = (program) => ({ index: program });

/** Bundles of the wrapper for Node.js, by name. @type {Record<string, string>} */
export const wrapperEntries = {
  'node-start': 'stub/src/wrapper/node-start.ts',
  'node-proxy': 'stub/src/wrapper/proxy-process.ts',
  'node-supervise': 'stub/src/wrapper/supervise.ts',
  'node-relay': 'stub/src/wrapper/relay-part.ts',
  'node-tunnel': 'stub/src/wrapper/tunnel-thread.ts',
};

/** Files of the wrapper for Python, packed unchanged: below `stub/src/wrapper/` and, in the layer, `live-debug-wrapper/`. */
export const wrapperPythonFiles = [
  'python.py',
  ...[
    'aws',
    'connection',
    'deployed',
    'directory',
    'divided',
    'observing',
    'plain',
    'proxy',
    'relay',
    'report',
    'tls',
    'wire',
  ].map((name) => `python/${name}.py`),
];

/** Options of the wrapper's bundles. @param {string} root the repository's folder */
export function wrapperOptions(root) {
  /** @type {import('esbuild').BuildOptions} */
  const options = {
    ...stubOptions(root),
    // The oldest Node.js that is wrapped.
    target: 'node18.18',
    // The code that matches filters and splits batches is part of the bundle: the layer has room, and it is loaded while the runtime starts.
    plugins: [withoutUnused],
    // Without Node's loader of ES modules, a thread starts a few milliseconds sooner.
    format: 'cjs',
    banner: {},
    outExtension: { '.js': '.cjs' },
  };
  return options;
}

/**
 * Keeps what is imported on demand as a separate file: {@link stubEntries}.
 * @type {import('esbuild').Plugin}
 */
const readLater = {
  name: 'read-later',
  setup: (build) => {
    build.onResolve({ filter: /\.ts$/ }, ({ kind, path }) => {
      const name = basename(path, '.ts');
      if (kind !== 'dynamic-import' || !(name in loadedLater)) return undefined;
      return { path: `./${name}.mjs`, external: true };
    });
  },
};

/**
 * Removes 8 KB of ws that a stub does not use: the relay's socket never compresses (protocol/relay-socket.ts), so no extension
 * is offered or parsed, and its listeners are those of Node's emitters, not of the browser's event targets.
 * @type {import('esbuild').Plugin}
 */
const withoutUnused = {
  name: 'without-unused',
  setup: (build) => {
    /** @type {Record<string, string>} */
    const instead = {
      'permessage-deflate': "module.exports = class { static extensionName = 'permessage-deflate'; };",
      // An extension that was not offered is refused before it would be parsed.
      extension: 'module.exports = {};',
      'event-target': 'module.exports = { EventTarget: {} };',
    };
    build.onLoad({ filter: /ws\/lib\/(permessage-deflate|extension|event-target)\.js$/ }, ({ path }) => ({
      contents: instead[basename(path, '.js')] ?? '',
    }));
  },
};
