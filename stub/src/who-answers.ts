// [1] Who answers one invocation, decided here and nowhere else: a client whose filter matches the event, the newest first; the
// client that serves the function; the one that serves the stage. Where none of them can, the real code, or an error.
import type { ClientItem, ServingClients } from '../../protocol/directory.ts';
import type { EventFilter, EventToMatch } from '../../protocol/event-filter.ts';
import { messageOf } from '../../protocol/live-debug-error.ts';
import { RecentMap } from '../../protocol/recent-map.ts';
import type { Client, ClientDirectory } from './client-directory.ts';
import { loadFilters } from './load-filters.ts';
import { report } from './report.ts';

/** One with a filter that may be reconnecting is waited for no longer than this: the deployed code has the rest. */
const filteredGraceMs = 300;

/** By the text in the client's item; null for one that is invalid. */
const compiled = new RecentMap<EventFilter | null>(200);

export class WhoAnswers {
  readonly #directory: ClientDirectory;
  readonly #event: Uint8Array;
  readonly #skipsGone: boolean;
  #toMatch: EventToMatch | undefined;
  #isLooked = false;
  /** Of the reading that was looked at last: who may answer, in order. */
  #chosenOf: ServingClients | undefined;
  #chosen: readonly ClientItem[] = [];

  /** `skipsGone`: a connection that is gone is never the answer again. */
  constructor(directory: ClientDirectory, event: Uint8Array, skipsGone: boolean) {
    this.#directory = directory;
    this.#event = event;
    this.#skipsGone = skipsGone;
  }

  /** The first in order, by one look-up that is fresh enough. Rejects with LD_DIRECTORY where nothing is known yet. */
  async current(): Promise<Client | undefined> {
    if (!this.#isLooked) await this.#directory.look();
    return this.known();
  }

  /** The same by a look-up that was just made. */
  known(): Promise<Client | undefined> {
    this.#isLooked = true;
    return this.#first();
  }

  /**
   * Reads the table again. The first in order whose connection is not among those that are `gone`; undefined where
   * nobody has a live lease, or where one who may be reconnecting comes first, see {@link isAwaited}. Rejects with
   * LD_DIRECTORY.
   */
  async refresh(gone?: ReadonlySet<string>, graceMs?: number): Promise<Client | undefined> {
    await this.#directory.readAgain();
    return this.#first(gone, graceMs);
  }

  /** Reads the table again: the same process, where it still serves. Rejects with LD_DIRECTORY. */
  async again(publicKey: string): Promise<Client | undefined> {
    await this.#directory.readAgain();
    const item = (await this.#choose()).find((each) => each.publicKey === publicKey);
    return item && this.#directory.client(item);
  }

  /** Somebody with a live lease has no connection, and has had one within `graceMs`: a new one may come. */
  isAwaited(graceMs: number): boolean {
    return this.#chosen.some((item) => this.#directory.goneFor(item.connectionId) < graceOf(item, graceMs));
  }

  /** Who has the lease, connected or not, at the last reading. */
  get holder(): ClientItem | undefined {
    return this.#chosen[0];
  }

  /** Connections of everyone who wants the invocation, connected or not, at the last reading. */
  get wanting(): readonly string[] {
    return this.#chosen.map(({ connectionId }) => connectionId);
  }

  /** The relay says that this connection is gone. */
  lose(connectionId: string): void {
    this.#directory.lose(connectionId);
  }

  /** The next look-up reads the table. */
  forget(): void {
    this.#directory.forget();
  }

  async #first(gone?: ReadonlySet<string>, graceMs = 0): Promise<Client | undefined> {
    for (const item of await this.#choose()) {
      const goneFor = this.#directory.goneFor(item.connectionId);
      const isKnownGone = this.#skipsGone && goneFor >= 0;
      if (!isKnownGone && !gone?.has(item.connectionId)) return this.#directory.client(item);
      if (goneFor < graceOf(item, graceMs)) break;
    }
    return undefined;
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

  async #matching(filtered: readonly ClientItem[]): Promise<readonly ClientItem[]> {
    const { compileFilter, EventToMatch } = await loadFilters();
    const event = this.#toMatch ?? new EventToMatch(this.#event);
    this.#toMatch = event;
    return filtered.filter((item) => {
      const filter = filterOf(item, compileFilter);
      return filter !== null && event.matches(filter);
    });
  }
}

function graceOf({ filter }: ClientItem, graceMs: number): number {
  return filter === undefined ? graceMs : Math.min(graceMs, filteredGraceMs);
}

/** A filter that is invalid, e.g. of a later version, wants nothing, and the log says so once. */
function filterOf(
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
