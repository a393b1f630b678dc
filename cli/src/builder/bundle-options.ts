// What esbuild is told for a bundle: what a bundle for Lambda needs, then what the manifest says.
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, Loader } from 'esbuild';
import { nodeMajor } from '../manifest/runtimes.ts';
import type { BuildTarget } from './build-event.ts';

interface BundleOptionsGiven {
  readonly target: BuildTarget;
  /** The handler's file: where the code of the bundle believes to be. */
  readonly sourceFile: string;
  readonly format: 'esm' | 'cjs';
  /** Major version of the Node.js that runs the bundle, where it is known. */
  readonly nodeMajor: number | undefined;
  readonly external: readonly string[];
}

/** A `require` that the manifest's own banner declares, as those for ES modules do. */
const declaresRequire = /\b(?:const|let|var)\s+require\b/;

/** esbuild's options for the bundle of a function, without its entry points and plugins. */
export function bundleOptions(given: BundleOptionsGiven): BuildOptions & { absWorkingDir: string } {
  const { format, sourceFile, target } = given;
  const { esbuild, taskRoot } = target;
  const url = pathToFileURL(sourceFile).href;
  const banner = [
    // Bundled CommonJS calls require. `var`, since sources may declare one of the same name.
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
    // On Lambda a bundle lies where the handler is, with the files it reads beside it: so it does for this code.
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

/** Syntax that both the deployed runtime and the Node here understand. */
function syntaxTarget({ nodeMajor: here, target }: BundleOptionsGiven): string {
  const deployed = nodeMajor(target.runtime) ?? 20;
  return `node${Math.min(deployed, here ?? deployed)}`;
}
