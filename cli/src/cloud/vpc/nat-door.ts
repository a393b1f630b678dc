// The NAT of `livectl cloud --vpc`: the cloud's end, a Unix socket in a private folder. Such a socket can be reached from every
// network namespace, and only by this user.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import * as v from 'valibot';
import { systemClock } from '../../../../protocol/clock.ts';
import { ServerSockets } from '../../loopback/server-sockets.ts';
import { joinSockets } from './join-sockets.ts';

/** The variable with the settings of the program in the namespace. */
export const natVariable = 'LIVECTL_NAT';

const portNumber = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));

const natSettingsSchema = v.object({
  /** The Unix socket's path. */
  socket: v.string(),
  /** That of the cloud's AWS endpoint. */
  port: portNumber,
});
export type NatSettings = v.InferOutput<typeof natSettingsSchema>;

/** Throws for anything that the cloud would not write. */
export function readNatSettings(text: string): NatSettings {
  return v.parse(natSettingsSchema, JSON.parse(text));
}

/** Opens a connection to one of the cloud's ports; 0: one that stays open as long as the cloud runs. */
export function dial(door: string, port: number): Socket {
  const socket = connect({ path: door, allowHalfOpen: true });
  socket.write(`${port}\n`);
  return socket;
}

/** How long a connection may take until it has named its port, in milliseconds. */
const namingMs = 5000;

/** Digits of a port, and the line end. */
const longestName = 6;

/** Joins connections to ports of 127.0.0.1 that were admitted, and to no other. */
export class NatDoor {
  /** The Unix socket's path. */
  readonly path: string;
  readonly #server: Server;
  readonly #sockets: ServerSockets;
  readonly #ports = new Set<number>();

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#welcome(socket));
    this.#sockets = new ServerSockets(this.#server);
  }

  /** `path` is in a folder that only this user can enter; rejects if it is longer than the system allows (107 bytes on Linux). */
  static async open(path: string): Promise<NatDoor> {
    const door = new NatDoor(path);
    door.#server.listen(path);
    await once(door.#server, 'listening');
    return door;
  }

  /** Returns what ends the permission. */
  admit(port: number): () => void {
    this.#ports.add(port);
    return () => void this.#ports.delete(port);
  }

  async close(): Promise<void> {
    await this.#sockets.close();
  }

  async #welcome(socket: Socket): Promise<void> {
    socket.on('error', () => socket.destroy());
    const port = await namedPort(socket);
    if (port === 0) return;
    if (port === undefined || !this.#ports.has(port)) return void socket.destroy();
    joinSockets(socket, connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true }));
  }
}

/** The first line; undefined if no line ends within the bounds. What follows it can still be read from the socket. */
function namedPort(socket: Socket): Promise<number | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const done = (port: number | undefined) => {
      timer.cancel();
      socket.off('readable', read);
      socket.off('close', gone);
      resolve(port);
    };
    const gone = () => done(undefined);
    const read = () => {
      while (text.length < longestName) {
        const byte: Buffer | null = socket.read(1);
        if (byte === null) return;
        text += byte.toString('latin1');
        if (text.endsWith('\n')) return done(/^\d{1,5}\n$/.test(text) ? Number(text) : undefined);
      }
      done(undefined);
    };
    const timer = systemClock.after(namingMs, gone, { background: true });
    socket.on('readable', read);
    socket.on('close', gone);
    read();
  });
}
