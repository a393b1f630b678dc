// Inspector page: keeps the event stream open, and the list in step with it, also when serve ends and starts again.
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { type ApiClient, ApiError } from '../api/client.ts';
import { readStream, type StreamMessage } from '../api/event-stream.ts';
import type { ServeSnapshot } from '../api/serve-snapshot.ts';
import { mostRows, type Rows } from './rows.ts';
import { Store } from './store.ts';

export type Connection =
  | { readonly state: 'connecting' | 'live' }
  /** `since`: milliseconds since the epoch. */
  | { readonly state: 'lost'; readonly since: number }
  /** The cookie is not, or no longer, valid. */
  | { readonly state: 'refused'; readonly message: string };

/** The server sends a comment every 15 s. */
const silentMs = 40_000;
const refusedMs = 3000;
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
        this.#lost();
      } catch (error) {
        if (error instanceof ApiError && (error.status === 401 || error.status === 403))
          this.connection.set({ state: 'refused', message: error.message });
        else this.#lost();
      }
      await this.#pause();
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
    const silence = new AbortController();
    let timer = setTimeout(() => silence.abort(), silentMs);
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silentMs);
    };
    try {
      const stream = await this.#client.events(this.#lastId, silence.signal);
      this.#attempts = 0;
      this.connection.set({ state: 'live' });
      await readStream(stream, (message) => this.#message(message), heard);
    } finally {
      clearTimeout(timer);
      silence.abort();
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

  /** Starts anew if one is running. What is no longer recorded goes. */
  #reloadList(): void {
    this.#reload.abort();
    this.#reload = new AbortController();
    this.#arrived = new Set();
    this.#load(this.#reload.signal).catch((error: unknown) => {
      // The stream has the same trouble, and connects again; its `reset` loads the list.
      if (!(error instanceof ApiError) && (error as Error).name !== 'AbortError') throw error;
    });
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

  #lost(): void {
    const { value } = this.connection;
    if (value.state !== 'lost') this.connection.set({ state: 'lost', since: Date.now() });
  }

  async #pause(): Promise<void> {
    const isRefused = this.connection.value.state === 'refused';
    const ms = isRefused ? refusedMs : Math.min(5000, 250 * 2 ** this.#attempts) * (0.75 + Math.random() / 2);
    this.#attempts++;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
