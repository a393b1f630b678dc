// Inspector page: everything the page knows, for its components.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { ApiClient } from '../api/client.ts';
import { LiveConnection } from './connection.ts';
import type { Filter } from './filter.ts';
import { formatHash, type Place, parseHash } from './place.ts';
import { Rows } from './rows.ts';
import { Store } from './store.ts';

type EventListener = (data: unknown) => void;

export class PageModel {
  readonly client = new ApiClient();
  readonly rows = new Rows((publish) => nextFrame(publish));
  readonly live = new LiveConnection(this.client, this.rows, (name, data) => this.#emit(name, data));
  readonly place = new Store<Place>(parseHash(location.hash));
  readonly #listeners = new Map<string, Set<EventListener>>();

  start(): void {
    // A token in the address is used up; it must not be bookmarked or copied.
    if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);
    addEventListener('hashchange', () => this.place.set(parseHash(location.hash)));
    addEventListener('popstate', () => this.place.set(parseHash(location.hash)));
    addEventListener('online', () => this.live.retryNow());
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible' && this.live.connection.value.state !== 'live')
        this.live.retryNow();
    });
    this.live.run();
  }

  /** Messages of the event stream: `line` and the events of serve. Returns how to stop. */
  onEvent(name: string, listener: EventListener): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** `isStep`: the back button returns to where the user was before. */
  go(change: Partial<Place>, isStep = false): void {
    const next: Place = { ...this.place.value, ...change };
    const address = location.pathname + formatHash(next);
    if (isStep) history.pushState(null, '', address);
    else history.replaceState(null, '', address);
    this.place.set(next);
  }

  /** Shows an invocation; the first one of the list is a step for the back button. */
  select(key: string): void {
    const isStep = this.place.value.key === undefined;
    this.go({ key }, isStep);
  }

  unselect(): void {
    const { key: _, tab: __, ...rest } = this.place.value;
    history.replaceState(null, '', location.pathname + formatHash(rest));
    this.place.set(rest);
  }

  setFilter(filter: Filter): void {
    this.go({ filter });
  }

  #emit(name: string, data: unknown): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(data);
  }
}

/** A hidden page draws no frames, but its list must not pile up. */
function nextFrame(run: () => void): void {
  if (document.visibilityState === 'hidden') setTimeout(run, 500);
  else requestAnimationFrame(run);
}

export const ModelContext = createContext<PageModel | undefined>(undefined);

export function useModel(): PageModel {
  const model = useContext(ModelContext);
  if (!model) throw new Error('The component is outside of ModelContext.');
  return model;
}
