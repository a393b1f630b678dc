// The manifest's settings for building a function's sources: the fields of `esbuild`, for livectl.json and for a stage.
import { posix } from 'node:path';
import * as v from 'valibot';
import { didYouMean } from './did-you-mean.ts';
import { flag, mustBe, type Refusal, text, texts } from './schema-parts.ts';

/** The fields of `esbuild`, after parsing; docs/build.md lists the defaults. */
export interface EsbuildSettings {
  /** Default: TypeScript and JSX are bundled, plain JavaScript runs as it is. */
  readonly bundle: boolean | undefined;
  /** `auto`: a package stays in node_modules if Node.js can load it from there; the others are bundled. */
  readonly packages: 'auto' | 'external' | 'bundle';
  /** Packages and files that are never bundled; `*` is a wildcard. */
  readonly external: readonly string[];
  /** Default: the format of the source file and its package.json. */
  readonly format?: 'esm' | 'cjs' | undefined;
  /** In esbuild's syntax, e.g. `node20` or `es2022`; default: the older of the deployed runtime and this Node.js. */
  readonly target?: string | undefined;
  /** Expressions, by the global name that each replaces. */
  readonly define?: Readonly<Record<string, string>> | undefined;
  /** esbuild's loaders by file extension. */
  readonly loader?: Readonly<Record<string, string>> | undefined;
  /** Files imported into each entry point, relative to `source_dir`. */
  readonly inject?: readonly string[] | undefined;
  /** JavaScript to put at the beginning of each output file. */
  readonly banner?: string | undefined;
  /** Packages to use, by the package that each replaces. */
  readonly alias?: Readonly<Record<string, string>> | undefined;
  /** Conditions for the `exports` of packages, in addition to those of Node.js. */
  readonly conditions?: readonly string[] | undefined;
  /** Fields of package.json that name a package's file; default: `main`, then `module`. */
  readonly mainFields?: readonly string[] | undefined;
  /** Default true. */
  readonly keepNames?: boolean | undefined;
  /** Relative to `source_dir`; default: the nearest one to each source file. */
  readonly tsconfig?: string | undefined;
  /** More files to build beside the handler, relative to `source_dir`: worker threads, and files that wrappers load. */
  readonly entryPoints?: readonly string[] | undefined;
}

/**
 * The fields of `esbuild` that bring code into a bundle, or select the files that become part of it. In a manifest from
 * elsewhere, such as a stage's, they apply only as far as the developer allows.
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
    ({ input }) => `${JSON.stringify(input)} must be a file extension with its dot, for example ".sql"`,
  ),
);

const words = (what: string) => v.record(text, text, mustBe(what));

const entries = {
  bundle: v.optional(v.pipe(flag, v.description('Bundle the sources, or run them as they are.')), true),
  packages: v.optional(
    v.pipe(
      v.picklist(['auto', 'external', 'bundle'], mustBe('"auto", "external" or "bundle"')),
      v.description(
        'Packages of node_modules: "auto" leaves them there if Node.js can load them from there, "external" leaves all, "bundle" bundles all except native ones.',
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
      v.description('Format of the bundle. Default: the format of the source file and its package.json.'),
    ),
  ),
  target: v.optional(
    v.pipe(
      text,
      v.regex(
        /^\w[\w.]*(,\w[\w.]*)*$/,
        ({ input }) =>
          `${JSON.stringify(input)} must be esbuild targets, for example "node20" or "es2022,node20"`,
      ),
      v.description(
        'JavaScript version to build for, e.g. "es2022" or "node20". Default: the older of the function\'s runtime and the Node.js that runs it.',
      ),
    ),
  ),
  define: v.optional(
    v.pipe(
      words('an object of JavaScript expressions, for example { "VERSION": "\\"1.0\\"" }'),
      v.description(
        'JavaScript expressions, by the global name that each replaces: { "process.env.STAGE": "\\"dev\\"" }.',
      ),
    ),
  ),
  loader: v.optional(
    v.pipe(
      v.record(
        extension,
        v.picklist(
          loaders,
          ({ input }) => `must be an esbuild loader (${loaders.join(', ')}), not ${JSON.stringify(input)}`,
        ),
        mustBe('an object of loaders, for example { ".sql": "text" }'),
      ),
      v.description('esbuild loaders, by file extension: { ".graphql": "text" }.'),
    ),
  ),
  inject: v.optional(
    v.pipe(texts, v.description('Files imported into each entry point, relative to source_dir.')),
  ),
  banner: v.optional(v.pipe(text, v.description('JavaScript to put at the beginning of the bundle.'))),
  alias: v.optional(
    v.pipe(
      words('an object of packages, for example { "old": "new" }'),
      v.description('Packages to use, by the package that each replaces: { "lodash": "lodash-es" }.'),
    ),
  ),
  conditions: v.optional(
    v.pipe(texts, v.description('Conditions for the exports of packages, in addition to those of Node.js.')),
  ),
  main_fields: v.optional(
    v.pipe(
      texts,
      v.description('Fields of package.json that name a package’s main file. Default: main, then module.'),
    ),
  ),
  keep_names: v.optional(
    v.pipe(flag, v.description('Whether functions and classes keep their names if the bundle renames them.')),
    true,
  ),
  tsconfig: v.optional(
    v.pipe(
      text,
      v.description(
        'The tsconfig file, relative to source_dir. Default: the nearest one to each source file.',
      ),
    ),
  ),
  entry_points: v.optional(
    v.pipe(
      texts,
      v.description(
        'More files to build beside the handler, relative to source_dir: worker threads, child processes, and files that a wrapper loads.',
      ),
    ),
  ),
};

const fieldNames = Object.keys(entries);

/** `esbuild` in livectl.json. Only an object: Terraform reads the same file, and its types cannot express "true or an object". */
export const esbuildSchema = v.strictObject(entries, (refusal: Refusal) => {
  if (refusal.expected === 'never') {
    const key = String(refusal.path?.at(-1)?.key);
    const known = didYouMean(key, fieldNames) || `; known are ${fieldNames.join(', ')}.`;
    return `is not known here${known} For any other option, run your own bundler with "build"`;
  }
  const refused = mustBe('an object')(refusal);
  return typeof refusal.input === 'boolean' ? `${refused}: write { "bundle": ${refusal.input} }` : refused;
});

/** The same in a stage's manifest, where Terraform writes null for omitted fields. */
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

/** The settings of a parsed `esbuild`, or the defaults if there is none. */
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
 * The paths in the settings that lead out of the folder that livectl serves, which a stage's manifest must not name, since
 * others may have written it. Relative paths are resolved below `sourceDir`; an alias may also be a package.
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
