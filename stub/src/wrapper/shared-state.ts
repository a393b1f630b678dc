// [1] What the runtime's process and the proxy's know of each other without a message, since either may be blocked: bytes of
// one file, which the wrapper script has opened for the proxy (live-debug) and which has no name once both have it.
import { readSync, writeSync } from 'node:fs';

/** Where a value is in the file, and how many bytes it has. */
interface Cell {
  readonly at: number;
  readonly bytes: number;
}

/** Grows while the proxy is not blocked, by one each {@link beatMs}. */
export const beats: Cell = { at: 0, bytes: 1 };
/** 1 while the runtime waits for an invocation at the proxy. */
export const runtimeWaits: Cell = { at: 1, bytes: 1 };
/** 1 once clients know that nobody waits for what was relayed. */
export const hasStopped: Cell = { at: 2, bytes: 1 };
/** 1 where the runtime runs without the proxy. */
export const isGivenUp: Cell = { at: 3, bytes: 1 };
/** Where the proxy listens as the Runtime API. */
export const proxyPort: Cell = { at: 4, bytes: 2 };
/** Where it takes the connection of control.ts. */
export const controlPort: Cell = { at: 6, bytes: 2 };
/** What shows on that connection that the runtime's process has this file; 48 bits. */
export const token: Cell = { at: 8, bytes: 6 };
/** 1 once it listens at both, 2 where it failed to. */
export const isReady: Cell = { at: 14, bytes: 1 };
/** 1 once the runtime's process has written where it finds the Runtime API: {@link SharedState.text}. */
export const hasText: Cell = { at: 15, bytes: 1 };

/** The proxy's process. */
export const proxyPid: Cell = { at: 16, bytes: 4 };

/** Where the text begins, which is the end of the file, and its most bytes. */
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

  /** 0 where nothing was stored. */
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

  /** Once. Throws where it is too long. */
  set text(text: string) {
    const buffer = Buffer.from(text);
    if (buffer.length > textBytes) throw new Error('the address of the Runtime API is too long');
    writeSync(this.#file, buffer, 0, buffer.length, textAt);
    this.store(hasText, 1);
  }

  /** Blocks until this is stored, for `boundMs` at most; whether it was. */
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
