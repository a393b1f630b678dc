// The build's contract with the session: what to build, and what happened.
import type { EsbuildSettings } from '../manifest/esbuild-settings.ts';
import type { FunctionCode } from '../worker/contract.ts';
import type { LoadedFiles } from '../worker/loaded-files.ts';
import type { PythonQuestion } from './find-python.ts';

/** A function to serve, resolved against the disk: all paths absolute. */
export interface BuildTarget {
  readonly functionName: string;
  readonly runtime: string;
  readonly handler: string;
  /** Absolute `source_dir`. */
  readonly taskRoot: string;
  /** The handler's source file, absolute; undefined for Python, and when `command` runs the function. */
  readonly sourceFile: string | undefined;
  /** The part of `handler` after the file, e.g. `handler`. */
  readonly exportPath: string;
  readonly command: readonly [string, ...string[]] | undefined;
  /** How to find the interpreter of a Python function that has no `command`. */
  readonly python?: PythonQuestion | undefined;
  /** Local folders in the place of its layers, absolute, in their order. */
  readonly layers?: readonly string[] | undefined;
  /** Patterns of further files that count, or of those that don't; see `WatchPatterns`. */
  readonly watch?: readonly string[] | undefined;
  /** Build settings of the manifest; `bundle: false` runs the sources as they are. */
  readonly esbuild: EsbuildSettings & { readonly bundle: boolean };
  /** Scripts that are built beside the handler's, absolute. */
  readonly entryPoints?: readonly string[] | undefined;
}

/** A function whose files its `build` command makes: what it is built from, and what it is afterwards. */
export interface UnbuiltTarget
  extends Pick<BuildTarget, 'functionName' | 'runtime' | 'handler' | 'taskRoot' | 'layers' | 'watch'> {
  readonly build: readonly [string, ...string[]];
  /** Looks for the files; what is missing, by the field of the manifest that names it. */
  readonly afterBuild: () => BuildTarget | { readonly path: string; readonly text: string };
}

/** A function that can't be run as it is configured: its invocations fail with this reason, others go on. */
export interface UnrunnableTarget
  extends Pick<BuildTarget, 'functionName' | 'runtime' | 'handler' | 'taskRoot' | 'layers'> {
  /** What to set in the manifest, or which file to create, and why. */
  readonly problem: string;
  /** Where a file or folder is missing: looks again; undefined where only a new start can help. */
  readonly again?: (() => BuildTarget | UnbuiltTarget | UnrunnableTarget) | undefined;
  /** Absolute paths of files and folders that would change that. */
  readonly places?: readonly string[] | undefined;
}

/** One mistake in the sources; line is 1-based, column 0-based, as esbuild counts; `file` is relative to the task root. */
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
   * A good build; `first` on start, `changed` names what caused a later one, relative to the task root: files, and
   * folders where some came or went. `ms` counts from the start or from the first sign of the change. `sources` are the
   * absolute paths that the build has read or looked for.
   */
  | {
      readonly type: 'built';
      readonly code: FunctionCode;
      readonly first: boolean;
      readonly ms: number;
      readonly changed: readonly string[];
      readonly sources?: ReadonlySet<string> | undefined;
    }
  /** A failed one; the last good build, where there is one, keeps answering. */
  | {
      readonly type: 'build_error';
      readonly functionName: string;
      readonly errors: readonly BuildMessage[];
      readonly hasLastGood: boolean;
    }
  /** Said once at start, e.g. when no esbuild is found. */
  | { readonly type: 'notice'; readonly message: string };

/** What a worker of a build has loaded. */
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
  /** A worker has reported what it loaded: these files are watched, too. */
  onLoaded(loaded: LoadedReport): void;
  /**
   * Whether a source of the function has changed since a time, in milliseconds since the epoch, also one whose save has not
   * been noticed yet.
   */
  changedSince(functionName: string, sinceMs: number): boolean;
  /** Stops watching, disposes of esbuild, removes the output folder. */
  close(): Promise<void>;
}
