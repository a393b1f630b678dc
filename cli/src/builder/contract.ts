// The result of one attempt to make a function runnable, for every kind of compiler.
import type { Runner } from '../worker/contract.ts';
import type { BuildMessage } from './build-event.ts';

export type Compilation =
  | {
      readonly ok: true;
      /** Absolute paths of all inputs: files, folders whose names matter, and places where a new file would matter. */
      readonly inputs: ReadonlySet<string>;
      /** Paths that may matter as well, until a worker has reported what it loads. */
      readonly guesses?: ReadonlySet<string> | undefined;
      /** Equal for equal results, so that a build that changes nothing is not published; undefined: always publish. */
      readonly fingerprint: string | undefined;
      /** Puts the result in place as this build of the function; returns how to run it. */
      readonly publish: (build: number) => Promise<Runner>;
    }
  | {
      readonly ok: false;
      /** As above, as far as known, and whatever would fix the errors. */
      readonly inputs: ReadonlySet<string>;
      readonly errors: readonly BuildMessage[];
      /** The errors were reported before, and nothing was built since. */
      readonly isReported?: boolean;
    };

/** One way to make a function runnable. */
export interface Compiler {
  /**
   * Never rejects for errors in the sources. One call at a time. `changed` are the paths that changed since the last published
   * build, once it is known that the function loads them.
   */
  compile(changed?: readonly string[]): Promise<Compilation>;
  dispose(): Promise<void>;
  /** Of paths that changed while the function ran, those that it wrote itself; they need no rebuild. */
  ownWrites?(changed: readonly string[]): readonly string[];
  /** Whether a change of this path is the compiler's own, which needs no report. */
  isOutput?(path: string): boolean;
}
