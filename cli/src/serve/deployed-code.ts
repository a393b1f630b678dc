// [1] The deployed code of wrapped functions in the local cloud: their folders as they were when serve started, built like local
// code. It does not change with the sources.
import { basename, isAbsolute, join, relative, sep } from 'node:path';
import { type Clock, systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { createBuilder } from '../builder/builder.ts';
import { OutputFolder } from '../builder/output-folder.ts';
import { resolveTargets, type Target } from '../builder/resolve-targets.ts';
import type { Manifest } from '../manifest/load-manifest.ts';
import { nodeMajor, pythonVersion } from '../manifest/runtimes.ts';
import { nodeCommand, oldestNode } from '../platform.ts';
import type { FunctionCode } from '../worker/contract.ts';
import { addBuild, copyPackage } from './deployed-package.ts';
import { copyOutsideSources } from './outside-sources.ts';
import { PythonPackages } from './python-packages.ts';

export interface DeployedCodeOptions {
  /** Contains the wrapped functions, served or not. */
  readonly manifest: Manifest;
  /** Functions whose `build` has run once `localBuilt` has resolved. */
  readonly served: ReadonlySet<string>;
  readonly localBuilt: Promise<void>;
  readonly onNotice: (message: string) => void;
  readonly clock?: Clock;
}

export interface DeployedCodes {
  /** Undefined if it cannot be run here. Never rejects. */
  of(functionName: string): Promise<FunctionCode | undefined>;
  close(): Promise<void>;
}

/** Begins at once if there are wrapped functions, and reports each that cannot be run. */
export function deployedCodes(options: DeployedCodeOptions): DeployedCodes {
  const outputs = new Set<OutputFolder>();
  const all = prepare(options, outputs);
  return {
    of: async (functionName) => (await all).get(functionName),
    close: async () => {
      await all;
      for (const output of outputs) output.remove();
    },
  };
}

async function prepare(
  { clock = systemClock, localBuilt, manifest, onNotice, served }: DeployedCodeOptions,
  outputs: Set<OutputFolder>,
): Promise<ReadonlyMap<string, FunctionCode>> {
  const codes = new Map<string, FunctionCode>();
  const tellMissing = (name: string, why: string) =>
    onNotice(`${name}: its deployed code can't be run here, so it fails while nobody serves: ${why}`);
  const possible = manifest.functions.filter(({ name, runtime }) => {
    const why = whyNotHere(runtime);
    if (why !== undefined) tellMissing(name, why);
    return why === undefined;
  });
  if (possible.length === 0) return codes;
  try {
    const found = resolveTargets({ ...manifest, functions: possible });
    const pythonPackages = new PythonPackages(outputs, clock);
    pythonPackages.begin(found);
    // A `build` command must not run twice at once.
    await localBuilt.catch(() => undefined);
    const targets = found.map((target) => (served.has(target.functionName) ? builtAlready(target) : target));
    await buildOnce(targets, tellMissing, async (code, sources) => {
      const { functionName, runner, taskRoot } = code;
      const deployed =
        runner.kind === 'python'
          ? { ...code, taskRoot: await pythonPackages.of(functionName, taskRoot) }
          : await packaged(code, sources, outputs, clock);
      codes.set(functionName, deployed);
    });
  } catch (error) {
    for (const { name } of possible) if (!codes.has(name)) tellMissing(name, messageOf(error));
  }
  return codes;
}

/** The wrapper script needs a Unix shell, and recognizes an interpreter by its name. */
function whyNotHere(runtime: string): string | undefined {
  if (process.platform === 'win32') return 'the wrapper script needs a Unix shell';
  if (pythonVersion(runtime) !== undefined)
    return process.platform === 'linux' ? undefined : 'the wrapper of Python functions needs Linux';
  if (nodeMajor(runtime) === undefined)
    return `the local cloud wraps Node.js and Python functions, not ${runtime}`;
  if (basename(nodeCommand()[0]) !== 'node')
    return `there is no node on the PATH that is Node.js ${oldestNode} or later`;
  return undefined;
}

function builtAlready(target: Target): Target {
  if (!('afterBuild' in target)) return target;
  const found = target.afterBuild();
  return 'path' in found ? target : found;
}

/** Passes each function's first build to `take`, while its files exist. */
async function buildOnce(
  targets: readonly Target[],
  tellMissing: (name: string, why: string) => void,
  take: (code: FunctionCode, sources: ReadonlySet<string>) => Promise<void>,
): Promise<void> {
  const first = new Map<
    string,
    { code: FunctionCode; sources?: ReadonlySet<string> | undefined } | undefined
  >();
  const builder = createBuilder({
    targets,
    nodeCommand: nodeCommand(),
    onEvent: (event) => {
      // Later changes are not deployed.
      if (event.type === 'built' && !first.has(event.code.functionName))
        first.set(event.code.functionName, event);
      if (event.type !== 'build_error' || first.has(event.functionName)) return;
      first.set(event.functionName, undefined);
      tellMissing(event.functionName, event.errors[0]?.text ?? 'the build failed');
    },
  });
  try {
    await builder.start();
    for (const [name, built] of first) {
      if (built === undefined) continue;
      await take(built.code, built.sources ?? new Set()).catch((error: unknown) =>
        tellMissing(name, messageOf(error)),
      );
    }
  } finally {
    await builder.close();
  }
}

/** The function's folder with its build, at its own place inside the project, from which packages are found. */
async function packaged(
  code: FunctionCode,
  sources: ReadonlySet<string>,
  outputs: Set<OutputFolder>,
  clock: Clock,
): Promise<FunctionCode> {
  const { functionName, runner, taskRoot } = code;
  if (runner.kind !== 'node') throw new Error('it runs by a program of its own');
  const build = buildOf(runner.moduleFile);
  const output = new OutputFolder(build?.root ?? taskRoot, clock);
  outputs.add(output);
  // As deep as the build's own folder, so that relative imports resolve from here as well.
  const place = await output.functionOutput(functionName).folderOf(1);
  // A build includes what it imports from elsewhere.
  const folder = build === undefined ? await copyOutsideSources(sources, taskRoot, place) : place;
  await copyPackage(taskRoot, folder);
  if (build !== undefined) await addBuild(build.folder, folder);
  const file = relative(build?.folder ?? taskRoot, runner.moduleFile);
  // A handler of an installed package or a layer stays where it is.
  const moduleFile = file.split(sep)[0] === '..' || isAbsolute(file) ? runner.moduleFile : join(folder, file);
  return { ...code, taskRoot: folder, runner: { kind: 'node', moduleFile, exportPath: runner.exportPath } };
}

/** For a file written by a builder: `<root>/.livectl/<run>/<function>/<build>/...`. */
function buildOf(file: string): { readonly root: string; readonly folder: string } | undefined {
  const parts = file.split(sep);
  const at = parts.findLastIndex((part) => /^\.livectl(-\d+)?$/.test(part));
  if (at < 0) return undefined;
  return { root: parts.slice(0, at).join(sep), folder: parts.slice(0, at + 4).join(sep) };
}
