// Inspector page: everything the page knows, for its components.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { ApiClient } from '../api/client.ts';
import { Shortcuts } from '../keyboard/shortcuts.ts';
import { LiveConnection } from './connection.ts';
import { formatHash, type Place, parseHash } from './place.ts';
import { Rows } from './rows.ts';
import { Store } from './store.ts';

type EventListener = (data: unknown) => void;

export class PageModel {
  readonly client = new ApiClient();
  readonly rows = new Rows((publish) => nextFrame(publish));
  readonly live = new LiveConnection(this.client, this.rows, (name, data) => this.#emit(name, data));
  readonly place = new Store<Place>(parseHash(location.hash));
  readonly shortcuts = new Shortcuts();
  /** The row that the keyboard is on; in a wide window the detail follows it while one is shown. */
  readonly cursor = new Store<string | undefined>(this.place.value.key);
  readonly #listeners = new Map<string, Set<EventListener>>();
  #addressTimer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    // A token in the address is used up; it must not be bookmarked or copied.
    if (location.search !== '') history.replaceState(null, '', location.pathname + location.hash);
    // By the back button, or a changed address.
    addEventListener('popstate', () => {
      clearTimeout(this.#addressTimer);
      const place = parseHash(location.hash);
      if (place.key !== undefined) this.cursor.set(place.key);
      this.place.set(place);
    });
    addEventListener('keydown', (event) => this.shortcuts.handle(event));
    addEventListener('online', () => this.live.retryNow());
    document.addEventListener('visibilitychange', () => {
      this.live.setHidden(document.visibilityState === 'hidden');
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
    this.#show({ ...this.place.value, ...change }, isStep);
  }

  /** Shows an invocation; the first one is a step for the back button. */
  open(key: string): void {
    this.cursor.set(key);
    if (this.place.value.key !== key) this.go({ key, view: 'list' }, this.place.value.key === undefined);
  }

  closeDetail(): void {
    const { key: _, ...rest } = this.place.value;
    this.#show(rest, false);
  }

  /** By their ids, since either may be the other screen of a narrow window. */
  focusList(): void {
    requestAnimationFrame(() => document.getElementById('list')?.focus());
  }

  focusDetail(): void {
    requestAnimationFrame(() => document.getElementById('detail')?.focus());
  }

  #show(place: Place, isStep: boolean): void {
    if (isStep) {
      this.#writeAddress();
      history.pushState(null, '', location.pathname + formatHash(place));
    } else {
      // Browsers refuse more than a hundred changes in half a minute, which a key that is held down makes.
      clearTimeout(this.#addressTimer);
      this.#addressTimer = setTimeout(() => this.#writeAddress(), 300);
    }
    this.place.set(place);
  }

  #writeAddress(): void {
    clearTimeout(this.#addressTimer);
    const hash = formatHash(this.place.value);
    if (hash !== location.hash) history.replaceState(null, '', location.pathname + hash);
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
