// [1] Who serves this function, and the sealed channel to it: looked up once, kept while it answers.
import type { Clock } from '../../protocol/clock.ts';
import {
  type ClientItem,
  capabilitiesOf,
  type Directory,
  provesSenders,
  type ServingClients,
  servingClients,
} from '../../protocol/directory.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { RecentMap } from '../../protocol/recent-map.ts';
import { type Channel, channelToClient } from '../../protocol/sealing.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import { within } from '../../protocol/within.ts';
import { loadFilters } from './load-filters.ts';
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
  /** So long nobody serves once that was read, milliseconds; default: each look-up reads. */
  readonly nobodyForMs?: number | undefined;
  /** A factor of how long a look-up is waited for; default 1. */
  readonly patience?: number | undefined;
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
  /** By public key; a conversation must not change its keys. */
  readonly #channels = new RecentMap<Promise<Channel>>(keptChannels);
  /** Who may serve at the last reading; undefined before it and once forgotten. */
  #serving: ServingClients | undefined;
  /** Of their connections, those that the relay said do not exist, and since when. */
  readonly #goneSince = new Map<string, number>();
  /** When the last reading began. */
  #readAt = 0;
  #reading: Promise<void> | undefined;
  /** A reading that has taken longer than an invocation waits for it. */
  #late: Promise<void> | undefined;
  /** Readings begun, and the number of the newest that has ended. */
  #reads = 0;
  #newest = 0;

  constructor(options: ClientDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Whether anyone serves, as the table said within the last two seconds; else it is read again, and the look-up before
   * decides where the table is slow or can't be reached. Calls that meet share one reading. Rejects with LD_DIRECTORY where
   * nothing is known yet.
   */
  async look(): Promise<boolean> {
    const { clock, nobodyForMs = -1, patience = 1 } = this.#options;
    if (!this.#isServed()) {
      if (this.#serving && clock.now() - this.#readAt <= nobodyForMs) return false;
      await this.readAgain();
    } else if (clock.now() - this.#readAt > renewAfterMs) {
      const reading = this.#reading ?? this.readAgain();
      // A table that is silent is waited for once.
      if (reading !== this.#late)
        await within(clock, renewBoundMs * patience, reading).catch(() => undefined);
      this.#late = this.#reading;
    }
    return this.#isServed();
  }

  /** Has ready what an invocation would wait for, by what is known. Rejects with LD_DIRECTORY for a key that is none. */
  async prepare(): Promise<void> {
    const { filtered = [], unfiltered = [] } = this.#serving ?? {};
    const [first = filtered[0]] = unfiltered;
    await Promise.all([first && this.client(first), filtered.length > 0 && loadFilters()]);
  }

  /** Who may serve at the last reading; undefined before it and once forgotten. */
  get serving(): ServingClients | undefined {
    return this.#serving;
  }

  /** The relay says that this connection is gone. */
  lose(connectionId: string): void {
    if (!this.#goneSince.has(connectionId)) this.#goneSince.set(connectionId, this.#options.clock.now());
  }

  /** For how long a connection has been gone, in milliseconds; NaN for one that is not gone as far as is known. */
  goneFor(connectionId: string): number {
    return this.#options.clock.now() - (this.#goneSince.get(connectionId) ?? Number.NaN);
  }

  /** With this instance's channel to it. Rejects with LD_DIRECTORY for a key that is none. */
  async client(item: ClientItem): Promise<Client> {
    return { item, channel: await this.#channel(item) };
  }

  #isServed(): boolean {
    const { filtered = [], unfiltered = [] } = this.#serving ?? {};
    return filtered.length + unfiltered.length > 0;
  }

  /** Rejects with LD_DIRECTORY. */
  readAgain(): Promise<void> {
    const reading = this.#read().finally(() => {
      if (this.#reading === reading) this.#reading = undefined;
    });
    this.#reading = reading;
    return reading;
  }

  async #read(): Promise<void> {
    const { directory, stage, functionName, clock } = this.#options;
    this.#reads += 1;
    const number = this.#reads;
    const startedAt = clock.now();
    const serving = servingClients(await directory.clients(stage), functionName, clock.now());
    // One that was overtaken by a later reading knows less.
    if (number < this.#newest) return;
    this.#newest = number;
    this.#readAt = startedAt;
    this.#serving = serving;
    for (const id of this.#goneSince.keys())
      if (![...serving.filtered, ...serving.unfiltered].some(({ connectionId }) => connectionId === id))
        this.#goneSince.delete(id);
  }

  /** The next look-up reads the table. */
  forget(): void {
    this.#serving = undefined;
  }

  async #channel(item: ClientItem): Promise<Channel> {
    const { publicKey } = item;
    const agreed = this.#channels.get(publicKey) ?? agree(item, this.#options);
    this.#channels.set(publicKey, agreed);
    const channel = await agreed;
    // A client says more of itself once it knows its relay.
    channel.understands = capabilitiesOf(item);
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
