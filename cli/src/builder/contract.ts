// What one attempt to make a function runnable gives, whichever way it is made.
import type { Runner } from '../worker/contract.ts';
import type { BuildMessage } from './build-event.ts';

export type Compilation =
  | {
      readonly ok: true;
      /** Absolute paths of all that went in: files, folders whose names matter, places where a file would matter. */
      readonly inputs: ReadonlySet<string>;
      /** What may count as well, until a worker has reported what it loads. */
      readonly guesses?: ReadonlySet<string> | undefined;
      /** Equal for equal results, so that a build that changes nothing isn't published; undefined: always publish. */
      readonly fingerprint: string | undefined;
      /** Puts the result in place as this build of the function and says how to run it. */
      readonly publish: (build: number) => Promise<Runner>;
    }
  | {
      readonly ok: false;
      /** As above, as far as is known; and what would fix the errors. */
      readonly inputs: ReadonlySet<string>;
      readonly errors: readonly BuildMessage[];
      /** The errors have been told, and nothing was built meanwhile. */
      readonly isTold?: boolean;
    };

/** One way to make a function runnable. */
export interface Compiler {
  /**
   * Never rejects for a mistake in the sources. At most one call at a time. `changed` are the paths that changed since the
   * last build that was published, once it is known that the function loads them.
   */
  compile(changed?: readonly string[]): Promise<Compilation>;
  dispose(): Promise<void>;
  /** Of paths that changed while the function ran, those that it wrote itself: they are no reason to build again. */
  ownDoing?(changed: readonly string[]): readonly string[];
  /** Whether a change of this path is the compiler's own doing, which needs no report. */
  isOutput?(path: string): boolean;
}
