// [5] The process that the debuggers of one function are connected to: the current one, or the next.
import { connect, type Socket } from 'node:net';
import { systemClock, type Timer } from '../../../../protocol/clock.ts';
import type { AttachAgain } from './attach-again.ts';

/** Where a process listens for a debugger, on 127.0.0.1. */
export interface DebugAddress {
  readonly port: number;
  /** Path of its WebSocket; empty if there is none. */
  readonly path: string;
}

/** How long a debugger waits for a process to attach to, in milliseconds. */
const waitBoundMs = 10_000;
/**
 * How long a reload waits for the debugger of the process before, in milliseconds: VS Code's tries again after a second, and needs
 * one more to place its breakpoints.
 */
const returnBoundMs = 5000;
/**
 * A debugger reads source maps and places breakpoints after it has let the process run; it has done so when it and the process have
 * been silent for this long. Milliseconds.
 */
const quietMs = 300;

export class DebugTarget {
  readonly #onChange: (attached: boolean) => void;
  #address: DebugAddress | undefined;
  /** Debuggers that wait for an address. */
  readonly #waiting = new Set<() => void>();
  /** Attached debuggers, with the port they are connected to. */
  readonly #sessions = new Map<Socket, number>();
  readonly #startWord: (onFound: () => void) => (chunk: Buffer) => void;
  /** Set from the end of a debugged process until its debugger is ready for the next one. */
  #returning: { readonly bound: Timer; readonly done: Promise<void>; end(): void } | undefined;

  /**
   * `onChange` is called when the first debugger attaches and when the last one detaches. `startWord` gives a reader of what a
   * debugger sends, which calls back at the request by which it lets the process run.
   */
  constructor(
    onChange: (attached: boolean) => void,
    startWord: (onFound: () => void) => (chunk: Buffer) => void,
  ) {
    this.#onChange = onChange;
    this.#startWord = startWord;
  }

  /**
   * Resolves when the debugger of a process that has ended is attached to the next one with its breakpoints, or after 5 s; undefined
   * if none is expected.
   */
  get returned(): Promise<void> | undefined {
    return this.#returning?.done;
  }

  get attached(): boolean {
    return this.#sessions.size > 0;
  }

  get address(): DebugAddress | undefined {
    return this.#address;
  }

  /** From now on debuggers are connected to this address; if undefined, they wait. */
  aim(address: DebugAddress | undefined): void {
    this.#address = address;
    if (address === undefined) return;
    for (const wake of [...this.#waiting]) wake();
  }

  /** The process is about to be ended: its debugger, if it has one, is expected to attach to the next one. */
  ending(address: DebugAddress): void {
    if ([...this.#sessions.values()].includes(address.port)) this.#expectReturn();
  }

  /** The process is ending: its sessions no longer count, and are closed after `graceMs` milliseconds. */
  release(address: DebugAddress, graceMs: number): void {
    for (const [client, port] of this.#sessions) {
      if (port !== address.port) continue;
      this.#expectReturn();
      this.#detach(client);
      systemClock.after(graceMs, () => client.destroy(), { background: true });
    }
  }

  /**
   * Connects a debugger to the process as soon as there is one, within 10 s; sends it `greeting` first. Both ends are closed
   * together. What they say goes through `again`, if given.
   */
  async connect(
    client: Socket,
    greeting: (address: DebugAddress) => Uint8Array,
    again?: AttachAgain,
  ): Promise<void> {
    client.on('error', () => client.destroy());
    const address = await this.#nextAddress(client);
    if (address === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const upstream = connect({ host: '127.0.0.1', port: address.port, noDelay: true });
    upstream.on('error', () => client.destroy());
    upstream.once('close', () => client.destroy());
    client.once('close', () => {
      upstream.destroy();
      this.#detach(client);
    });
    upstream.once('connect', () => {
      if (client.destroyed) return;
      const first = !this.attached;
      this.#sessions.set(client, address.port);
      if (first) this.#onChange(true);
      upstream.write(greeting(address));
      this.#watchReturn(client, upstream);
      if (again) client.on('data', again.fromClient);
      client.pipe(upstream);
      if (again) upstream.pipe(again.toClient).pipe(client);
      else upstream.pipe(client);
    });
  }

  /** Ends every session. */
  close(): void {
    this.#returning?.end();
    for (const wake of [...this.#waiting]) wake();
    for (const client of this.#sessions.keys()) client.destroy();
  }

  #detach(client: Socket): void {
    if (this.#sessions.delete(client) && !this.attached) this.#onChange(false);
  }

  #expectReturn(): void {
    if (this.#returning !== undefined) return;
    let resolve: () => void = () => undefined;
    const done = new Promise<void>((settled) => {
      resolve = settled;
    });
    const end = () => {
      this.#returning?.bound.cancel();
      this.#returning = undefined;
      resolve();
    };
    const bound = systemClock.after(returnBoundMs, end, { background: true });
    this.#returning = { bound, done, end };
  }

  /** Ends the wait for this debugger's return once it has let the process run and both have been silent for a moment. */
  #watchReturn(client: Socket, upstream: Socket): void {
    const returning = this.#returning;
    if (returning === undefined) return;
    let quiet: Timer | undefined;
    const again = () => {
      quiet?.cancel();
      quiet = systemClock.after(quietMs, returning.end, { background: true });
    };
    const read = this.#startWord(again);
    const onClient = (chunk: Buffer) => (quiet === undefined ? read(chunk) : again());
    const onUpstream = () => {
      if (quiet !== undefined) again();
    };
    client.on('data', onClient);
    upstream.on('data', onUpstream);
    const stop = () => {
      quiet?.cancel();
      client.off('data', onClient);
      upstream.off('data', onUpstream);
    };
    client.once('close', stop);
    void returning.done.then(stop);
  }

  #nextAddress(client: Socket): Promise<DebugAddress | undefined> {
    if (this.#address !== undefined) return Promise.resolve(this.#address);
    return new Promise((resolve) => {
      const wake = () => {
        bound.cancel();
        client.off('close', wake);
        this.#waiting.delete(wake);
        resolve(this.#address);
      };
      const bound = systemClock.after(waitBoundMs, wake, { background: true });
      client.once('close', wake);
      this.#waiting.add(wake);
    });
  }
}
