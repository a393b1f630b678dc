// [1] Who serves this function, and the sealed channel to it: looked up once, kept while it answers.
import type { Clock } from '../../protocol/clock.ts';
import { type ClientItem, type Directory, servingClient } from '../../protocol/directory.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { type Channel, channelToClient } from '../../protocol/sealing.ts';

/** A client with a live lease, and this stub instance's channel to it. */
export interface Client {
  readonly item: ClientItem;
  readonly channel: Channel;
}

export interface ClientDirectoryOptions {
  readonly directory: Directory;
  readonly stage: string;
  readonly functionName: string;
  readonly clock: Clock;
}

/** A stage changes hands between a few clients. */
const keptChannels = 8;

/** A stub that is called all the time reads the table four times a minute. */
const rereadAfterMs = 15_000;

/** Caches the directory's answer for a warm stub; one key agreement per client key. */
export class ClientDirectory {
  readonly #options: ClientDirectoryOptions;
  /** By public key, the least recently used first; a conversation must not change its keys. */
  readonly #channels = new Map<string, Promise<Channel>>();
  #client: Client | undefined;
  #readAt = 0;

  constructor(options: ClientDirectoryOptions) {
    this.#options = options;
  }

  /**
   * The cached client, however old its lease: a post tells at no cost whether it is still there. Beside that post
   * the table is read again when it was last read a while ago, since somebody may have taken this function alone.
   */
  async current(): Promise<Client | undefined> {
    if (this.#client === undefined) return this.refresh();
    if (this.#options.clock.now() - this.#readAt > rereadAfterMs) void this.refresh().catch(() => undefined);
    return this.#client;
  }

  /** Reads the table again; undefined when nobody has a live lease. Rejects with LD_DIRECTORY. */
  async refresh(): Promise<Client | undefined> {
    const { directory, stage, functionName, clock } = this.#options;
    this.#readAt = clock.now();
    const item = servingClient(await directory.clients(stage), functionName, clock.now());
    this.#client = item && { item, channel: await this.#channel(item) };
    return this.#client;
  }

  /** The next call of `current` reads the table. */
  forget(): void {
    this.#client = undefined;
  }

  #channel(item: ClientItem): Promise<Channel> {
    const { publicKey } = item;
    const channel = this.#channels.get(publicKey) ?? agree(item, this.#options.stage);
    this.#channels.delete(publicKey);
    this.#channels.set(publicKey, channel);
    const [oldest] = this.#channels.size > keptChannels ? this.#channels.keys() : [];
    if (oldest !== undefined) this.#channels.delete(oldest);
    return channel;
  }
}

async function agree(item: ClientItem, stage: string): Promise<Channel> {
  try {
    return await channelToClient(item.publicKey, stage);
  } catch (cause) {
    const message = `the public key of ${item.user} on ${item.host} in item ${item.item} is no key`;
    throw new LiveDebugError('LD_DIRECTORY', message, { cause, remedy: 'restart livectl serve there' });
  }
}
