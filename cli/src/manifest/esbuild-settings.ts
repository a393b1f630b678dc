// How the manifest says that a function's sources are built: the fields of `esbuild`, for livectl.json and for a stage.
import { posix } from 'node:path';
import * as v from 'valibot';
import { didYouMean } from './did-you-mean.ts';
import { flag, mustBe, type Refusal, text, texts } from './schema-parts.ts';

/** The fields of `esbuild`, after parsing; what is left out has the default that docs/build.md names. */
export interface EsbuildSettings {
  /** Default: TypeScript and JSX are bundled, plain JavaScript runs as it is. */
  readonly bundle: boolean | undefined;
  /** `auto`: a package stays in node_modules where Node.js can load it from there, the others are bundled. */
  readonly packages: 'auto' | 'external' | 'bundle';
  /** Packages and files that are never bundled; `*` is a wildcard. */
  readonly external: readonly string[];
  /** Default: what the source file and its package.json say. */
  readonly format?: 'esm' | 'cjs' | undefined;
  /** As esbuild takes it, e.g. `node20` or `es2022`; default: the older of the deployed runtime and this Node.js. */
  readonly target?: string | undefined;
  /** Expressions by the global names that they replace. */
  readonly define?: Readonly<Record<string, string>> | undefined;
  /** esbuild's loaders by file extension. */
  readonly loader?: Readonly<Record<string, string>> | undefined;
  /** Files that are imported into each entry point, relative to `source_dir`. */
  readonly inject?: readonly string[] | undefined;
  /** JavaScript at the beginning of each output file. */
  readonly banner?: string | undefined;
  /** Packages by the ones that they replace. */
  readonly alias?: Readonly<Record<string, string>> | undefined;
  /** Conditions for the `exports` of packages, beside those of Node.js. */
  readonly conditions?: readonly string[] | undefined;
  /** Fields of package.json that name a package's file; default: `main`, then `module`. */
  readonly mainFields?: readonly string[] | undefined;
  /** Default true. */
  readonly keepNames?: boolean | undefined;
  /** Relative to `source_dir`; default: the nearest one of each source. */
  readonly tsconfig?: string | undefined;
  /** Further files that are built beside the handler, relative to `source_dir`: threads, and what wrappers load. */
  readonly entryPoints?: readonly string[] | undefined;
}

/**
 * The fields of `esbuild` that bring code into a bundle, or choose which files become a part of it. Where a manifest
 * comes from elsewhere, as a stage's does, they count only as far as the developer allows it.
 */
export const esbuildFieldsThatBringCode = [
  'alias',
  'banner',
  'define',
  'entry_points',
  'inject',
  'tsconfig',
] as const;

const loaders = [
  'base64',
  'binary',
  'copy',
  'css',
  'dataurl',
  'default',
  'empty',
  'file',
  'global-css',
  'js',
  'json',
  'jsx',
  'local-css',
  'text',
  'ts',
  'tsx',
];

const extension = v.pipe(
  text,
  v.regex(
    /^\.[^/\\]+$/,
    ({ input }) => `${JSON.stringify(input)} must be a file extension with its dot, as ".sql"`,
  ),
);

const words = (what: string) => v.record(text, text, mustBe(what));

const entries = {
  bundle: v.optional(v.pipe(flag, v.description('Bundle the sources, or run them as they are.')), true),
  packages: v.optional(
    v.pipe(
      v.picklist(['auto', 'external', 'bundle'], mustBe('"auto", "external" or "bundle"')),
      v.description(
        'Packages of node_modules: left there where Node.js can load them from there ("auto"), all left there ("external"), or all bundled except native ones ("bundle").',
      ),
    ),
    'auto',
  ),
  external: v.optional(
    v.pipe(texts, v.description('Packages and files that are never bundled; * is a wildcard.')),
    [],
  ),
  format: v.optional(
    v.pipe(
      v.picklist(['esm', 'cjs'], mustBe('"esm" or "cjs"')),
      v.description('Format of the bundle. Default: what the source file and its package.json say.'),
    ),
  ),
  target: v.optional(
    v.pipe(
      text,
      v.regex(
        /^\w[\w.]*(,\w[\w.]*)*$/,
        ({ input }) => `${JSON.stringify(input)} must be targets of esbuild, as "node20" or "es2022,node20"`,
      ),
      v.description(
        'Syntax of the bundle, e.g. "es2022" or "node20". Default: the older of the function\'s runtime and the Node.js that runs it here.',
      ),
    ),
  ),
  define: v.optional(
    v.pipe(
      words('an object of JavaScript expressions, as { "VERSION": "\\"1.0\\"" }'),
      v.description(
        'Expressions by the global names that they replace: { "process.env.STAGE": "\\"dev\\"" }.',
      ),
    ),
  ),
  loader: v.optional(
    v.pipe(
      v.record(
        extension,
        v.picklist(
          loaders,
          ({ input }) => `must be a loader of esbuild (${loaders.join(', ')}), not ${JSON.stringify(input)}`,
        ),
        mustBe('an object of loaders, as { ".sql": "text" }'),
      ),
      v.description('Loaders of esbuild by file extension: { ".graphql": "text" }.'),
    ),
  ),
  inject: v.optional(
    v.pipe(texts, v.description('Files imported into each entry point, relative to source_dir.')),
  ),
  banner: v.optional(v.pipe(text, v.description('JavaScript at the beginning of the bundle.'))),
  alias: v.optional(
    v.pipe(
      words('an object of packages, as { "old": "new" }'),
      v.description('Packages by the ones they replace: { "lodash": "lodash-es" }.'),
    ),
  ),
  conditions: v.optional(
    v.pipe(texts, v.description('Conditions for the exports of packages, beside those of Node.js.')),
  ),
  main_fields: v.optional(
    v.pipe(
      texts,
      v.description('Fields of package.json that name the file of a package. Default: main, then module.'),
    ),
  ),
  keep_names: v.optional(
    v.pipe(flag, v.description('Keep the names of functions and classes where the bundle renames them.')),
    true,
  ),
  tsconfig: v.optional(
    v.pipe(
      text,
      v.description('The tsconfig file, relative to source_dir. Default: the nearest of each source.'),
    ),
  ),
  entry_points: v.optional(
    v.pipe(
      texts,
      v.description(
        'Further files to build beside the handler, relative to source_dir: those of threads and child processes, and what a wrapper loads.',
      ),
    ),
  ),
};

