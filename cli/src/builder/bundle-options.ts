// esbuild's options for a bundle: what a bundle for Lambda needs, then the manifest's settings.
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, Loader } from 'esbuild';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { BuildTarget } from './build-event.ts';

interface BundleOptionsGiven {
  readonly target: BuildTarget;
  /** The handler's file, which the bundled code takes as its own place. */
  readonly sourceFile: string;
  readonly format: 'esm' | 'cjs';
  /** Major version of the Node.js that runs the bundle, if known. */
  readonly nodeMajor: number | undefined;
  readonly external: readonly string[];
}

/** Matches a `require` declared by the manifest's own banner, as usual for ES modules. */
const declaresRequire = /\b(?:const|let|var)\s+require\b/;

/** esbuild's options for a function's bundle, without entry points and plugins. */
export function bundleOptions(given: BundleOptionsGiven): BuildOptions & { absWorkingDir: string } {
  const { format, sourceFile, target } = given;
  const { esbuild, taskRoot } = target;
  const url = pathToFileURL(sourceFile).href;
  const banner = [
    // Bundled CommonJS calls require. `var`, since sources may declare the same name.
    format === 'esm' && !declaresRequire.test(esbuild.banner ?? '')
      ? `import { createRequire as __livectlRequire } from 'node:module';var require = __livectlRequire(${JSON.stringify(url)});`
      : '',
    esbuild.banner ?? '',
  ];
  return {
    absWorkingDir: taskRoot,
    outExtension: { '.js': format === 'esm' ? '.mjs' : '.cjs' },
    format,
    target: esbuild.target?.split(',') ?? syntaxTarget(given),
    sourcemap: 'linked',
    sourcesContent: true,
    ...(esbuild.packages === 'external' && { packages: 'external' }),
    external: [...given.external],
    loader: { '.node': 'copy', ...(esbuild.loader as Record<string, Loader> | undefined) },
    // On Lambda a bundle is in the handler's place, beside the files it reads; so it appears to this code.
    define: {
      'import.meta.url': JSON.stringify(url),
      'import.meta.filename': JSON.stringify(sourceFile),
      'import.meta.dirname': JSON.stringify(dirname(sourceFile)),
      __filename: JSON.stringify(sourceFile),
      __dirname: JSON.stringify(dirname(sourceFile)),
      ...esbuild.define,
    },
    banner: { js: banner.filter((part) => part !== '').join('\n') },
    keepNames: esbuild.keepNames ?? true,
    ...(esbuild.inject && { inject: esbuild.inject.map((file) => resolve(taskRoot, file)) }),
    ...(esbuild.alias && { alias: { ...esbuild.alias } }),
    ...(esbuild.conditions && { conditions: [...esbuild.conditions] }),
    ...(esbuild.mainFields && { mainFields: [...esbuild.mainFields] }),
    ...(esbuild.tsconfig !== undefined && { tsconfig: resolve(taskRoot, esbuild.tsconfig) }),
  };
}

/** Syntax that both the deployed runtime and the local Node support. */
function syntaxTarget({ nodeMajor: here, target }: BundleOptionsGiven): string {
  const deployed = nodeMajor(target.runtime) ?? 20;
  return `node${Math.min(deployed, here ?? deployed)}`;
}
