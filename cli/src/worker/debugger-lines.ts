// [5] What a process says of its own debugger: where it listens, and lines that are no output of the function's.
import type { DebugAddress } from './debug-target.ts';

/** Follows the log marker in the line by which a runtime client tells of its debugger. */
export const debuggerWord = 'debugger ';

/** Where it listens, or why it doesn't, in a few words. */
export type DebuggerReport = { readonly address: DebugAddress } | { readonly problem: string };

/** Reads what a runtime client tells: `ws://127.0.0.1:PORT/PATH`, `tcp://127.0.0.1:PORT`, or a problem. */
export function parseDebuggerReport(words: string): DebuggerReport {
  const [, port, path = ''] = /^(?:ws|tcp):\/\/127\.0\.0\.1:(\d{1,5})(\/\S*)?$/.exec(words) ?? [];
  return port === undefined ? { problem: words } : { address: { port: Number(port), path } };
}

/** Node's and Deno's words on stderr. */
const inspectorLine =
  /^(Debugger (listening on|ending on) ws:\/\/|Debugger attached\.$|Debugger session started\.$|For help, see: https:\/\/nodejs\.org\/\S*inspector$|Visit chrome:\/\/inspect to connect|Waiting for the debugger to disconnect\.\.\.$)/;

export function isInspectorLine(line: string): boolean {
  return inspectorLine.test(line);
}

/** The process would exit, and waits until its debugger has gone. */
export function waitsForDebugger(line: string): boolean {
  return line === 'Waiting for the debugger to disconnect...';
}
