// [3] Which functions of a served stage others hold, read from the directory; a function's own item takes precedence.
import type { Clock } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientItemPrefix,
  type Directory,
  wholeStageItem,
} from '../../../protocol/directory.ts';

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

interface HoldersOptions {
  readonly directory: Pick<Directory, 'clients'>;
  readonly stage: string;
  /** The random id of this process. */
  readonly session: string;
  /** Names of the served functions. */
  readonly functions: readonly string[];
  /** Whether the whole stage is served: only then can others hold functions of it. */
  readonly isWholeStage: boolean;
  readonly clock: Clock;
  readonly onChange: (change: HolderChange) => void;
}

/** The directory's content as of the last read. */
export class Holders {
  readonly #options: HoldersOptions;
  readonly #others = new Map<string, ClientItem>();
  #ofTheRest: ClientItem | undefined;
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

  /** Clients that serve another part of this stage, each connection once. */
  get neighbours(): readonly ClientItem[] {
    const all = [...this.#others.values(), ...(this.#ofTheRest ? [this.#ofTheRest] : [])];
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
    const { clock, directory, functions, isWholeStage, onChange, session, stage } = this.#options;
    const clients = await directory.clients(stage);
    const now = clock.now();
    const others = clients.filter((client) => client.leaseUntil > now && client.session !== session);
    const isFirst = this.#isFirst;
    this.#isFirst = false;
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
}

function nameOf(client: ClientItem | undefined): HolderName | undefined {
  return client && { user: client.user, host: client.host };
}
