// Every request that reaches the Region, and who sent it: what an invocation costs is counted, not assumed.
import type { IncomingMessage } from 'node:http';
import { addresses } from './places.ts';

export interface Entry {
  /** The time of `performance.now()` at which the request's head had arrived. */
  readonly at: number;
  readonly from: 'laptop' | 'stub';
  /** A post to `@connections`, a call of the directory, a WebSocket's handshake, or anything else. */
  readonly kind: 'post' | 'directory' | 'connect' | 'other';
  /** Length of the body, as the head announces it. */
  readonly bytes: number;
}

/** API Gateway meters messages in steps of 32 KB, in either direction ("Amazon API Gateway pricing"). */
const meteredBytes = 32 * 1024;

export class Ledger {
  #entries: Entry[] = [];

  /** Records a request. */
  add(request: IncomingMessage): void {
    this.#entries.push({
      at: performance.now(),
      // A dual-stack server would see ::ffff:10.77.0.2.
      from: request.socket.remoteAddress?.endsWith(addresses.laptop) ? 'laptop' : 'stub',
      kind: kindOf(request),
      bytes: Number(request.headers['content-length'] ?? 0),
    });
  }

  /** All entries since the last call. */
  take(): readonly Entry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }
}

function kindOf({ headers, method, url = '' }: IncomingMessage): Entry['kind'] {
  if (headers.upgrade !== undefined) return 'connect';
  if (url.includes('/@connections/')) return method === 'POST' ? 'post' : 'other';
  return headers['x-amz-target']?.toString().startsWith('DynamoDB') ? 'directory' : 'other';
}

/** How many messages API Gateway charges for these posts: each is one per 32 KB begun. */
export function meteredMessages(entries: readonly Entry[]): number {
  return entries
    .filter(({ kind }) => kind === 'post')
    .reduce((sum, { bytes }) => sum + Math.max(1, Math.ceil(bytes / meteredBytes)), 0);
}
