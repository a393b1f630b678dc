// [1] Timers that count only while this process runs: Lambda may freeze it in between, after which everything seems late.

/** Milliseconds. A freeze counts as one step. */
const stepMs = 50;

/** Calls back once `ms` milliseconds have passed in steps; the returned function cancels that. */
export function afterRunning(ms: number, callback: () => void): () => void {
  let steps = Math.ceil(ms / stepMs);
  const timer = setInterval(() => {
    steps -= 1;
    if (steps > 0) return;
    clearInterval(timer);
    callback();
  }, stepMs);
  return () => clearInterval(timer);
}
