// [1] A fault in the proxy's own code costs at most one connection, never the function, and is logged once.
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { logLine } from './log-line.ts';

/** At most this many different faults are logged, each once. */
const mostSaid = 100;
const said = new Set<string>();

/** Logs a fault once. Never throws. */
export function reportFault(error: unknown): void {
  const why = messageOf(error);
  if (said.has(why) || said.size >= mostSaid) return;
  said.add(why);
  logLine(`${JSON.stringify({ liveDebug: 'a fault of the proxy', why })}\n`);
}

/** Wraps a callback: if it throws, the fault is logged and `fail` is called. */
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
