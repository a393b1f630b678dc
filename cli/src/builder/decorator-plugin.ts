// Compiles files with decorators by TypeScript or SWC if tsconfig sets `emitDecoratorMetadata`: esbuild does not know the
// types by which NestJS, TypeORM and others find their parts at run time.
import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { dirname, relative } from 'node:path';
import type { Plugin } from 'esbuild';
import { repairTypes } from './decorated-types.ts';
import { nearestUpwards } from './module-format.ts';
import { unjudged } from './package-plugin.ts';
import { findTranspiler, type Transpile, type TranspilerSearch } from './transpilers.ts';
import { emitsDecoratorMetadata } from './tsconfig-files.ts';

interface DecoratorPluginOptions {
  /** The tsconfig file that the manifest names, absolute; otherwise the one nearest to each source applies. */
  readonly tsconfig: string | undefined;
  /** Folder below which new configuration files count. */
  readonly root: string;
  readonly onNotice: (message: string) => void;
  /** Transforms a source's text before it is compiled. */
  readonly prepare: (file: string, text: string) => string;
}

/** Matches a line that begins with a decorator, or contains a call of one outside a comment. */
const decorated = /^[ \t]*@[A-Za-z_$(]|^(?![ \t]*(?:\*|\/[/*])).*[\s(,]@[A-Za-z_$][\w$.]*/m;

/** esbuild's plugin; each file is compiled again only if its text has changed. */
export function decoratorPlugin({ tsconfig, root, onNotice, prepare }: DecoratorPluginOptions): Plugin {
  const compiled = new Map<string, { readonly key: string; readonly output: string }>();
  const searches = new Map<string, TranspilerSearch>();
  return {
    name: 'livectl-decorators',
    setup: (build) => {
      /** By folder; reset for each build, since the files that decide may change. */
      const configs = new Map<string, string | undefined>();
      const transpilers = new Map<string, Transpile>();
      build.onStart(() => {
        configs.clear();
        transpilers.clear();
      });

      const configOf = (folder: string): string | undefined => {
        if (tsconfig !== undefined) return emitsDecoratorMetadata(tsconfig) ? tsconfig : undefined;
        if (configs.has(folder)) return configs.get(folder);
        const { found } = nearestUpwards(folder, ['tsconfig.json', 'jsconfig.json'], root);
        const config = found !== undefined && emitsDecoratorMetadata(found) ? found : undefined;
        configs.set(folder, config);
        return config;
      };

      build.onLoad({ filter: /\.[cm]?tsx?$/, namespace: 'file' }, async ({ path }) => {
        if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
        const folder = dirname(path);
        const config = configOf(folder);
        if (config === undefined) return undefined;
        const text = prepare(path, await readFile(path, 'utf8'));
        if (!decorated.test(text)) return undefined;
        const search = searches.get(folder) ?? findTranspiler(folder);
        searches.set(folder, search);
        if ('problem' in search) {
          onNotice(
            `${relative(root, path)} has decorators and ${relative(root, config)} has emitDecoratorMetadata, which esbuild does not write: ${search.problem}. Until then what is found by types, as in NestJS and TypeORM, is missing at run time.`,
          );
          return undefined;
        }
        const transpile = transpilers.get(config) ?? search.configure(config);
        transpilers.set(config, transpile);
        const key = `${search.version}\0${transpile.settings}\0${text}`;
        const known = compiled.get(path);
        const fresh = known?.key === key ? known.output : transpile.run(path, text);
        // A syntax error: esbuild reports it, in terms of the source.
        if (fresh === undefined) return undefined;
        compiled.set(path, { key, output: fresh });
        const contents = await repairTypes(fresh, async (specifier) => {
          if (isBuiltin(specifier)) return true;
          const from = { importer: path, kind: 'import-statement', resolveDir: folder } as const;
          return (await build.resolve(specifier, { ...from, pluginData: unjudged })).errors.length === 0;
        });
        // Types are removed, but only as TypeScript may an import name something that turns out to be a type.
        return { contents, loader: path.endsWith('x') ? 'tsx' : 'ts', resolveDir: folder };
      });
    },
  };
}
