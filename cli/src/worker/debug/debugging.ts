// [5] Debuggers under `--inspect`: one port for each function, and whether a debugger is attached.
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';
import { type DebugKind, type DebugPort, openDebugPort } from './debug-port.ts';
import { type DebugAddress, DebugTarget } from './debug-target.ts';
import type { DebuggedFunction } from './debugged-functions.ts';
import { startWordReader } from './start-word.ts';

/** Where a function's debugger attaches. */
interface DebugEndpoint {
  readonly functionName: string;
  readonly kind: DebugKind;
  /** E.g. `127.0.0.1:9229`. */
  readonly address: string;
  /** URL of the inspector's WebSocket, for Node. */
  readonly url: string | undefined;
}

/** Called when a debugger attaches or detaches. */
interface DebugWatcher {
  onAttached(functionName: string): void;
  onDetached(functionName: string): void;
  /** No debugger can attach to the function; called once for each. */
  onUnavailable(functionName: string, reason: string): void;
}

/**
 * debugpy's adapter outlives its process to tell the debugger whether to attach again; it ends when the debugger has
 * disconnected. Milliseconds.
 */
const lastOutputMs = 1000;

const highestPort = 65_535;

export class Debugging {
  readonly #targets = new Map<string, DebugTarget>();
  readonly #kinds = new Map<string, DebugKind>();
  readonly #ports = new Map<string, DebugPort>();
  readonly #unavailable = new Set<string>();
  #watcher: DebugWatcher | undefined;

  /**
   * Opens a port for each function, in this order from `firstPort` on; 0 chooses free ones. Rejects with LD_PORT_IN_USE, or with
   * LD_CONFIG if there are not enough ports.
   */
  static async open(functions: readonly DebuggedFunction[], firstPort: number): Promise<Debugging> {
    const offsets = functions.map(({ offset }, index) => offset ?? index);
    const last = firstPort + Math.max(0, ...offsets);
    if (firstPort !== 0 && last > highestPort) {
      throw new LiveDebugError(
        'LD_CONFIG',
        `--inspect=${firstPort} leaves too few ports for ${functions.length} functions: ${highestPort} is the highest`,
        { remedy: `choose one up to ${highestPort - (last - firstPort)}, or 0 for free ports` },
      );
    }
    const debugging = new Debugging();
    try {
      for (const [index, { functionName, kind }] of functions.entries()) {
        const target = new DebugTarget(
          (attached) => debugging.#onChange(functionName, attached),
          (onFound) => startWordReader(kind, onFound),
        );
        const wanted = firstPort === 0 ? 0 : firstPort + (offsets[index] ?? index);
        debugging.#ports.set(functionName, await openDebugPort(kind, functionName, wanted, target));
        debugging.#targets.set(functionName, target);
        debugging.#kinds.set(functionName, kind);
      }
      return debugging;
    } catch (error) {
      await debugging.close();
      throw error;
    }
  }

  /** Number of functions that can be debugged. */
  get size(): number {
    return this.#targets.size;
  }

  /** Endpoints of all functions except those known to be unavailable. */
  get endpoints(): DebugEndpoint[] {
    const ports = [...this.#ports].filter(([functionName]) => !this.#unavailable.has(functionName));
    return ports.map(([functionName, { port, url }]) => {
      const kind = this.#kinds.get(functionName) ?? 'node';
      return { functionName, kind, address: `127.0.0.1:${port}`, url };
    });
  }

  has(functionName: string): boolean {
    return this.#targets.has(functionName);
  }

  /** Whether a debugger is attached to a process of the function. */
  attached(functionName: string): boolean {
    return this.#targets.get(functionName)?.attached ?? false;
  }

  /**
   * Resolves when the debugger that a reload has cut off is attached to the function's next process, with its breakpoints, or after
   * 5 s; undefined if none was.
   */
  returned(functionName: string): Promise<void> | undefined {
    return this.#targets.get(functionName)?.returned;
  }

  watch(watcher: DebugWatcher): void {
    this.#watcher = watcher;
  }

  /** Sets where the function's process listens now; waiting debuggers are connected. */
  aim(functionName: string, address: DebugAddress | undefined): void {
    this.#targets.get(functionName)?.aim(address);
  }

  /** The process is about to exit, but first waits for its debugger to disconnect. */
  release(functionName: string, address: DebugAddress): void {
    this.#targets.get(functionName)?.release(address, 0);
  }

  /** The process is about to be ended. */
  ending(functionName: string, address: DebugAddress): void {
    this.#targets.get(functionName)?.ending(address);
  }

  /** The process has ended. */
  gone(functionName: string, address: DebugAddress): void {
    this.#targets.get(functionName)?.release(address, lastOutputMs);
  }

  unavailable(functionName: string, reason: string): void {
    if (this.#unavailable.has(functionName)) return;
    this.#unavailable.add(functionName);
    this.#watcher?.onUnavailable(functionName, reason);
  }

  /** Ends every session and frees the ports. */
  async close(): Promise<void> {
    for (const target of this.#targets.values()) target.close();
    await Promise.all([...this.#ports.values()].map((port) => port.close()));
  }

  #onChange(functionName: string, attached: boolean): void {
    if (attached) this.#watcher?.onAttached(functionName);
    else this.#watcher?.onDetached(functionName);
  }
}
