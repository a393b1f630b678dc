// [3] Who sent a chunk: a sender with the stage's secret, one without it, or one whose chunks don't open.
import type { Clock } from '../../../protocol/clock.ts';
import { RecentMap } from '../../../protocol/recent-map.ts';
import { type Channel, type ClientKeys, channelFromSender } from '../../../protocol/sealing.ts';
import type { StageSecret } from '../../../protocol/stage-secret.ts';
import type { SealedChunk } from '../../../protocol/wire.ts';
import type { StageSecrets } from './stage-secrets.ts';

/** A chunk that was opened, or in a few words why not; undefined for one that another chunk of its message stands for. */
type Opened =
  | {
      readonly chunk: Buffer;
      readonly channel: Channel;
      /** The stage has a secret and the sender did not use it: its messages must not be acted on. */
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

/** Senders are stub instances; each costs two keys. */
const keptChannels = 512;

/** Senders of which nothing has opened yet: anybody can name any number of them, and must not displace the others. */
const keptCandidates = 128;

/**
 * Chunks of senders whose keys are being agreed on, in bytes. Each counts 16 KB more, since it may cost an agreement of
 * some milliseconds: 2,000 at once at most.
 */
const maxNewBytes = 32 * 1024 * 1024;
const newOverheadBytes = 16 * 1024;

/** Chunks that wait for the directory to be read: each holds up to 127 KB. */
const maxWaiting = 64;

/** Key agreements per second with senders that don't have the secret, and answers to them; a stub of module 0.1 sends few. */
const unprovenPerSecond = 10;

export class Senders {
  readonly #options: SendersOptions;
  /** By secret and encapsulated key. */
  readonly #proven = new RecentMap<Channel>(keptChannels);
  // A promise per sender, so that chunks arriving together share one key agreement.
  readonly #candidates = new RecentMap<Promise<Channel | undefined>>(keptCandidates);
  #waiting = 0;
  #newBytes = 0;
  #unproven = { second: 0, count: 0 };

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** Opens a chunk by its sender's channel. Never rejects. */
  async open({ header, headerText, sealed }: SealedChunk): Promise<Opened> {
    const { enc, psk, type } = header;
    if (enc === undefined) return `${type} without a sender's key`;
    const { secrets } = this.#options;
    const secret = psk === undefined ? undefined : await this.#secret(psk);
    if (psk !== undefined && secret === undefined) {
      return `${type} sealed with a secret that this stage does not have; if it goes on, terraform apply`;
    }
    const isUnproven = psk === undefined && secrets.current !== undefined;
    // An invocation's first chunk is all that an answer needs; nothing else is worth a key agreement.
    if (isUnproven && (type !== 'invoke' || header.seq > 0)) {
      return type === 'invoke' ? undefined : `${type} of a sender that does not prove itself`;
    }
    if (isUnproven && !this.#mayAgree()) return `${type} of a sender that does not prove itself, one of many`;
    const bytes = this.#proven.has(nameOf(enc, secret?.id)) ? 0 : sealed.length + newOverheadBytes;
    if (bytes > 0 && this.#newBytes + bytes > maxNewBytes) return `${type} of a new sender, one of too many`;
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

  /** The secret with this id; an unknown one may be new, so the directory is read. */
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
    // Not kept: it gets one answer.
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
