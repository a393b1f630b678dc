// [4] Informs other clients of the stage that the directory has changed, so that they check who serves what.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';
import { type ClientItem, provesSenders } from '../../../protocol/directory.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import type { StageSecrets } from '../relay/stage-secrets.ts';

interface PeerNoticesOptions {
  readonly link: Pick<RelayLink, 'postToClient'>;
  readonly stage: string;
  /** The secrets by which this client authenticates. */
  readonly secrets: StageSecrets;
  /** The sender. */
  readonly by: { readonly user: string; readonly host: string };
  readonly clock: Clock;
}

/** How long a message is retried. */
const postMs = 5000;

export class PeerNotices {
  readonly #options: PeerNoticesOptions;

  constructor(options: PeerNoticesOptions) {
    this.#options = options;
  }

  /** Resolves when all are sent. A client that cannot be reached finds out at its next renewal. Never rejects. */
  async send(peers: readonly ClientItem[]): Promise<void> {
    await Promise.allSettled(peers.map((peer) => this.#send(peer)));
  }

  async #send(peer: ClientItem): Promise<void> {
    const { by, clock, link, secrets, stage } = this.#options;
    const { connectionId, publicKey } = peer;
    // livectl 0.1 would not understand the authentication, and only checks who serves.
    const channel = await channelToClient(
      publicKey,
      stage,
      provesSenders(peer) ? secrets.current : undefined,
    );
    const head = { by, at: clock.now() };
    const body = new Uint8Array(0);
    const message = { type: 'displaced', id: randomUUID(), attempt: 1, head, body } as const;
    await link.postToClient(connectionId, channel, message, clock.now() + postMs);
  }
}
