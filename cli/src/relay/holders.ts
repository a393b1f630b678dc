// [3] Which functions of a served stage others hold, read from the directory; a function's own item takes precedence.
import type { Clock } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientItemPrefix,
  type Directory,
  observedBy,
  servedBy,
  wholeStageItem,
} from '../../../protocol/directory.ts';
import { onlyOf } from '../../../protocol/filter-words.ts';

/** A person who serves. */
export interface HolderName {
  readonly user: string;
  readonly host: string;
}

/** Who serves a function from now on; `by` is undefined if it is this process again. */
export interface HolderChange {
  /** Undefined for the rest of the stage, if this process serves only some functions; then `by` undefined means nobody. */
  readonly functionName: string | undefined;
  readonly by: HolderName | undefined;
}

/** Another client serves a part of what this one serves, by its filter, from now on or no longer. */
export interface FilterChange {
  readonly by: HolderName;
  /** Undefined for all of the stage. */
  readonly functionName: string | undefined;
  /** As its user wrote it. */
  readonly only: string;
  readonly state: 'present' | 'new' | 'gone';
}

/** Of other clients, in one reading. */
const mostFilters = 100;

interface HoldersOptions {
  readonly directory: Pick<Directory, 'clients'>;
  readonly stage: string;
  /** The random id of this process. */
  readonly session: string;
  /** Names of the served functions. */
  readonly functions: readonly string[];
  /** Whether the whole stage is served: only then can others hold functions of it. */
  readonly isWholeStage: boolean;
  /** Ids of its filters, where it serves only what matches one: that is its own, also of a function that another one serves. */
  readonly filterIds?: ReadonlySet<string> | undefined;
  readonly clock: Clock;
  readonly onChange: (change: HolderChange) => void;
  readonly onFilter?: (change: FilterChange) => void;
}

/** The directory's content as of the last read. */
export class Holders {
  readonly #options: HoldersOptions;
  readonly #others = new Map<string, ClientItem>();
  #ofTheRest: ClientItem | undefined;
  /** Of a process with filters: those who serve its functions without. */
  #unfiltered: readonly ClientItem[] = [];
  /** By session and item. */
  #filtered: ReadonlyMap<string, ClientItem> = new Map();
  /** The current or the last read; never rejects. */
  #reading: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #isFirst = true;

  constructor(options: HoldersOptions) {
    this.#options = options;
  }

  /** The other client that holds a function, as far as known. */
  of(functionName: string): HolderName | undefined {
    return this.#others.get(functionName);
  }

  /** All functions that others hold, in the order in which they are served. */
  get others(): ReadonlyMap<string, HolderName> {
    return new Map([...this.#others].map(([name, { user, host }]) => [name, { user, host }]));
  }

  /** The client of the rest of the stage, if this process serves only some functions of it. */
  get ofTheRest(): ClientItem | undefined {
    return this.#ofTheRest;
  }

  /** Who serves functions of a process with filters without one: what no filter matches. The names are of each client's functions. */
  get unfiltered(): readonly (HolderName & { readonly functions: readonly string[] })[] {
    const bySession = new Map<string, ClientItem[]>();
    for (const client of this.#unfiltered)
      bySession.set(client.session, [...(bySession.get(client.session) ?? []), client]);
    return [...bySession.values()].map(([first, ...others]) => ({
      user: first?.user ?? '',
      host: first?.host ?? '',
      functions: [first, ...others].flatMap((client) => (client ? [servedBy(client).functionName] : [])),
    }));
  }

  /** Clients that serve another part of this stage, each connection once. */
  get neighbours(): readonly ClientItem[] {
    const rest = this.#ofTheRest ? [this.#ofTheRest] : [];
    const all = [...this.#others.values(), ...rest, ...this.#unfiltered, ...this.#filtered.values()];
    return [...new Map(all.map((client) => [client.connectionId, client])).values()];
  }

  /** Reads the directory, and reports changes since the last read. Concurrent calls share one read. Rejects with LD_DIRECTORY. */
  read(): Promise<void> {
    // The current read may predate the change that the caller has learned of.
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      const reading = this.#read();
      this.#reading = reading.catch(() => undefined);
      return reading;
    });
    return this.#next;
  }

  async #read(): Promise<void> {
    const { clock, directory, filterIds, functions, isWholeStage, onChange, session, stage } = this.#options;
    const clients = (await directory.clients(stage)).filter((client) => observedBy(client) === undefined);
    const now = clock.now();
    const others = clients.filter((client) => client.leaseUntil > now && client.session !== session);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    this.#tellFilters(others, isFirst);
    if (filterIds) {
      this.#unfiltered = others.filter((client) => {
        const { filterId, functionName } = servedBy(client);
        return filterId === undefined && (functionName === '*' || functions.includes(functionName));
      });
      return;
    }
    if (!isWholeStage) {
      const before = this.#ofTheRest;
      this.#ofTheRest = others.find(({ item }) => item === wholeStageItem);
      if (before?.session === this.#ofTheRest?.session || isFirst) return;
      return onChange({ functionName: undefined, by: nameOf(this.#ofTheRest) });
    }
    for (const functionName of functions) {
      const before = this.#others.get(functionName);
      const holder = others.find(({ item }) => item === clientItemPrefix + functionName);
      if (holder === undefined) this.#others.delete(functionName);
      else this.#others.set(functionName, holder);
      if (before?.session === holder?.session || isFirst) continue;
      onChange({ functionName, by: nameOf(holder) });
    }
  }

  #tellFilters(others: readonly ClientItem[], isFirst: boolean): void {
    const { filterIds, functions, onFilter = () => undefined } = this.#options;
    const before = this.#filtered;
    this.#filtered = new Map(
      others
        .filter((client) => {
          const { filterId, functionName } = servedBy(client);
          // One with the same filter displaces, or is displaced.
          if (filterId === undefined || filterIds?.has(filterId)) return false;
          return functionName === '*' || functions.includes(functionName);
        })
        .slice(0, mostFilters)
        .map((client) => [`${client.session} ${client.item}`, client]),
    );
    const tell = (client: ClientItem, state: FilterChange['state']) => {
      const { functionName } = servedBy(client);
      const only = onlyOf(client);
      const name = functionName === '*' ? undefined : functionName;
      if (only !== undefined) onFilter({ by: nameOf(client), functionName: name, only, state });
    };
    for (const [key, client] of this.#filtered)
      if (!before.has(key)) tell(client, isFirst ? 'present' : 'new');
    for (const [key, client] of before) if (!this.#filtered.has(key)) tell(client, 'gone');
  }
}

function nameOf(client: ClientItem): HolderName;
function nameOf(client: ClientItem | undefined): HolderName | undefined;
function nameOf(client: ClientItem | undefined): HolderName | undefined {
  return client && { user: client.user, host: client.host };
}
