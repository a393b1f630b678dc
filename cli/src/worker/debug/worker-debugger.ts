// [5] A worker's own debugger: where it listens, and which lines of its output are the debugger's.
import type { DebugAddress } from './debug-target.ts';

/** What a worker reports about its debugger. */
export type DebuggerNews =
  /** A debugger can attach now. */
  | { readonly type: 'listening'; readonly address: DebugAddress }
  | { readonly type: 'unavailable'; readonly problem: string }
  /** The process is about to exit, and waits until its debugger has disconnected. */
  | { readonly type: 'exiting'; readonly address: DebugAddress };

/** The messages of Node and Deno on stderr. */
const inspectorLine =
  /^(Debugger (listening on|ending on) ws:\/\/|Debugger attached\.$|Debugger session started\.$|For help, see: https:\/\/nodejs\.org\/\S*inspector$|Visit chrome:\/\/inspect to connect|Waiting for the debugger to disconnect\.\.\.$)/;
const exitingLine = 'Waiting for the debugger to disconnect...';

export class WorkerDebugger {
  /** The function that the process is kept for, so that a debugger can attach before its first invocation. */
  readonly functionName: string;
  readonly #onNews: (news: DebuggerNews) => void;
  #address: DebugAddress | undefined;

  constructor(functionName: string, onNews: (news: DebuggerNews) => void) {
    this.functionName = functionName;
    this.#onNews = onNews;
  }

  /** Its address once it listens. */
  get address(): DebugAddress | undefined {
    return this.#address;
  }

  /** Takes what the runtime client reports in a mark: `ws://127.0.0.1:PORT/PATH`, `tcp://127.0.0.1:PORT`, or why there is none. */
  tell(told: string): void {
    const [, port, path = ''] = /^(?:ws|tcp):\/\/127\.0\.0\.1:(\d{1,5})(\/\S*)?$/.exec(told) ?? [];
    if (port === undefined) return this.#onNews({ type: 'unavailable', problem: told });
    this.#address = { port: Number(port), path };
    this.#onNews({ type: 'listening', address: this.#address });
  }

  /** Whether a line is the debugger's own, and not output of the function. */
  takes(line: string): boolean {
    if (!inspectorLine.test(line)) return false;
    if (line === exitingLine && this.#address) this.#onNews({ type: 'exiting', address: this.#address });
    return true;
  }
}
