// [1] State that the runtime's process and the proxy's share without messages, since either may be blocked: bytes of one file.
// The wrapper script (live-debug) opens it for the proxy; once both processes have it open, it no longer has a name.
import { readSync, writeSync } from 'node:fs';

/** Where a value is in the file, and how many bytes it has. */
interface Cell {
  readonly at: number;
  readonly bytes: number;
}

/** Incremented every {@link beatMs} while the proxy is not blocked. */
export const beats: Cell = { at: 0, bytes: 1 };
/** 1 while the runtime waits for an invocation at the proxy. */
export const runtimeWaits: Cell = { at: 1, bytes: 1 };
/** 1 once clients know that nobody waits for what was relayed. */
export const hasStopped: Cell = { at: 2, bytes: 1 };
/** 1 if the runtime runs without the proxy. */
export const isGivenUp: Cell = { at: 3, bytes: 1 };
/** The port on which the proxy listens as the Runtime API. */
export const proxyPort: Cell = { at: 4, bytes: 2 };
/** The port on which it accepts the connection of control.ts. */
export const controlPort: Cell = { at: 6, bytes: 2 };
/** Proves on that connection that the other end has this file; 48 bits. */
export const token: Cell = { at: 8, bytes: 6 };
/** 1 once the proxy listens on both ports, 2 if that failed. */
export const isReady: Cell = { at: 14, bytes: 1 };
/** 1 once the runtime's process has written the Runtime API's address: {@link SharedState.text}. */
export const hasText: Cell = { at: 15, bytes: 1 };

/** The proxy's process id. */
export const proxyPid: Cell = { at: 16, bytes: 4 };

/** Where the text begins, and its longest length; it is the last part of the file. */
const textAt = 20;
const textBytes = 1024;

/** Milliseconds. */
export const beatMs = 1000;

export class SharedState {
  readonly #file: number;

  /** `file`: open for reading and writing. */
  constructor(file: number) {
    this.#file = file;
  }

  /** 0 if nothing was stored. */
  load({ at, bytes }: Cell): number {
    const buffer = Buffer.alloc(bytes);
    readSync(this.#file, buffer, 0, bytes, at);
    return buffer.readUIntBE(0, bytes);
  }

  store({ at, bytes }: Cell, value: number): void {
    const buffer = Buffer.alloc(bytes);
    buffer.writeUIntBE(value, 0, bytes);
    writeSync(this.#file, buffer, 0, bytes, at);
  }

  get text(): string {
    const buffer = Buffer.alloc(textBytes);
    return buffer.toString('utf8', 0, readSync(this.#file, buffer, 0, textBytes, textAt));
  }

  /** Set once. Throws if it is too long. */
  set text(text: string) {
    const buffer = Buffer.from(text);
    if (buffer.length > textBytes) throw new Error('the address of the Runtime API is too long');
    writeSync(this.#file, buffer, 0, buffer.length, textAt);
    this.store(hasText, 1);
  }

  /** Blocks until the cell is stored, for at most `boundMs`. Returns whether it was. */
  waitFor(cell: Cell, boundMs: number): boolean {
    const until = Date.now() + boundMs;
    const sleep = new Int32Array(new SharedArrayBuffer(4));
    while (this.load(cell) === 0) {
      if (Date.now() >= until) return false;
      Atomics.wait(sleep, 0, 0, 1);
    }
    return true;
  }
}
