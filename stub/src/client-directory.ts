// [1] Who serves this function, and the sealed channel to it: looked up once, and kept while it answers.
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
  /** The secret by which this stub authenticates. */
  readonly secret: StageSecret;
  readonly clock: Clock;
  /** How long a look-up without a result is valid, in milliseconds; default: each look-up reads the table. */
  readonly nobodyForMs?: number | undefined;
  /** Nobody may serve: all clients are passed over but those that observe. */
  readonly observeOnly?: boolean | undefined;
  /** Factor for the time that a look-up is waited for; default 1. */
  readonly patience?: number | undefined;
}

/** A stage moves between a few clients, and ten may observe. */
const keptChannels = 20;

/** An older look-up is renewed before it is used: somebody may serve this function alone by now. */
const renewAfterMs = 2000;
/** DynamoDB answers within a few milliseconds; an invocation waits no longer than this. */
const renewBoundMs = 100;

/** Caches the directory's answer for a warm stub; one key agreement per client key. */
export class ClientDirectory {
  readonly #options: ClientDirectoryOptions;
  /** By public key; a conversation must not change its keys. */
  readonly #channels = new RecentMap<Promise<Channel>>(keptChannels);
  /** Who may serve according to the last read; undefined before it and after `forget`. */
  #serving: ServingClients | undefined;
  /** Connections of theirs that the relay reported as gone, and since when. */
  readonly #goneSince = new Map<string, number>();
  /** When the last read began. */
  #readAt = 0;
  #reading: Promise<void> | undefined;
  /** A read that took longer than an invocation waits. */
  #late: Promise<void> | undefined;
  /** Number of reads begun, and the number of the newest that has ended. */
  #reads = 0;
  #newest = 0;

  constructor(options: ClientDirectoryOptions) {
    this.#options = options;
  }

  /**
   * Whether anyone serves, according to the table within the last two seconds; otherwise reads it again. If the table is slow or
   * unreachable, the previous look-up decides. Concurrent calls share one read. Rejects with LD_DIRECTORY if nothing is known yet.
   */
  async look(): Promise<boolean> {
    const { clock, nobodyForMs = -1, patience = 1 } = this.#options;
    if (!this.#isServed()) {
      if (this.#serving && clock.now() - this.#readAt <= nobodyForMs) return false;
      await this.readAgain();
    } else if (clock.now() - this.#readAt > renewAfterMs) {
      const reading = this.#reading ?? this.readAgain();
      // A silent table is waited for only once.
      if (reading !== this.#late)
        await within(clock, renewBoundMs * patience, reading).catch(() => undefined);
      this.#late = this.#reading;
    }
    return this.#isServed();
  }

  /** Prepares what an invocation would wait for, as far as known. Rejects with LD_DIRECTORY for an invalid key. */
  async prepare(): Promise<void> {
    const { filtered = [], unfiltered = [] } = this.#serving ?? {};
    const [first = filtered[0]] = unfiltered;
    await Promise.all([first && this.client(first), filtered.length > 0 && loadFilters()]);
  }

  /** Who may serve according to the last read; undefined before it and after `forget`. */
  get serving(): ServingClients | undefined {
    return this.#serving;
  }

  /** The relay reported that this connection is gone. */
  lose(connectionId: string): void {
    if (!this.#goneSince.has(connectionId)) this.#goneSince.set(connectionId, this.#options.clock.now());
  }

  /** How long a connection has been gone, in milliseconds; NaN for one that is not known to be gone. */
  goneFor(connectionId: string): number {
    return this.#options.clock.now() - (this.#goneSince.get(connectionId) ?? Number.NaN);
  }

  /** Adds this instance's channel. Rejects with LD_DIRECTORY for an invalid key. */
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
    const { directory, stage, functionName, clock, observeOnly } = this.#options;
    this.#reads += 1;
    const number = this.#reads;
    const startedAt = clock.now();
    const found = servingClients(await directory.clients(stage), functionName, clock.now());
    const serving = observeOnly ? { ...found, filtered: [], unfiltered: [] } : found;
    // A read that was overtaken by a later one is outdated.
    if (number < this.#newest) return;
    this.#newest = number;
    this.#readAt = startedAt;
    this.#serving = serving;
    for (const id of this.#goneSince.keys())
      if (
        !Object.values(found)
          .flat()
          .some(({ connectionId }) => connectionId === id)
      )
        this.#goneSince.delete(id);
  }

  /** Makes the next look-up read the table. */
  forget(): void {
    this.#serving = undefined;
  }

  async #channel(item: ClientItem): Promise<Channel> {
    const { publicKey } = item;
    const agreed = this.#channels.get(publicKey) ?? agree(item, this.#options);
    this.#channels.set(publicKey, agreed);
    const channel = await agreed;
    // A client lists further capabilities once it knows its relay.
    channel.understands = capabilitiesOf(item);
    return channel;
  }
}

/**
 * A client of livectl 0.1 would not understand the authentication. For that one the key agreement is as it was then: its key is
 * from the table, where only developers write (docs/protocol.md, "Who sends").
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
    const message = `the public key of ${user} on ${host} in item ${item.item} is invalid`;
    throw new LiveDebugError('LD_DIRECTORY', message, { cause, remedy: 'restart livectl serve there' });
  }
}
