// [1] The messages of one invocation's conversation: numbered, sealed for the client, posted.
import type { Clock } from '../../protocol/clock.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import type { MessageHead } from '../../protocol/message.ts';
import type { Journey, RelayPoster } from '../../protocol/relay-post.ts';
import { encodeMessage } from '../../protocol/wire.ts';
import type { Client } from './client-directory.ts';

/** A message without what is the same for the whole conversation. */
export interface Sending<T extends 'invoke' | 'ack' | 'probe' | 'cancel'> {
  readonly type: T;
  readonly head: MessageHead<T>;
  readonly body?: Uint8Array;
}

const nothing = new Uint8Array(0);

export class Outgoing {
  readonly #poster: RelayPoster;
  readonly #clock: Clock;
  readonly #id: string;
  #attempt = 0;

  /** `id` is the conversation's. */
  constructor(poster: RelayPoster, clock: Clock, id: string) {
    this.#poster = poster;
    this.#clock = clock;
    this.#id = id;
  }

  /** Tries for `boundMs`. Rejects with LD_RELAY if the relay refuses it, LD_TOO_LARGE for an event of over 6 MB. */
  async post<T extends 'invoke' | 'ack' | 'probe' | 'cancel'>(
    { item, channel }: Client,
    sending: Sending<T>,
    boundMs: number,
    journey?: Journey & { texts: number },
  ): Promise<'delivered' | 'gone'> {
    this.#attempt += 1;
    const message = { body: nothing, ...sending, id: this.#id, attempt: this.#attempt };
    const untilMs = this.#clock.now() + boundMs;
    const texts = await encodeMessage(message, channel, true);
    if (journey) journey.texts = texts.length;
    const outcome = await this.#poster.post(item.connectionId, texts, untilMs, journey);
    if (outcome.kind !== 'failed') return outcome.kind;
    throw new LiveDebugError('LD_RELAY', `the relay did not take the ${sending.type}: ${outcome.reason}`, {
      remedy:
        'HTTP 403: check the stub role’s execute-api:ManageConnections; else the relay’s throttling and quotas',
    });
  }
}
