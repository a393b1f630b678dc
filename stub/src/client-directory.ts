// [1] Who serves this function, and the sealed channel to it: looked up once, kept while it answers.
import type { Clock } from '../../protocol/clock.ts';
import { type ClientItem, type Directory, provesSenders, servingClient } from '../../protocol/directory.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { type Channel, channelToClient } from '../../protocol/sealing.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import { report } from './report.ts';

/** A client with a live lease, and this stub instance's channel to it. */
export interface Client {
  readonly item: ClientItem;
  readonly channel: Channel;
}

export interface ClientDirectoryOptions {
  readonly directory: Directory;
  readonly stage: string;
  readonly functionName: string;
  /** What this stub proves itself with. */
  readonly secret: StageSecret;
  readonly clock: Clock;
}

/** A stage changes hands between a few clients. */
const keptChannels = 8;

/** A look-up older than this is renewed before it decides: somebody may serve this function alone by now. */
const renewAfterMs = 2000;
/** DynamoDB answers within a few milliseconds; an invocation waits for it no longer than this. */
const renewBoundMs = 100;

/** Caches the directory's answer for a warm stub; one key agreement per client key. */
export class ClientDirectory {
  readonly #options: ClientDirectoryOptions;
  /** By public key, the least recently used first; a conversation must not change its keys. */
  readonly #channels = new Map<string, Promise<Channel>>();
  #client: Client | undefined;
  /** When the reading that gave it began. */
  #readAt = 0;
  #reading: Promise<Client | undefined> | undefined;
  /** Readings begun, and the number of the newest that has ended. */
  #reads = 0;
  #newest = 0;

  constructor(options: ClientDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Who serves, as the table said within the last two seconds; else it is read again, and the look-up before decides
   * where the table is slow or can't be reached. Calls that meet share one reading. Rejects with LD_DIRECTORY where
   * nothing is known yet.
   */
  async current(): Promise<Client | undefined> {
    if (this.#client === undefined) return this.refresh();
    const { clock } = this.#options;
    if (clock.now() - this.#readAt <= renewAfterMs) return this.#client;
    const known = this.#client;
    const read = (this.#reading ?? this.refresh()).catch(() => known);
    return new Promise((resolve) => {
      const timer = clock.after(renewBoundMs, () => resolve(known));
      void read.then((client) => {
        timer.cancel();
        resolve(client);
      });
    });
  }

  /** Reads the table again; undefined when nobody has a live lease. Rejects with LD_DIRECTORY. */
  refresh(): Promise<Client | undefined> {
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<Client | undefined> {
    const { directory, stage, functionName, clock } = this.#options;
    this.#reads += 1;
    const number = this.#reads;
    const startedAt = clock.now();
    const item = servingClient(await directory.clients(stage), functionName, clock.now());
    const client = item && { item, channel: await this.#channel(item) };
    // One that was overtaken by a later reading knows less.
    if (number < this.#newest) return this.#client;
    this.#newest = number;
    this.#readAt = startedAt;
    this.#client = client;
    return client;
  }

  /** The next call of `current` reads the table. */
  forget(): void {
    this.#client = undefined;
  }

  #channel(item: ClientItem): Promise<Channel> {
    const { publicKey } = item;
    const channel = this.#channels.get(publicKey) ?? agree(item, this.#options);
    this.#channels.delete(publicKey);
    this.#channels.set(publicKey, channel);
    const [oldest] = this.#channels.size > keptChannels ? this.#channels.keys() : [];
    if (oldest !== undefined) this.#channels.delete(oldest);
    return channel;
  }
}

/**
 * A client of livectl 0.1 wouldn't understand the proof. For that one the agreement is as it was then: its key is from the
 * table, where only developers write (docs/protocol.md, "Who sends").
 */
async function agree(
  item: ClientItem,
  { stage, secret }: Pick<ClientDirectoryOptions, 'stage' | 'secret'>,
): Promise<Channel> {
  const { host, publicKey, user, version } = item;
  const proves = provesSenders(item);
  if (!proves)
    report('sealing without the stage’s secret, which this livectl does not know', { user, host, version });
  try {
    return await channelToClient(publicKey, stage, proves ? secret : undefined);
  } catch (cause) {
    const message = `the public key of ${user} on ${host} in item ${item.item} is no key`;
    throw new LiveDebugError('LD_DIRECTORY', message, { cause, remedy: 'restart livectl serve there' });
  }
}
