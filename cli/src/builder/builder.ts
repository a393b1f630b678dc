// Builds and watches all served functions: chooses a compiler for each, and shares what can be shared.
import { dirname, extname, relative, sep } from 'node:path';
import process from 'node:process';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { isFetchedLayer } from '../folders/cache-folder.ts';
import { isPlainJavaScript } from '../manifest/node-handler.ts';
import { BuildCommandCompiler } from './build-command-compiler.ts';
import { BuildCommands } from './build-commands.ts';
import { withoutAwsSecrets } from './build-environment.ts';
import type { BuildEvent, Builder, BuildTarget, LoadedReport } from './build-event.ts';
import { BundleCompiler } from './bundle-compiler.ts';
import type { Compiler } from './contract.ts';
import { EntryPointsCompiler } from './entry-points-compiler.ts';
import { FileWatcher } from './file-watcher.ts';
import { type Esbuild, type EsbuildSearch, findEsbuild } from './find-esbuild.ts';
import { PythonFinder } from './find-python.ts';
import { FolderCompiler } from './folder-compiler.ts';
import { FunctionBuild } from './function-build.ts';
import { LayerCompiler } from './layer-compiler.ts';
import { MissingCompiler } from './missing-compiler.ts';
import { nearestUpwards } from './module-format.ts';
import { NodeAbilities } from './node-abilities.ts';
import { OutputFolder } from './output-folder.ts';
import { PythonCompiler } from './python-compiler.ts';
import type { Target } from './resolve-targets.ts';
import { SourceCompiler } from './source-compiler.ts';

export interface BuilderOptions {
  readonly targets: readonly Target[];
  readonly onEvent: (event: BuildEvent) => void;
  readonly clock?: Clock | undefined;
  /** Parent folder of `.livectl/`; default: the package root of each function. Bundles find packages from there. */
  readonly outDirRoot?: string | undefined;
  /** What runs Node functions, as for the workers; default: this Node. */
  readonly nodeCommand?: readonly string[] | undefined;
  /**
   * Provides the virtual environment and PATH, and is passed to `build` commands and interpreters without AWS secrets; default:
   * this process's environment.
   */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Whether a function was running at a time, in milliseconds since the epoch; default: never. */
  readonly wasRunning?: ((functionName: string, atMs: number) => boolean) | undefined;
  /** Reports each line that `build` commands print. */
  readonly verbose?: boolean | undefined;
  /** How esbuild is found; replaced in tests of its absence. */
  readonly findEsbuild?: ((folder: string) => Promise<EsbuildSearch>) | undefined;
}

/** A builder for these functions; does nothing before `start`. */
export function createBuilder(options: BuilderOptions): Builder {
  return new AllBuilds(options);
}

class AllBuilds implements Builder {
  readonly #options: BuilderOptions;
  readonly #clock: Clock;
  readonly #node: NodeAbilities;
  readonly #pythons: PythonFinder;
  readonly #watcher: FileWatcher;
  readonly #commands: BuildCommands;
  readonly #outputs = new Map<string, OutputFolder>();
  readonly #searches: EsbuildSearch[] = [];
  readonly #told = new Set<string>();
  #builds: FunctionBuild[] = [];
  #starting: Promise<void> | undefined;
  #closed = false;

