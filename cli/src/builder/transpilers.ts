// The project's compilers for one TypeScript file including the types of its decorators: TypeScript itself, or SWC.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Compiles one file's text, with an inline source map; undefined for a syntax error, which esbuild reports better. */
export interface Transpile {
  readonly run: (file: string, text: string) => string | undefined;
  /** Equal for equal results. */
  readonly settings: string;
}

/** A compiler, or what to do to get one. */
export type TranspilerSearch =
  | {
      /** Name and version, so that results of different versions are not mixed. */
      readonly version: string;
      /** For the files that this tsconfig file applies to. */
      readonly configure: (tsconfig: string) => Transpile;
    }
  | { readonly problem: string };

/** The parts of TypeScript's API that are used, as in versions 4 to 6. */
interface TypeScript {
  readonly version: string;
  readonly sys: object;
  readonly JsxEmit: { readonly Preserve: number };
  readonly ModuleKind: { readonly ESNext: number };
  readonly ScriptTarget: { readonly ES2022: number; readonly ESNext: number };
  readConfigFile(file: string, read: unknown): { readonly config?: unknown };
  parseJsonConfigFileContent(
    config: unknown,
    host: object,
    folder: string,
    existing: object | undefined,
    file: string,
  ): { readonly options: { readonly target?: number; readonly useDefineForClassFields?: boolean } };
  transpileModule(
    text: string,
    options: {
      readonly compilerOptions: object;
      readonly fileName: string;
      readonly reportDiagnostics: true;
    },
  ): { readonly outputText: string; readonly diagnostics?: readonly unknown[] };
}

interface Swc {
  readonly version: string;
  transformSync(text: string, options: object): { readonly code: string };
}

/** The compiler of the project that contains a folder: TypeScript, the reference, before SWC. */
export function findTranspiler(folder: string): TranspilerSearch {
  const require = createRequire(join(folder, 'noop.js'));
  const typescript = load<TypeScript>(require, 'typescript');
  if (typeof typescript?.transpileModule === 'function') {
    return {
      version: `typescript ${typescript.version}`,
      configure: (tsconfig) => byTypeScript(typescript, tsconfig),
    };
  }
  const swc = load<Swc>(require, '@swc/core');
  if (typeof swc?.transformSync === 'function')
    return { version: `swc ${swc.version}`, configure: () => bySwc(swc) };
  const remedy = 'npm install --save-dev @swc/core, then start livectl again';
  return {
    problem: isThere(require, 'typescript/package.json')
      ? `TypeScript 7 can't compile one file for another program; ${remedy}`
      : `typescript before version 7 or @swc/core is needed in the project; ${remedy}`,
  };
}

function byTypeScript(ts: TypeScript, tsconfig: string): Transpile {
  const host = { ...ts.sys, readDirectory: () => [] };
  const { config } = ts.readConfigFile(tsconfig, (ts.sys as { readFile: unknown }).readFile);
  const { options } = ts.parseJsonConfigFileContent(config, host, dirname(tsconfig), undefined, tsconfig);
  const compilerOptions = {
    ...options,
    // Everything but types and decorators is left to esbuild.
    target: ts.ScriptTarget.ESNext,
    useDefineForClassFields:
      options.useDefineForClassFields ?? (options.target ?? 0) >= ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    jsx: ts.JsxEmit.Preserve,
    isolatedModules: true,
    importHelpers: false,
    noEmitHelpers: false,
    declaration: false,
    sourceMap: false,
    inlineSourceMap: true,
    inlineSources: true,
    outDir: undefined,
    rootDir: undefined,
    mapRoot: undefined,
    sourceRoot: undefined,
  };
  const run = (fileName: string, text: string) => {
    const result = ts.transpileModule(text, { compilerOptions, fileName, reportDiagnostics: true });
    return (result.diagnostics ?? []).length > 0 ? undefined : result.outputText;
  };
  return { run, settings: JSON.stringify(compilerOptions) };
}

function bySwc(swc: Swc): Transpile {
  const run = (filename: string, text: string) => {
    try {
      return swc.transformSync(text, { ...swcOptions(filename), filename }).code;
    } catch {
      return undefined;
    }
  };
  return { run, settings: '' };
}

function swcOptions(filename: string): object {
  return {
    swcrc: false,
    configFile: false,
    sourceMaps: 'inline',
    inlineSourcesContent: true,
    module: { type: 'es6' },
    jsc: {
      parser: { syntax: 'typescript', decorators: true, tsx: filename.endsWith('x') },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
  };
}

function load<T>(require: NodeJS.Require, name: string): T | undefined {
  try {
    return require(name) as T;
  } catch {
    // Not installed, or for another platform.
    return undefined;
  }
}

function isThere(require: NodeJS.Require, path: string): boolean {
  try {
    require.resolve(path);
    return true;
  } catch {
    return false;
  }
}
