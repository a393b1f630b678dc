// [3] Which functions of a served stage others hold: read from the directory, where a function's own item comes first.
import type { Clock } from '../../../protocol/clock.ts';
import {
  type ClientItem,
  clientItemPrefix,
  type Directory,
  wholeStageItem,
} from '../../../protocol/directory.ts';

/** Somebody who serves. */
export interface HolderName {
  readonly user: string;
  readonly host: string;
}

/** Who serves a function from now on; `by` undefined where it is this process again. */
export interface HolderChange {
  readonly functionName: string;
  readonly by: HolderName | undefined;
}

export interface HoldersOptions {
  readonly directory: Pick<Directory, 'clients'>;
  readonly stage: string;
  /** The random id of this process. */
  readonly session: string;
  /** Names of the served functions. */
  readonly functions: readonly string[];
  /** The whole stage is served: only then may a function be another one's. */
  readonly isWholeStage: boolean;
  readonly clock: Clock;
  readonly onChange: (change: HolderChange) => void;
}

/** What the directory said when it was read last. */
export class Holders {
  readonly #options: HoldersOptions;
  readonly #others = new Map<string, ClientItem>();
  #ofTheRest: ClientItem | undefined;
  #reading: Promise<void> | undefined;
  #isFirst = true;

  constructor(options: HoldersOptions) {
    this.#options = options;
  }

  /** Who else holds a function, as far as is known. */
  of(functionName: string): HolderName | undefined {
    return this.#others.get(functionName);
  }

  /** All functions that others hold, in the order they are served in. */
  get others(): ReadonlyMap<string, HolderName> {
    return new Map([...this.#others].map(([name, { user, host }]) => [name, { user, host }]));
  }

  /** Who serves the rest of the stage, where this process serves some functions of it. */
  get ofTheRest(): ClientItem | undefined {
    return this.#ofTheRest;
  }

  /** Reads the directory; calls that meet share one reading. What changed since the last one is told. Rejects with LD_DIRECTORY. */
  read(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { clock, directory, functions, isWholeStage, onChange, session, stage } = this.#options;
    const clients = await directory.clients(stage);
    const now = clock.now();
    const others = clients.filter((client) => client.leaseUntil > now && client.session !== session);
    const ofTheRest = others.find(({ item }) => item === wholeStageItem);
    this.#ofTheRest = isWholeStage ? undefined : ofTheRest;
    if (!isWholeStage) return;
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    for (const functionName of functions) {
      const before = this.#others.get(functionName);
      const holder = others.find(({ item }) => item === clientItemPrefix + functionName);
      if (holder === undefined) this.#others.delete(functionName);
      else this.#others.set(functionName, holder);
      if (before?.session === holder?.session || isFirst) continue;
      onChange({ functionName, by: holder && { user: holder.user, host: holder.host } });
    }
  }
}