  constructor(options: BuilderOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#node = new NodeAbilities(options.nodeCommand ?? [process.execPath]);
    const env = withoutAwsSecrets(options.env ?? process.env);
    this.#pythons = new PythonFinder(env);
    this.#watcher = new FileWatcher({
      clock: this.#clock,
      onNotice: (message) => this.#notice(message),
    });
    const tellLine = (command: string, line: string) =>
      options.onEvent({ type: 'notice', message: `${command}: ${line}` });
    this.#commands = new BuildCommands({
      clock: this.#clock,
      env,
      onNotice: (message) => options.onEvent({ type: 'notice', message }),
      onLine: options.verbose ? tellLine : undefined,
    });
  }

  async start(): Promise<void> {
    this.#starting ??= this.#prepare();
    await this.#starting;
    await Promise.all(this.#builds.map((build) => build.start()));
  }

  onLoaded(loaded: LoadedReport): void {
    for (const build of this.#builds) {
      if (build.functionName === loaded.functionName) build.onLoaded(loaded);
    }
  }

  rebuild(): void {
    this.#commands.rebuild();
    for (const build of this.#builds) build.rebuild();
  }

  changedSince(functionName: string, sinceMs: number): boolean {
    return this.#builds.some((build) => build.functionName === functionName && build.changedSince(sinceMs));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#starting?.catch(() => undefined);
    await this.#commands.close();
    await Promise.all(this.#builds.map((build) => build.close()));
    this.#watcher.close();
    await Promise.all(this.#searches.map(({ release }) => release()));
    for (const output of this.#outputs.values()) output.remove();
  }

  async #prepare(): Promise<void> {
    // A failure of one function stops no other.
    const compilers = await Promise.all(
      this.#options.targets.map((target) =>
        this.#compilerFor(target).catch((error: unknown) => neverRuns(messageOf(error))),
      ),
    );
    if (this.#closed) return;
    this.#builds = this.#options.targets.map(
      (target, index) =>
        new FunctionBuild({
          target,
          compiler: compilers[index] as Compiler,
          watcher: this.#watcher,
          clock: this.#clock,
          onEvent: this.#options.onEvent,
          wasRunning: (atMs) => this.#options.wasRunning?.(target.functionName, atMs) ?? false,
        }),
    );
  }

  async #compilerFor(target: Target): Promise<Compiler> {
    if ('problem' in target) {
      const { again } = target;
      if (again === undefined) return neverRuns(target.problem);
      return new MissingCompiler({ target, again, compilerFor: (found) => this.#compilerFor(found) });
    }
    if ('build' in target) {
      const command = this.#commands.of(target.build, target.taskRoot);
      const compilerFor = (built: BuildTarget) => this.#compilerFor(built);
      const onNotice = (text: string) => this.#notice(text);
      return new BuildCommandCompiler({ target, command, compilerFor, onNotice });
    }
    const compiler = await this.#plainCompilerFor(target);
    // One that was fetched never changes.
    const layers = (target.layers ?? []).filter((folder) => !isFetchedLayer(folder));
    if (layers.length === 0) return compiler;
    return new LayerCompiler(target, layers, compiler, (text) => this.#notice(text));
  }

  async #plainCompilerFor(target: BuildTarget): Promise<Compiler> {
    const { sourceFile, taskRoot, functionName, python } = target;
    if (python) return new PythonCompiler(target, python, this.#pythons, (text) => this.#notice(text));
    if (target.command || sourceFile === undefined)
      return new FolderCompiler(target, (text) => this.#notice(text));

    const search = await (this.#options.findEsbuild ?? findEsbuild)(dirname(sourceFile));
    this.#searches.push(search);
    const { esbuild, problem } = search;
    if (problem !== undefined) this.#notice(`${problem}.`);
    const packageRoot = packageRootOf(sourceFile) ?? taskRoot;
    const root = `${taskRoot}${sep}`.startsWith(`${packageRoot}${sep}`) ? packageRoot : taskRoot;

    if (!esbuild) return this.#unbuilt(target, sourceFile, root);
    // A vendor's handler may belong to an installed package; the output belongs to the project.
    const builtFile = target.esbuild.bundle ? sourceFile : (target.entryPoints?.[0] ?? sourceFile);
    const outputRoot = this.#options.outDirRoot ?? packageRootOf(builtFile) ?? taskRoot;
    const output = this.#outputIn(outputRoot).functionOutput(functionName);
    const onNotice = (text: string) => this.#notice(text);
    const common = { target, esbuild, output, root, nodeMajor: this.#node.major, onNotice };
    const handler = target.esbuild.bundle
      ? new BundleCompiler({ ...common, sourceFile })
      : await this.#unbuilt(target, sourceFile, root, esbuild);
    return new EntryPointsCompiler({
      handler,
      handlerFile: target.esbuild.bundle ? sourceFile : '',
      entryPoints: target.entryPoints ?? [],
      compilerFor: (file) => new BundleCompiler({ ...common, sourceFile: file, isBeside: true }),
    });
  }

  /** Runs the sources as they are; esbuild, if available, is only used to list their imports. */
  async #unbuilt(
    target: BuildTarget,
    sourceFile: string,
    root: string,
    esbuild?: Esbuild,
  ): Promise<Compiler> {
    if (!esbuild) this.#notice(noEsbuild);
    const runsAsItIs = isPlainJavaScript(sourceFile)
      ? !target.esbuild.bundle
      : /^\.[cm]?ts$/.test(extname(sourceFile)) && (await this.#node.runsTypeScript());
    if (!runsAsItIs) return needsEsbuild(target, sourceFile, esbuild !== undefined);
    if (esbuild) return new SourceCompiler(target, sourceFile, esbuild, root);
    return new FolderCompiler(target, (text) => this.#notice(text));
  }

  #outputIn(root: string): OutputFolder {
    const output = this.#outputs.get(root) ?? new OutputFolder(root, this.#clock);
    this.#outputs.set(root, output);
    return output;
  }

  /** Reports each message once, however many functions it concerns. */
  #notice(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#options.onEvent({ type: 'notice', message });
  }
}

const noEsbuild =
  'esbuild was found neither in the project nor beside livectl: sources run as they are, and a change anywhere in their folder reloads them. To bundle: npm install --save-dev esbuild';

function packageRootOf(file: string): string | undefined {
  const { found } = nearestUpwards(dirname(file), ['package.json'], dirname(file));
  return found === undefined ? undefined : dirname(found);
}

/** For a function whose manifest lacks what it needs; only a restart can change that. */
function neverRuns(problem: string): Compiler {
  return {
    compile: async () => ({ ok: false, inputs: new Set(), errors: [{ text: problem }] }),
    dispose: async () => {},
  };
}

/** For a function that cannot be made runnable: reports why at the start and for every invocation. */
function needsEsbuild({ taskRoot }: BuildTarget, sourceFile: string, isThere: boolean): Compiler {
  const file = relative(taskRoot, sourceFile);
  const text = isThere
    ? 'this Node does not run TypeScript or JSX by itself: remove "esbuild": { "bundle": false } from livectl.json, or use Node 22.18 or later'
    : 'esbuild is needed to run this file: npm install --save-dev esbuild, then start livectl again';
  return {
    compile: async () => ({ ok: false, inputs: new Set([sourceFile]), errors: [{ text, file }] }),
    dispose: async () => {},
  };
}
