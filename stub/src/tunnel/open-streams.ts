// [1] The tunnel function connects the streams that livectl opens, or refuses them with a reason.
import type { Socket } from 'node:net';
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { hostOf } from '../../../protocol/tunnel/addresses.ts';
import { TunnelRefused } from '../../../protocol/tunnel/codes.ts';
import type { TunnelStream } from '../../../protocol/tunnel/stream.ts';
import { RareReports, report } from '../report.ts';
import type { Dialer } from './dialer.ts';
import { OpenRate, opensPerSecond } from './open-rate.ts';
import { splice } from './splice.ts';

/** Connects streams until it is closed. */
export class OpenStreams {
  readonly #dialer: Dialer;
  readonly #rate: OpenRate;
  readonly #refusals = new RareReports('refused a connection', 'refused');
  readonly #sockets = new Set<Socket>();

  constructor(dialer: Dialer, clock: Clock) {
    this.#dialer = dialer;
    this.#rate = new OpenRate(clock);
  }

  /** Never rejects. */
  async connect(stream: TunnelStream): Promise<void> {
    const end = new AbortController();
    stream.once('close', () => end.abort());
    stream.on('error', () => undefined);
    try {
      if (!this.#rate.take())
        throw new TunnelRefused(
          'limit',
          `the tunnel opens ${opensPerSecond} connections a second at most: use a pool of connections`,
        );
      const socket = await this.#dialer.dial(stream.host, stream.port, end.signal);
      if (stream.destroyed) {
        socket.resetAndDestroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      stream.accept(addressOf(socket));
      splice(stream, socket);
    } catch (error) {
      this.#refuse(stream, error);
    }
  }

  /** Ends all connections. */
  close(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #refuse(stream: TunnelStream, error: unknown): void {
    const isRefusal = error instanceof TunnelRefused;
    if (!isRefusal) report('failed to open a connection', { reason: messageOf(error) });
    if (stream.destroyed) return;
    const { code, message } = isRefusal
      ? error
      : { code: 'unreachable' as const, message: 'the tunnel function failed: see its log group' };
    this.#refusals.add({ ...loggedHost(stream.host), port: stream.port, code });
    stream.refuse(code, message);
  }
}

/** A host that is not one is left out: it may be anything. */
function loggedHost(text: string): { readonly host?: string } {
  const host = hostOf(text);
  if (host === undefined) return {};
  return { host: host.kind === 'name' ? host.name : host.address };
}

function addressOf({ remoteAddress = '', remotePort }: Socket): string {
  return `${remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
}
