// A port of this machine that leads to one host and port in the VPC, for programs that know no proxy.
import type { Socket } from 'node:net';
import type { Peer } from '../loopback/peer-user.ts';
import type { VpcStream } from './contract.ts';
import { type LocalPort, openLocalPort } from './local-port.ts';
import { splice } from './splice.ts';

export interface ForwardOptions {
  /** 0 chooses a free one. */
  readonly port: number;
  readonly dial: () => Promise<VpcStream>;
  /** A connection could not be made; the program's was reset. */
  readonly onFailure: (error: unknown) => void;
  /** Another user of this machine tried to connect, and was refused. */
  readonly onStranger: () => void;
  readonly peerOf?: ((socket: Socket) => Promise<Peer>) | undefined;
}

/** Rejects with LD_PORT_IN_USE. */
export function openForward({
  dial,
  onFailure,
  onStranger,
  peerOf,
  port,
}: ForwardOptions): Promise<LocalPort> {
  async function serve(socket: Socket): Promise<void> {
    let stream: VpcStream;
    try {
      stream = await dial();
    } catch (error) {
      onFailure(error);
      // A program that asks why finds a reset, as from a server that refuses.
      if (!socket.destroyed) socket.resetAndDestroy();
      return;
    }
    if (socket.destroyed) stream.destroy();
    else splice(socket, stream);
  }
  return openLocalPort({
    port,
    peerOf,
    onStranger,
    onSocket: (socket) => void serve(socket),
  });
}
