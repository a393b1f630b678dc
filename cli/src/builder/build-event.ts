// The build's contract with the session: what to build, and what happened.
import type { EsbuildSettings } from '../manifest/esbuild-settings.ts';
import type { FunctionCode } from '../worker/contract.ts';
import type { LoadedFiles } from '../worker/loaded-files.ts';
import type { PythonQuestion } from './find-python.ts';

/** A function to serve, resolved on disk: all paths are absolute. */
export interface BuildTarget {
  readonly functionName: string;
  readonly runtime: string;
  readonly handler: string;
  /** Absolute `source_dir`. */
  readonly taskRoot: string;
  /** The handler's source file, absolute; undefined for Python, and if `command` runs the function. */
  readonly sourceFile: string | undefined;
  /** The part of `handler` after the file, e.g. `handler`. */
  readonly exportPath: string;
  readonly command: readonly [string, ...string[]] | undefined;
  /** How to find the interpreter of a Python function without a `command`. */
  readonly python?: PythonQuestion | undefined;
  /** Local folders that stand in for its layers, absolute, in order. */
  readonly layers?: readonly string[] | undefined;
  /** Patterns of additional or excluded files; see `WatchPatterns`. */
  readonly watch?: readonly string[] | undefined;
  /** Build settings of the manifest; `bundle: false` runs the sources as they are. */
  readonly esbuild: EsbuildSettings & { readonly bundle: boolean };
  /** Scripts built beside the handler, absolute. */
  readonly entryPoints?: readonly string[] | undefined;
}

/** A function whose files its `build` command creates: what it is built from, and what it becomes. */
export interface UnbuiltTarget
  extends Pick<BuildTarget, 'functionName' | 'runtime' | 'handler' | 'taskRoot' | 'layers' | 'watch'> {
  readonly build: readonly [string, ...string[]];
  /** Looks for the files; returns the target, or what is missing and the manifest's field that names it. */
  readonly afterBuild: () => BuildTarget | { readonly path: string; readonly text: string };
}

/** A function that cannot run as configured: its invocations fail with this reason, others continue. */
export interface UnrunnableTarget
  extends Pick<BuildTarget, 'functionName' | 'runtime' | 'handler' | 'taskRoot' | 'layers'> {
  /** What to set in the manifest or which file to create, and why. */
  readonly problem: string;
  /** Looks again for a missing file or folder; undefined if only a restart can help. */
  readonly again?: (() => BuildTarget | UnbuiltTarget | UnrunnableTarget) | undefined;
  /** Absolute paths of files and folders that would make it runnable. */
  readonly places?: readonly string[] | undefined;
}

/** One error in the sources; line is 1-based, column 0-based, as in esbuild; `file` is relative to the task root. */
export interface BuildMessage {
  readonly text: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** The source line itself. */
  readonly lineText?: string | undefined;
}

export type BuildEvent =
  /**
   * A successful build. `first` on start. `changed` names what caused a later one, relative to the task root: files, and
   * folders in which files came or went. `ms` counts from the start or from the first sign of the change.
   * `sources` are the absolute paths that the build has read or looked for.
   */
  | {
      readonly type: 'built';
      readonly code: FunctionCode;
      readonly first: boolean;
      readonly ms: number;
      readonly changed: readonly string[];
      readonly sources?: ReadonlySet<string> | undefined;
    }
  /** A failed build; the last good one, if there is one, keeps answering. */
  | {
      readonly type: 'build_error';
      readonly functionName: string;
      readonly errors: readonly BuildMessage[];
      readonly hasLastGood: boolean;
    }
  /** Reported once at start, e.g. when no esbuild is found. */
  | { readonly type: 'notice'; readonly message: string };

/** What a worker has loaded from a build. */
export interface LoadedReport extends LoadedFiles {
  readonly functionName: string;
  readonly build: number;
  /** When it began to load, in milliseconds since the epoch. */
  readonly since: number;
}

/** Builds and watches all served functions. */
export interface Builder {
  /** Builds everything once and starts watching; resolves when each function has had its first `built` or `build_error`. */
  start(): Promise<void>;
  /** A worker has reported what it loaded: these files are watched as well. */
  onLoaded(loaded: LoadedReport): void;
  /**
   * Whether a source of the function has changed since a time, in milliseconds since the epoch, even if the save has not been
   * noticed yet.
   */
  changedSince(functionName: string, sinceMs: number): boolean;
  /** Builds every function again and publishes the result even if it is the same, so that its workers are replaced. */
  rebuild(): void;
  /** Stops watching, disposes of esbuild, removes the output folder. */
  close(): Promise<void>;
}
