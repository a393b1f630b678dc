// [4] Other clients of the stage are informed that the directory has changed: they look who serves what.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';
import { type ClientItem, provesSenders } from '../../../protocol/directory.ts';
import { channelToClient } from '../../../protocol/sealing.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import type { StageSecrets } from '../relay/stage-secrets.ts';

interface NewsToPeersOptions {
  readonly link: Pick<RelayLink, 'postToClient'>;
  readonly stage: string;
  /** What this client proves itself with. */
  readonly secrets: StageSecrets;
  /** Who sends it. */
  readonly by: { readonly user: string; readonly host: string };
  readonly clock: Clock;
}

/** How long sending it is tried. */
const postMs = 5000;

export class NewsToPeers {
  readonly #options: NewsToPeersOptions;

  constructor(options: NewsToPeersOptions) {
    this.#options = options;
  }

  /** Resolves when it is sent. One that can't be reached finds out at its next renewal. Never rejects. */
  async send(peers: readonly ClientItem[]): Promise<void> {
    await Promise.allSettled(peers.map((peer) => this.#send(peer)));
  }

  async #send(peer: ClientItem): Promise<void> {
    const { by, clock, link, secrets, stage } = this.#options;
    const { connectionId, publicKey } = peer;
    // livectl 0.1 wouldn't understand the proof, and only looks who serves.
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
