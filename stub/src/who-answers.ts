// [1] Who answers one invocation, decided here and nowhere else: a client whose filter matches the event, the newest first; the
// client that serves the function; the one that serves the stage. If none of them can, the deployed code or an error.
import type { ClientItem, ServingClients } from '../../protocol/directory.ts';
import type { EventFilter, EventToMatch } from '../../protocol/event-filter.ts';
import { messageOf } from '../../protocol/live-debug-error.ts';
import { RecentMap } from '../../protocol/recent-map.ts';
import type { Batch } from './batch/split-batch.ts';
import type { Client, ClientDirectory } from './client-directory.ts';
import { loadFilters, loadSplitBatch } from './load-filters.ts';
import { report } from './report.ts';

/** The longest wait for a client with a filter that may be reconnecting: the remaining time is left to the deployed code. */
const filteredGraceMs = 300;

/** Filters by their text in the client's item; null if invalid. */
const compiled = new RecentMap<EventFilter | null>(200);

export class WhoAnswers {
  readonly #directory: ClientDirectory;
  readonly #event: Uint8Array;
  readonly #skipsGone: boolean;
  #toMatch: EventToMatch | undefined;
  #isLooked = false;
  /** The reading that `#chosen` comes from: the clients that may answer, in order. */
  #chosenOf: ServingClients | undefined;
  #chosen: readonly ClientItem[] = [];

  /** `skipsGone`: a connection that is known to be gone is never chosen again. */
  constructor(directory: ClientDirectory, event: Uint8Array, skipsGone: boolean) {
    this.#directory = directory;
    this.#event = event;
    this.#skipsGone = skipsGone;
  }

  /**
   * A batch whose records belong to several, by a look-up that the caller has just made; undefined if it goes whole. `sources`: those
   * whose event source mapping takes partial failures. Each part is an invocation: its own `WhoAnswers` finds its client.
   */
  async batch(sources: string): Promise<Batch | undefined> {
    this.#isLooked = true;
    const filtered = (this.#directory.serving?.filtered ?? []).filter((item) => !this.#isKnownGone(item));
    if (filtered.length === 0) return undefined;
    const [{ splitBatch }, { compileFilter, event }] = await Promise.all([loadSplitBatch(), this.#matcher()]);
    const filters = filtered.map((item) => filterOf(item, compileFilter) ?? (() => false));
    return splitBatch(this.#event, sources, () => event.owners(filters));
  }

  /** The first client in order, by a look-up that is recent enough. Rejects with LD_DIRECTORY if nothing is known yet. */
  async current(): Promise<Client | undefined> {
    if (!this.#isLooked) await this.#directory.look();
    return this.known();
  }

  /** The same, by a look-up that the caller has just made. */
  known(): Promise<Client | undefined> {
    this.#isLooked = true;
    return this.#first();
  }

  /**
   * Reads the table again. Gives the first client in order whose connection is not in `gone`; undefined if nobody has a live
   * lease, or if one that may be reconnecting comes first, see {@link isAwaited}. Rejects with LD_DIRECTORY.
   */
  async refresh(gone?: ReadonlySet<string>, graceMs?: number): Promise<Client | undefined> {
    await this.#directory.readAgain();
    return this.#first(gone, graceMs);
  }

  /** Reads the table again. Gives the client with this key, if it still serves. Rejects with LD_DIRECTORY. */
  async again(publicKey: string): Promise<Client | undefined> {
    await this.#directory.readAgain();
    const item = (await this.#choose()).find((each) => each.publicKey === publicKey);
    return item && this.#directory.client(item);
  }

  /** Whether a client with a live lease lost its connection less than `graceMs` ago: a new one may come. */
  isAwaited(graceMs: number): boolean {
    return this.#chosen.some((item) => this.#directory.goneFor(item.connectionId) < graceOf(item, graceMs));
  }

  /** The client with the lease at the last reading, connected or not. */
  get holder(): ClientItem | undefined {
    return this.#chosen[0];
  }

  /** The connections of all clients that want the invocation at the last reading, connected or not. */
  get wanting(): readonly string[] {
    return this.#chosen.map(({ connectionId }) => connectionId);
  }

  /** Records that the relay reported this connection as gone. */
  lose(connectionId: string): void {
    this.#directory.lose(connectionId);
  }

  /** Makes the next look-up read the table. */
  forget(): void {
    this.#directory.forget();
  }

  async #first(gone?: ReadonlySet<string>, graceMs = 0): Promise<Client | undefined> {
    for (const item of await this.#choose()) {
      if (!this.#isKnownGone(item) && !gone?.has(item.connectionId)) return this.#directory.client(item);
      if (this.#directory.goneFor(item.connectionId) < graceOf(item, graceMs)) break;
    }
    return undefined;
  }

  #isKnownGone({ connectionId }: ClientItem): boolean {
    return this.#skipsGone && this.#directory.goneFor(connectionId) >= 0;
  }

  async #choose(): Promise<readonly ClientItem[]> {
    const { serving } = this.#directory;
    if (serving !== this.#chosenOf || serving === undefined) {
      const { filtered, unfiltered } = serving ?? { filtered: [], unfiltered: [] };
      const matching = filtered.length > 0 ? await this.#matching(filtered) : [];
      this.#chosen = [...matching, ...unfiltered];
      this.#chosenOf = serving;
    }
    return this.#chosen;
  }

  async #matcher() {
    const { compileFilter, EventToMatch } = await loadFilters();
    this.#toMatch ??= new EventToMatch(this.#event);
    return { compileFilter, event: this.#toMatch };
  }

  async #matching(filtered: readonly ClientItem[]): Promise<readonly ClientItem[]> {
    const { compileFilter, event } = await this.#matcher();
    return filtered.filter((item) => {
      const filter = filterOf(item, compileFilter);
      return filter !== null && event.matches(filter);
    });
  }
}

function graceOf({ filter }: ClientItem, graceMs: number): number {
  return filter === undefined ? graceMs : Math.min(graceMs, filteredGraceMs);
}

/** An invalid filter, e.g. of a later version, matches nothing; that is logged once. */
export function filterOf(
  { filter: text = '', host, user }: ClientItem,
  compile: (text: string) => EventFilter,
): EventFilter | null {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  let filter: EventFilter | null = null;
  try {
    filter = compile(text);
  } catch (error) {
    report('a filter is invalid and matches nothing', { user, host, why: messageOf(error) });
  }
  compiled.set(text, filter);
  return filter;
}
