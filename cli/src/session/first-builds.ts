// [4] Which functions have a good build: an invocation waits for the first build, or fails with its errors.
import type { BuildMessage } from '../builder/build-event.ts';

/** The state of a function's build. */
type Build =
  | { readonly state: 'good' }
  /** Resolves when the first build has ended, successful or not. */
  | { readonly state: 'building'; readonly over: Promise<void> }
  | { readonly state: 'failed'; readonly errors: readonly BuildMessage[] };

interface Pending {
  readonly over: Promise<void>;
  readonly end: () => void;
}

export class FirstBuilds {
  readonly #good = new Set<string>();
  readonly #failed = new Map<string, readonly BuildMessage[]>();
  readonly #pending = new Map<string, Pending>();

  of(functionName: string): Build {
    if (this.#good.has(functionName)) return { state: 'good' };
    const errors = this.#failed.get(functionName);
    if (errors !== undefined) return { state: 'failed', errors };
    const pending = this.#pending.get(functionName) ?? newPending();
    this.#pending.set(functionName, pending);
    return { state: 'building', over: pending.over };
  }

  /** A successful build; returns whether it follows a failed one. */
  built(functionName: string): boolean {
    this.#good.add(functionName);
    this.#end(functionName);
    return this.#failed.delete(functionName);
  }

  /** A failed build; an earlier good one keeps answering. */
  failed(functionName: string, errors: readonly BuildMessage[]): void {
    this.#failed.set(functionName, errors);
    this.#end(functionName);
  }

  #end(functionName: string): void {
    this.#pending.get(functionName)?.end();
    this.#pending.delete(functionName);
  }
}

function newPending(): Pending {
  let end: () => void = () => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}
