// [5] When each function was running, to tell a file that it wrote itself from one that was saved.

/** Runs that ended longer ago are forgotten; changes are checked within a fraction of this. Milliseconds. */
const keptMs = 10_000;

/** Kernels stamp files with a clock that is up to one tick behind: 10 ms at the slowest (HZ=100). */
const clockLagMs = 10;

interface RunTime {
  readonly from: number;
  /** Undefined while it runs. */
  to: number | undefined;
}

export class RunTimes {
  readonly #runs = new Map<string, Set<RunTime>>();

  /** An invocation or an init phase of the function begins; call the returned function at its end. */
  begin(functionName: string): () => void {
    const run: RunTime = { from: Date.now(), to: undefined };
    const runs = this.#runs.get(functionName) ?? new Set();
    this.#runs.set(functionName, runs);
    const before = run.from - keptMs;
    for (const old of runs) if (old.to !== undefined && old.to < before) runs.delete(old);
    runs.add(run);
    return () => {
      run.to ??= Date.now();
    };
  }

  /** Whether the function was running at that time, in milliseconds since the epoch, at most 10 s ago. */
  wasRunning(functionName: string, atMs: number): boolean {
    const runs = [...(this.#runs.get(functionName) ?? [])];
    return runs.some(({ from, to }) => from - clockLagMs <= atMs && (to === undefined || atMs <= to));
  }
}
