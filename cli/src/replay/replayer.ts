// What runs a replay: a running `serve`, or workers of this command's own.
import type { BuildMessage } from '../builder/build-event.ts';
import type { ReplayedAnswer } from './answer.ts';

/** A save that was built, or did not build. */
export interface CodeChange {
  /** Relative paths. */
  readonly files: readonly string[];
  /** Empty for a good build. */
  readonly errors: readonly BuildMessage[];
}

export interface Replayer {
  /** Runs the event with the latest code. */
  run(): Promise<ReplayedAnswer>;
  /** Calls back for every change of the function's code from now on. */
  onChange(listener: (change: CodeChange) => void): void;
  /** Resolves with the reason if it ends by itself. */
  readonly ended: Promise<string>;
}