const fieldNames = Object.keys(entries);

/** `esbuild` in livectl.json. An object only: Terraform reads the same file, and its types can't say "true or an object". */
export const esbuildSchema = v.strictObject(entries, (refusal: Refusal) => {
  if (refusal.expected === 'never') {
    const key = String(refusal.path?.at(-1)?.key);
    const known = didYouMean(key, fieldNames) || `; known are ${fieldNames.join(', ')}.`;
    return `is not known here${known} For any other option, run your own bundler with "build"`;
  }
  const refused = mustBe('an object')(refusal);
  return typeof refusal.input === 'boolean' ? `${refused}: write { "bundle": ${refusal.input} }` : refused;
});

/** The same in the manifest of a stage, where Terraform writes null for what is left out. */
export const stageEsbuildSchema = v.object({
  bundle: v.nullish(v.boolean(), true),
  packages: v.nullish(v.picklist(['auto', 'external', 'bundle']), 'auto'),
  external: v.nullish(v.array(v.string()), []),
  format: v.nullish(v.picklist(['esm', 'cjs'])),
  target: v.nullish(v.string()),
  define: v.nullish(v.record(v.string(), v.string())),
  loader: v.nullish(v.record(v.string(), v.picklist(loaders))),
  inject: v.nullish(v.array(v.string())),
  banner: v.nullish(v.string()),
  alias: v.nullish(v.record(v.string(), v.string())),
  conditions: v.nullish(v.array(v.string())),
  main_fields: v.nullish(v.array(v.string())),
  keep_names: v.nullish(v.boolean(), true),
  tsconfig: v.nullish(v.string()),
  entry_points: v.nullish(v.array(v.string())),
});

type Written = v.InferOutput<typeof stageEsbuildSchema>;

/** The settings of an `esbuild` that was parsed, or of one that isn't there. */
export function esbuildSettings(written: Partial<Written> | null | undefined): EsbuildSettings {
  const given = {
    format: written?.format,
    target: written?.target,
    define: written?.define,
    loader: written?.loader,
    inject: written?.inject,
    banner: written?.banner,
    alias: written?.alias,
    conditions: written?.conditions,
    mainFields: written?.main_fields,
    tsconfig: written?.tsconfig,
    entryPoints: written?.entry_points,
    keepNames: written?.keep_names === false ? false : undefined,
  };
  return {
    bundle: written?.bundle,
    packages: written?.packages ?? 'auto',
    external: written?.external ?? [],
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== null)),
  };
}

/**
 * The paths of the settings that lead out of the folder livectl serves: what a stage's manifest, which others may have
 * written, must not name. Relative ones are taken below `sourceDir`; an alias may be a package, too.
 */
export function pathsOutside(settings: EsbuildSettings, sourceDir: string): string[] {
  const { entryPoints = [], inject = [], tsconfig } = settings;
  const files = [...inject, ...entryPoints, ...(tsconfig === undefined ? [] : [tsconfig])];
  const aliases = Object.values(settings.alias ?? {}).filter((target) =>
    /^(?:[./\\]|[a-zA-Z]:)/.test(target),
  );
  return [...files, ...aliases].filter((path) => {
    const place = posix.normalize(posix.join(sourceDir, path.replaceAll('\\', '/')));
    return /^(?:[/\\]|[a-zA-Z]:)/.test(path) || place === '..' || place.startsWith('../');
  });
}
