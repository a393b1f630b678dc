// [1] A bound on the time in which this process runs: Lambda may freeze it meanwhile, and everything seems late afterwards.

/** Milliseconds. A freeze counts as one of them. */
const stepMs = 50;

/** Calls back once `ms` milliseconds have passed in steps; the function that it returns prevents that. */
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
