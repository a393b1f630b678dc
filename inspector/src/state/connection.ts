// Inspector page: keeps the event stream open, and the list in step with it, also when serve ends and starts again.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { type ApiClient, ApiError } from '../api/client.ts';
import { readStream, type StreamMessage } from '../api/event-stream.ts';
import type { ServeSnapshot } from '../api/serve-snapshot.ts';
import { mostRows, type Rows } from './rows.ts';
import { Store } from './store.ts';

export type Connection =
  | { readonly state: 'connecting' | 'live' }
  /** `message`: why livectl refuses; absent if it does not answer. */
  | { readonly state: 'lost'; readonly message?: string }
  /** The cookie is not, or no longer, valid. */
  | { readonly state: 'refused'; readonly message: string };

/** The server sends a comment every 15 s. */
const silentMs = 40_000;
const refusedMs = 3000;
const mostPauseMs = 5000;
/** A page that nobody sees gives its stream back: browsers allow six connections to a host, livectl eight streams. */
const hiddenMs = 60_000;
const pageSize = 1000;

export class LiveConnection {
  readonly connection = new Store<Connection>({ state: 'connecting' });
  readonly snapshot = new Store<ServeSnapshot | undefined>(undefined);
  /** Whether the list has been loaded once. */
  readonly isLoaded = new Store(false);
  readonly #client: ApiClient;
  readonly #rows: Rows;
  readonly #take: (name: string, data: unknown) => void;
  #lastId: string | undefined;
  #run: string | undefined;
  #attempts = 0;
  /** Ends the wait before the next attempt. */
  #wake: () => void = () => {};
  #isHidden = false;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #stream = new AbortController();
  #reload = new AbortController();
  /** Keys that arrived by the stream during a reload. */
  #arrived = new Set<string>();

  /** `take` gets every message of the stream but `invocation`, `state` and `reset`. */
  constructor(client: ApiClient, rows: Rows, take: (name: string, data: unknown) => void) {
    this.#client = client;
    this.#rows = rows;
    this.#take = take;
  }

  /** Runs until the page is closed. */
  async run(): Promise<never> {
    for (;;) {
      try {
        await this.#follow();
        this.#lost(undefined);
      } catch (error) {
        this.#lost(error);
      }
      await this.#pause();
    }
  }

  /** Whether anybody sees the page. */
  setHidden(isHidden: boolean): void {
    clearTimeout(this.#hiddenTimer);
    if (isHidden) {
      this.#hiddenTimer = setTimeout(() => {
        this.#isHidden = true;
        this.#stream.abort();
      }, hiddenMs);
    } else if (this.#isHidden || this.connection.value.state !== 'live') {
      this.#isHidden = false;
      this.retryNow();
    }
  }

  /** Tries again at once if there is no connection. */
  retryNow(): void {
    this.#attempts = 0;
    this.#wake();
  }

  async #follow(): Promise<void> {
    const snapshot = await this.#client.state();
    if (snapshot.run !== this.#run) this.#lastId = undefined;
    this.#run = snapshot.run;
    this.snapshot.set(snapshot);
    const opened = new AbortController();
    this.#stream = opened;
    let timer = setTimeout(() => opened.abort(), silentMs);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => opened.abort(), silentMs);
    };
    try {
      const stream = await this.#client.events(this.#lastId, opened.signal);
      this.#attempts = 0;
      this.connection.set({ state: 'live' });
      await readStream(stream, (message) => this.#message(message), heard);
    } finally {
      clearTimeout(timer);
      opened.abort();
    }
  }

  #message({ id, name, data }: StreamMessage): void {
    if (id !== undefined) this.#lastId = id;
    if (name === 'reset') {
      this.#reloadList();
      return;
    }
    const value: unknown = JSON.parse(data);
    if (name === 'state') {
      this.snapshot.set(value as ServeSnapshot);
    } else if (name === 'invocation') {
      const row = value as InvocationSummary;
      this.#arrived.add(row.key);
      this.#rows.upsert(row);
    } else {
      this.#take(name, value);
    }
  }

  /** Starts anew if one is running; goes on until it has the list. What is no longer recorded goes. */
  async #reloadList(): Promise<void> {
    this.#reload.abort();
    this.#reload = new AbortController();
    const { signal } = this.#reload;
    this.#arrived = new Set();
    for (let attempts = 0; !signal.aborted; attempts++) {
      try {
        return await this.#load(signal);
      } catch (error) {
        if (!(error instanceof ApiError) && !signal.aborted) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs(attempts)));
    }
  }

  async #load(signal: AbortSignal): Promise<void> {
    const keys = new Set<string>();
    let before: string | undefined;
    do {
      const page = await this.#client.invocations({ limit: pageSize, before }, signal);
      for (const { key } of page.items) keys.add(key);
      this.#rows.upsertAll(page.items);
      before = page.next;
      this.isLoaded.set(true);
    } while (before !== undefined && keys.size < mostRows);
    this.#rows.keepOnly(new Set([...keys, ...this.#arrived]));
  }

  #lost(error: unknown): void {
    if (this.#isHidden) this.connection.set({ state: 'connecting' });
    else if (!(error instanceof ApiError) || error.status === 0) this.#set({ state: 'lost' });
    else if (error.status === 401 || error.status === 403)
      this.#set({ state: 'refused', message: error.message });
    else this.#set({ state: 'lost', message: error.message });
  }

  /** Nothing if it is so already: nothing is to be announced twice. */
  #set(next: Connection): void {
    if (JSON.stringify(next) !== JSON.stringify(this.connection.value)) this.connection.set(next);
  }

  /** Until the next attempt; a page that nobody sees makes none. */
  async #pause(): Promise<void> {
    const ms = this.connection.value.state === 'refused' ? refusedMs : pauseMs(this.#attempts);
    this.#attempts++;
    await new Promise<void>((resolve) => {
      const timer = this.#isHidden ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function pauseMs(attempts: number): number {
  return Math.min(mostPauseMs, 250 * 2 ** attempts) * (0.75 + Math.random() / 2);
}
