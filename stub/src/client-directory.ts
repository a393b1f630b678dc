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

/** Caches the directory's answer for a warm stub; one key agreement per client key. */
export class ClientDirectory {
  readonly #options: ClientDirectoryOptions;
  #client: Client | undefined;

  constructor(options: ClientDirectoryOptions) {
    this.#options = options;
  }

  /** The cached client, however old its lease: a post tells at no cost whether it is still there. */
  async current(): Promise<Client | undefined> {
    return this.#client ?? (await this.refresh());
  }

  /** Reads the table again; undefined when nobody has a live lease. Rejects with LD_DIRECTORY. */
  async refresh(): Promise<Client | undefined> {
    const { directory, stage, functionName, clock } = this.#options;
    const item = servingClient(await directory.clients(stage), functionName, clock.now());
    if (item === undefined) this.#client = undefined;
    else if (item.publicKey === this.#client?.item.publicKey)
      this.#client = { item, channel: this.#client.channel };
    else this.#client = { item, channel: await agree(item, stage) };
    return this.#client;
  }

  /** The next call of `current` reads the table. */
  forget(): void {
    this.#client = undefined;
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
