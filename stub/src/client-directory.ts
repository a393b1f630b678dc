// [1] Who serves this function, and the sealed channel to it: looked up once, kept while it answers.
import type { Clock } from '../../protocol/clock.ts';
import {
  type ClientItem,
  capabilitiesOf,
  type Directory,
  provesSenders,
  servingClients,
} from '../../protocol/directory.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { RecentMap } from '../../protocol/recent-map.ts';
import { type Channel, channelToClient } from '../../protocol/sealing.ts';
import type { StageSecret } from '../../protocol/stage-secret.ts';
import { within } from '../../protocol/within.ts';
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
  readonly nobodyForMs?: number;
  /** A connection that is gone is never the answer again. */
  readonly skipsGone?: boolean;
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
  /** Who may serve, in order, at the last reading; undefined before it and once forgotten. */
  #serving: readonly ClientItem[] | undefined;
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
   * Who serves, as the table said within the last two seconds; else it is read again, and the look-up before decides
   * where the table is slow or can't be reached. Calls that meet share one reading. Rejects with LD_DIRECTORY where
   * nothing is known yet.
   */
  async current(): Promise<Client | undefined> {
    const { clock, nobodyForMs = -1 } = this.#options;
    if (!this.#serving?.length) {
      return this.#serving && clock.now() - this.#readAt <= nobodyForMs ? undefined : this.refresh();
    }
    if (clock.now() - this.#readAt > renewAfterMs) {
      const reading = this.#reading ?? this.#readAgain();
      // A table that is silent is waited for once.
      if (reading !== this.#late) await within(clock, renewBoundMs, reading).catch(() => undefined);
      this.#late = this.#reading;
    }
    return this.#first();
  }

  /**
   * Reads the table again. The first in order whose connection is not among those that are `gone`; undefined where
   * nobody has a live lease, or where one who may be reconnecting comes first, see {@link isAwaited}. Rejects with
   * LD_DIRECTORY.
   */
  async refresh(gone?: ReadonlySet<string>, graceMs?: number): Promise<Client | undefined> {
    await this.#readAgain();
    return this.#first(gone, graceMs);
  }

  /** The relay says that this connection is gone. */
  lose(connectionId: string): void {
    if (!this.#goneSince.has(connectionId)) this.#goneSince.set(connectionId, this.#options.clock.now());
  }

  /** Somebody with a live lease has no connection, and has had one within `graceMs`: a new one may come. */
  isAwaited(graceMs: number): boolean {
    return !!this.#serving?.some(({ connectionId }) => this.#goneFor(connectionId) < graceMs);
  }

  /** Who has the lease, connected or not, at the last reading. */
  get holder(): ClientItem | undefined {
    return this.#serving?.[0];
  }

  /** NaN for a connection that is not gone as far as is known. */
  #goneFor(connectionId: string): number {
    return this.#options.clock.now() - (this.#goneSince.get(connectionId) ?? Number.NaN);
  }

  async #first(gone?: ReadonlySet<string>, graceMs = 0): Promise<Client | undefined> {
    for (const item of this.#serving ?? []) {
      const isKnownGone = this.#options.skipsGone && this.#goneSince.has(item.connectionId);
      if (!isKnownGone && !gone?.has(item.connectionId)) return { item, channel: await this.#channel(item) };
      if (this.#goneFor(item.connectionId) < graceMs) break;
    }
    return undefined;
  }

  #readAgain(): Promise<void> {
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
      if (!serving.some(({ connectionId }) => connectionId === id)) this.#goneSince.delete(id);
  }

  /** The next call of `current` reads the table. */
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
