// A layer with a fault of ours: the wrapper's sources, changed at one place and bundled as the build does.
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type PluginBuild } from 'esbuild';
import { expect } from 'vitest';
import { wrapperEntries, wrapperOptions } from '../../../../scripts/stub-options.mjs';
import { layerFolder, repository } from './instance.ts';

export interface Change {
  /** From the repository's folder on. */
  readonly file: string;
  /** A piece of the file's text. */
  readonly line: string;
  /** Default: throws `injected`. */
  readonly code?: string;
  /** The code takes the piece's place. Default: it comes next, after the brace that opens the body. */
  readonly replaces?: true;
}

const thrown = '\nif (globalThis.process) throw new Error("injected");\n';

/** Writes the layer into `layer`, an empty folder, and returns it. */
export async function changedLayer(layer: string, changes: readonly Change[]): Promise<string> {
  for (const file of ['live-debug', 'live-debug-wrapper/node.mjs'])
    cpSync(join(layerFolder, file), join(layer, file));
  const options = wrapperOptions(repository);
  const done = new Set<Change>();
  const inject = {
    name: 'inject',
    setup: (setup: PluginBuild) =>
      setup.onLoad({ filter: /\/(stub\/src|protocol)\/.*\.ts$/ }, (args) => {
        const wanted = changes.filter(({ file }) => args.path === join(repository, file));
        if (wanted.length === 0) return undefined;
        let contents = readFileSync(args.path, 'utf8');
        for (const change of wanted) {
          const { code = thrown, line, replaces } = change;
          const at = contents.indexOf(line);
          if (at < 0) continue;
          done.add(change);
          const opens = line.endsWith('{') || line.endsWith(';') || replaces;
          const end = opens ? at + line.length : contents.indexOf(' {\n', at) + 2;
          contents = contents.slice(0, replaces ? at : end) + code + contents.slice(end);
        }
        return { contents, loader: 'ts' as const };
      }),
  };
  const plugins = [inject, ...(options.plugins ?? [])];
  const outdir = join(layer, 'live-debug-wrapper');
  await build({ ...options, plugins, entryPoints: wrapperEntries, outdir, logLevel: 'silent' });
  expect(done).toEqual(new Set(changes));
  return layer;
}
