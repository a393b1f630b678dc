// A link's posts: seals each batch, and posts it to wherever the other end can be reached now.
import type { Clock } from '../clock.ts';
import type { PostOutcome, RelayPoster } from '../relay-post.ts';
import type { TunnelEnvelope } from './envelope.ts';
import { resumeWithinMs } from './limits.ts';

/** API Gateway counts a message for each 32 KB begun (docs/platform-notes.md). */
const meteredBytes = 32 * 1024;

export interface TunnelPosterOptions {
  readonly poster: Pick<RelayPoster, 'post'>;
  readonly envelope: Pick<TunnelEnvelope, 'seal'>;
  readonly clock: Clock;
  /** The other end's connection, as far as it is known. */
  readonly connectionId?: string;
  /**
   * The connection is gone (410): looks up where the other end is now. The function reads its item of the directory. Called once
   * at a time; may reject.
   */
  readonly onGone?: () => Promise<string | undefined>;
}

/** Use {@link post} as the `post` of a `TunnelLink`, and {@link connectionId} with its `onPeer`. */
export class TunnelPoster {
  /** Where the other end is reached. */
  connectionId: string | undefined;
  readonly #options: TunnelPosterOptions;
  #lookUp: Promise<void> | undefined;
  #texts = 0;
  #bytes = 0;
  #metered = 0;

  constructor(options: TunnelPosterOptions) {
    this.#options = options;
    this.connectionId = options.connectionId;
  }

  /** What was posted: texts, their bytes, and messages as API Gateway counts them. */
  get stats(): { readonly texts: number; readonly bytes: number; readonly metered: number } {
    return { texts: this.#texts, bytes: this.#bytes, metered: this.#metered };
  }

  /** Never rejects. */
  readonly post = async (batch: Uint8Array): Promise<PostOutcome> => {
    const { clock, envelope, poster } = this.#options;
    const { connectionId } = this;
    if (connectionId === undefined) return { kind: 'gone' };
    const text = envelope.seal(batch);
    this.#texts += 1;
    this.#bytes += text.length;
    this.#metered += Math.ceil(text.length / meteredBytes);
    const outcome = await poster.post(connectionId, [text], clock.now() + resumeWithinMs);
    if (outcome.kind === 'gone' && this.connectionId === connectionId) await this.#find(connectionId);
    return outcome;
  };

  #find(gone: string): Promise<void> {
    const { onGone } = this.#options;
    if (onGone === undefined) return Promise.resolve();
    this.#lookUp ??= onGone()
      .then((found) => {
        if (found !== undefined && this.connectionId === gone) this.connectionId = found;
      })
      .catch(() => undefined)
      .finally(() => {
        this.#lookUp = undefined;
      });
    return this.#lookUp;
  }
}
