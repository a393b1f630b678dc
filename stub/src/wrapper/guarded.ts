// [1] A fault of the proxy's own code costs one connection at most, never the function; the log says so once.
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { logLine } from './log-line.ts';

/** Faults that are logged: each once, and no more than these. */
const mostSaid = 100;
const said = new Set<string>();

/** Logs a fault once. Never throws. */
export function reportFault(error: unknown): void {
  const why = messageOf(error);
  if (said.has(why) || said.size >= mostSaid) return;
  said.add(why);
  logLine(`${JSON.stringify({ liveDebug: 'a fault of the proxy', why })}\n`);
}

/** A callback whose fault is logged, and ends what it works for by `fail`. */
export function guarded<A extends unknown[]>(work: (...args: A) => void, fail: () => void) {
  return (...args: A): void => {
    try {
      work(...args);
    } catch (error) {
      reportFault(error);
      fail();
    }
  };
}
