// [5] The process that the debuggers of one function are connected to: the current one, or the next.
import { connect, type Socket } from 'node:net';
import { systemClock } from '../../../../protocol/clock.ts';

/** Where a process listens for a debugger, on 127.0.0.1. */
export interface DebugAddress {
  readonly port: number;
  /** Path of its WebSocket; empty if there is none. */
  readonly path: string;
}

/** How long a debugger waits for a process to attach to, in milliseconds. */
const waitBoundMs = 10_000;

export class DebugTarget {
  readonly #onChange: (attached: boolean) => void;
  #address: DebugAddress | undefined;
  /** Debuggers that wait for an address. */
  readonly #waiting = new Set<() => void>();
  /** Attached debuggers, with the port they are connected to. */
  readonly #sessions = new Map<Socket, number>();

  /** `onChange` is called when the first debugger attaches and when the last one detaches. */
  constructor(onChange: (attached: boolean) => void) {
    this.#onChange = onChange;
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

  /** The process is ending: its sessions no longer count, and are closed after `graceMs` milliseconds. */
  release(address: DebugAddress, graceMs: number): void {
    for (const [client, port] of this.#sessions) {
      if (port !== address.port) continue;
      this.#detach(client);
      systemClock.after(graceMs, () => client.destroy(), { background: true });
    }
  }

  /**
   * Connects a debugger to the process as soon as there is one, within 10 s; sends it `greeting` first. Both ends are closed
   * together.
   */
  async connect(client: Socket, greeting: (address: DebugAddress) => Uint8Array): Promise<void> {
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
      client.pipe(upstream).pipe(client);
    });
  }

  /** Ends every session. */
  close(): void {
    for (const wake of [...this.#waiting]) wake();
    for (const client of this.#sessions.keys()) client.destroy();
  }

  #detach(client: Socket): void {
    if (this.#sessions.delete(client) && !this.attached) this.#onChange(false);
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
