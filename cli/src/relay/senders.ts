// [3] Identifies the sender of a chunk: one with the stage's secret, one without it, or one whose chunks do not open.
import type { Clock } from '../../../protocol/clock.ts';
import { RecentMap } from '../../../protocol/recent-map.ts';
import { type Channel, type ClientKeys, channelFromSender } from '../../../protocol/sealing.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import type { SealedChunk } from '../../../protocol/wire.ts';
import type { StageSecrets } from './stage-secrets.ts';

/** An opened chunk, or a short reason why not; undefined if another chunk of the message is reported instead. */
type Opened =
  | {
      readonly chunk: Buffer;
      readonly channel: Channel;
      /** The stage has a secret that the sender did not use: its messages must not be acted on. */
      readonly isUnproven: boolean;
    }
  | string
  | undefined;

export interface SendersOptions {
  readonly keys: ClientKeys;
  readonly stage: string;
  readonly secrets: StageSecrets;
  readonly clock: Clock;
}

/** Senders are stub instances; each takes two keys. */
const keptChannels = 512;

/** Senders of which nothing has opened yet: anybody can invent any number of them, which must not displace the others. */
const keptCandidates = 128;

/**
 * Bytes of chunks whose sender's keys are being agreed on. Each chunk counts 16 KB more, since it may cost a key agreement of
 * some milliseconds: at most 2,000 at once.
 */
const maxNewBytes = 32 * 1024 * 1024;
const newOverheadBytes = 16 * 1024;

/** Chunks that wait for a read of the directory; each holds up to 127 KB. */
const maxWaiting = 64;

/** Key agreements per second with senders without the secret, and answers to them; a stub of module 0.1 needs few. */
const unprovenPerSecond = 10;

export class Senders {
  readonly #options: SendersOptions;
  /** By secret and encapsulated key. */
  readonly #proven = new RecentMap<Channel>(keptChannels);
  // One promise per sender, so that chunks that arrive together share a key agreement.
  readonly #candidates = new RecentMap<Promise<Channel | undefined>>(keptCandidates);
  #waiting = 0;
  #newBytes = 0;
  #unproven = { second: 0, count: 0 };

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** Opens a chunk with its sender's channel. Never rejects. */
  async open({ header, headerText, sealed }: SealedChunk): Promise<Opened> {
    const { enc, psk, type } = header;
    if (enc === undefined) return `${type} without a sender's key`;
    const { secrets } = this.#options;
    const secret = psk === undefined ? undefined : await this.#secret(psk);
    if (psk !== undefined && secret === undefined) {
      return `${type} sealed with a secret that this stage does not have; if it goes on, terraform apply`;
    }
    const isUnproven = psk === undefined && secrets.current !== undefined;
    // An answer needs only the invocation's first chunk; nothing else justifies a key agreement.
    if (isUnproven && (type !== 'invoke' || header.seq > 0)) {
      return type === 'invoke' ? undefined : `${type} of an unauthenticated sender`;
    }
    if (isUnproven && !this.#mayAgree()) return `${type} of an unauthenticated sender, one of many`;
    const bytes = this.#proven.has(nameOf(enc, secret?.id)) ? 0 : sealed.length + newOverheadBytes;
    if (bytes > 0 && this.#newBytes + bytes > maxNewBytes)
      return `${type} of a new sender, of which there are too many`;
    this.#newBytes += bytes;
    const channel = await this.#channel(enc, secret, isUnproven);
    this.#newBytes -= bytes;
    const chunk = channel?.open(headerText, sealed);
    if (channel === undefined || chunk === undefined) {
      return `${type} that does not open with this client's key`;
    }
    if (!isUnproven) this.#keep(channel);
    return { chunk, channel, isUnproven };
  }

  /** The secret with this id. An unknown one may be new, so the directory is read. */
  async #secret(id: string): Promise<StageSecret | undefined> {
    const { secrets } = this.#options;
    const known = secrets.find(id);
    if (known || this.#waiting >= maxWaiting) return known;
    this.#waiting += 1;
    await secrets.refresh();
    this.#waiting -= 1;
    return secrets.find(id);
  }

  #channel(enc: string, secret: StageSecret | undefined, isUnproven: boolean): Promise<Channel | undefined> {
    const { keys, stage } = this.#options;
    const agree = () => channelFromSender(keys, enc, stage, secret).catch(() => undefined);
    // Not cached, since it is answered once.
    if (isUnproven) return agree();
    const name = nameOf(enc, secret?.id);
    const proven = this.#proven.get(name);
    if (proven) return Promise.resolve(proven);
    const candidate = this.#candidates.get(name) ?? agree();
    this.#candidates.set(name, candidate);
    return candidate;
  }

  #keep(channel: Channel): void {
    const name = nameOf(channel.enc, channel.secretId);
    this.#candidates.delete(name);
    this.#proven.set(name, channel);
  }

  #mayAgree(): boolean {
    const second = Math.floor(this.#options.clock.now() / 1000);
    if (this.#unproven.second !== second) this.#unproven = { second, count: 0 };
    this.#unproven.count += 1;
    return this.#unproven.count <= unprovenPerSecond;
  }
}

function nameOf(enc: string, secretId: string | undefined): string {
  return `${secretId ?? ''} ${enc}`;
}
