// Inspector page: runs recorded events again, and keeps what is being edited.
import { ApiError } from '../api/client.ts';
import type { PageModel } from '../state/page-model.ts';
import { Store } from '../state/store.ts';

export interface ReplayState {
  /** The recordings that are being replayed. */
  readonly running: ReadonlySet<string>;
  /** Why the latest replay of a recording was refused. */
  readonly failed: ReadonlyMap<string, string>;
  /** The recording whose event the editor has open. */
  readonly editing?: string;
}

const mostDrafts = 20;

export class ServeReplays {
  readonly state = new Store<ReplayState>({ running: new Set(), failed: new Map() });
  readonly #model: PageModel;
  /** Edited events by recording, so that closing the editor loses nothing. */
  readonly #drafts = new Map<string, string>();

  constructor(model: PageModel) {
    this.#model = model;
  }

  edit(key: string): void {
    this.state.update(({ editing: _, ...rest }) => ({ ...rest, editing: key }));
  }

  closeEditor(): void {
    this.state.update(({ editing: _, ...rest }) => rest);
  }

  draft(key: string): string | undefined {
    return this.#drafts.get(key);
  }

  setDraft(key: string, text: string | undefined): void {
    this.#drafts.delete(key);
    if (text !== undefined) this.#drafts.set(key, text);
    const [oldest] = this.#drafts.keys();
    if (this.#drafts.size > mostDrafts && oldest !== undefined) this.#drafts.delete(oldest);
  }

  /** Shows the replay when it has ended, unless the user went elsewhere. Returns whether it was run. */
  async run(of: string, event?: string): Promise<boolean> {
    if (this.state.value.running.has(of)) return false;
    this.#change(of, { isRunning: true });
    try {
      const row = await this.#model.client.replay(event === undefined ? { of } : { of, event });
      this.#model.rows.upsert(row);
      this.#change(of, {});
      if (this.#model.place.value.key === of) this.#model.open(row.key);
      return true;
    } catch (error) {
      this.#change(of, { failure: error instanceof ApiError ? error.message : String(error) });
      return false;
    }
  }

  #change(of: string, { failure, isRunning = false }: { failure?: string; isRunning?: boolean }): void {
    this.state.update((state) => {
      const running = new Set(state.running);
      const failed = new Map(state.failed);
      running.delete(of);
      failed.delete(of);
      if (isRunning) running.add(of);
      if (failure !== undefined) failed.set(of, failure);
      return { ...state, running, failed };
    });
  }
}
