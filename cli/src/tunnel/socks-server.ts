// The SOCKS5 server through which programs of this machine reach the VPC: CONNECT only, with a user and a password.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../protocol/clock.ts';
import type { Peer } from '../loopback/peer-user.ts';
import { openLocalPort } from './local-port.ts';
import { refusalCode } from './refusal.ts';
import {
  replyBytes,
  SocksHandshake,
  type SocksRefusal,
  type SocksRequest,
  socksReply,
} from './socks-handshake.ts';
import { splice } from './splice.ts';

export interface SocksServerOptions {
  /** 0 chooses a free one. */
  readonly port: number;
  /** Random, at least 128 bits. */
  readonly password: string;
  /** Whether there is such a user: a function with a tunnel. */
  readonly hasUser: (user: string) => boolean;
  /** Connects through the user's tunnel. */
  readonly dial: (user: string, host: string, port: number) => Promise<Duplex>;
  /** A connection could not be made. */
  readonly onFailure: (user: string, host: string, port: number, error: unknown) => void;
  /** Another user of this machine tried to connect, and was refused. */
  readonly onStranger?: (() => void) | undefined;
  readonly clock: Clock;
  readonly peerOf?: ((socket: Socket) => Promise<Peer>) | undefined;
}

/** Connections since the start, by how their handshake ended. */
export interface SocksCounts {
  opened: number;
  /** No connection in the VPC. */
  failed: number;
  /** Of another user of this machine. */
  strangers: number;
  /** Too slow, or closed by the client. */
  unfinished: number;
  readonly refused: Record<SocksRefusal, number>;
}

export interface SocksServer {
  readonly port: number;
  readonly counts: SocksCounts;
  close(): Promise<void>;
}

/** From the connection to the request; a program of this machine takes a millisecond. */
export const handshakeBoundMs = 10_000;

/** Rejects with LD_PORT_IN_USE. */
export async function startSocksServer(options: SocksServerOptions): Promise<SocksServer> {
  const counts: SocksCounts = {
    opened: 0,
    failed: 0,
    strangers: 0,
    unfinished: 0,
    refused: { version: 0, method: 0, password: 0, command: 0, address: 0 },
  };
  const password = digest(options.password);
  const mayUse = (user: string, given: string) =>
    // Both are looked at, so that the time does not tell which of them is wrong.
    [options.hasUser(user), timingSafeEqual(digest(given), password)].every(Boolean);

  async function serve(socket: Socket): Promise<void> {
    const request = await handshake(socket, new SocksHandshake(mayUse), options.clock, counts);
    if (request === undefined) return;
    const { host, port, user } = request;
    let stream: Duplex;
    try {
      stream = await options.dial(user, host, port);
    } catch (error) {
      counts.failed += 1;
      options.onFailure(user, host, port, error);
      return end(socket, [replyBytes(replyOf(error))]);
    }
    if (socket.destroyed) return void stream.destroy();
    counts.opened += 1;
    socket.write(replyBytes(socksReply.succeeded));
    splice(socket, stream);
  }

  const local = await openLocalPort({
    port: options.port,
    peerOf: options.peerOf,
    onStranger: () => {
      counts.strangers += 1;
      options.onStranger?.();
    },
    onSocket: (socket) => void serve(socket),
  });
  return { port: local.port, counts, close: local.close };
}

/** Reads until the request; undefined if there is none, and then the connection is closed. The socket is paused afterwards. */
function handshake(
  socket: Socket,
  parser: SocksHandshake,
  clock: Clock,
  counts: SocksCounts,
): Promise<SocksRequest | undefined> {
  return new Promise((resolve) => {
    const over = (request: SocksRequest | undefined) => {
      bound.cancel();
      socket.off('data', onData).off('end', onUnfinished).off('close', onUnfinished);
      resolve(request);
    };
    const onUnfinished = () => {
      counts.unfinished += 1;
      over(undefined);
      socket.destroy();
    };
    const onData = (bytes: Buffer) => {
      const { refused, reply, request } = parser.push(bytes);
      if (refused !== undefined) {
        counts.refused[refused] += 1;
        over(undefined);
        return end(socket, reply);
      }
      for (const each of reply) socket.write(each);
      if (request === undefined) return;
      socket.pause();
      over(request);
      // At once: with nothing left to read, an end that follows would be taken for the end of everything.
      if (request.early.length > 0) socket.unshift(request.early);
    };
    const bound = clock.after(handshakeBoundMs, onUnfinished, { background: true });
    socket.on('data', onData).on('end', onUnfinished).on('close', onUnfinished);
    socket.resume();
  });
}

/** Says it and closes, whether or not the client does. */
function end(socket: Socket, reply: readonly Uint8Array[]): void {
  socket.resume();
  socket.end(Buffer.concat(reply), () => socket.destroySoon());
}

function replyOf(error: unknown): number {
  switch (refusalCode(error)) {
    case 'not-allowed':
      return socksReply.notAllowed;
    case 'unresolved':
    case 'unreachable':
      return socksReply.hostUnreachable;
    case 'timeout':
      return socksReply.ttlExpired;
    case 'refused':
      return socksReply.refused;
    default:
      return socksReply.failure;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
