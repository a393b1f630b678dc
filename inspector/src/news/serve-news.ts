// Inspector page: what serve reported beside its state: retries and dead letters, tunnels, errors, and that it stops.
import type { PageModel } from '../state/page-model.ts';
import { Store } from '../state/store.ts';

export interface RetryNews {
  readonly attempt: number;
  readonly attempts?: number;
  readonly in_ms: number;
  readonly reason: string;
}

export interface DeadLetterNews {
  readonly attempts: number;
  readonly reason: string;
  readonly queue?: string;
}

export interface TunnelNews {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
}

export interface ErrorNews {
  /** Counts from 1. */
  readonly number: number;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

export interface ServeNews {
  /** By the id of the invocation that failed. */
  readonly retries: ReadonlyMap<string, RetryNews>;
  /** By the id of the message or record, and its function. */
  readonly deadLetters: ReadonlyMap<string, DeadLetterNews>;
  /** Those that were lost or could not be started. */
  readonly failedTunnels: ReadonlyMap<string, TunnelNews>;
  /** Oldest first. */
  readonly errors: readonly ErrorNews[];
  /** Invocations that a stop waits for; undefined while it serves. */
  readonly stopping?: number;
  readonly isStopped?: true;
}

export const noNews: ServeNews = {
  retries: new Map(),
  deadLetters: new Map(),
  failedTunnels: new Map(),
  errors: [],
};

/** Of each kind, the newest are kept. */
const most = 1000;
const mostErrors = 3;

export function deadLetterKey(functionName: string, id: string): string {
  return `${functionName}\n${id}`;
}

/** `data` is as the event stream gave it: fields of another kind are ignored. */
export function withNews(news: ServeNews, name: string, data: unknown): ServeNews {
  const fields = (typeof data === 'object' && data !== null ? data : {}) as Readonly<Record<string, unknown>>;
  switch (name) {
    case 'retry':
      return { ...news, retries: added(news.retries, text(fields.id), retry(fields)) };
    case 'dead_letter': {
      const ids = Array.isArray(fields.ids) ? fields.ids.slice(0, most).map(text) : [];
      const keys = ids.map((id) => deadLetterKey(text(fields.function), id));
      const letter = deadLetter(fields);
      return { ...news, deadLetters: keys.reduce((map, key) => added(map, key, letter), news.deadLetters) };
    }
    case 'tunnel': {
      const failedTunnels = new Map(news.failedTunnels);
      const {
        name: tunnel,
        state,
        reason,
      } = { name: text(fields.name), state: text(fields.state), reason: fields.reason };
      failedTunnels.delete(tunnel);
      if (state === 'failed')
        failedTunnels.set(tunnel, {
          name: tunnel,
          state,
          ...(reason === undefined ? {} : { reason: text(reason) }),
        });
      return { ...news, failedTunnels };
    }
    case 'error': {
      const number = (news.errors.at(-1)?.number ?? 0) + 1;
      const remedy = fields.remedy === undefined ? {} : { remedy: text(fields.remedy) };
      const error = { number, code: text(fields.code), message: text(fields.message), ...remedy };
      return { ...news, errors: [...news.errors, error].slice(-mostErrors) };
    }
    case 'stopping':
      return { ...news, stopping: number(fields.waiting_for) };
    case 'stopped':
      return { ...news, isStopped: true };
    default:
      return news;
  }
}

const names = ['retry', 'dead_letter', 'tunnel', 'error', 'stopping', 'stopped'];

/** Collects them from the page's event stream; another serve begins anew. */
export class NewsStore extends Store<ServeNews> {
  #run: string | undefined;

  constructor(model: PageModel) {
    super(noNews);
    for (const name of names)
      model.onEvent(name, (data) => this.update((news) => withNews(news, name, data)));
    model.live.snapshot.subscribe(() => {
      const run = model.live.snapshot.value?.run;
      if (this.#run !== undefined && run !== this.#run) this.set(noNews);
      this.#run = run;
    });
  }

  /** Takes an error off the page. */
  dismiss(number: number): void {
    this.update((news) => ({ ...news, errors: news.errors.filter((error) => error.number !== number) }));
  }
}

function retry(fields: Readonly<Record<string, unknown>>): RetryNews {
  return {
    attempt: number(fields.attempt),
    ...(typeof fields.attempts === 'number' ? { attempts: fields.attempts } : {}),
    in_ms: number(fields.in_ms),
    reason: text(fields.reason),
  };
}

function deadLetter(fields: Readonly<Record<string, unknown>>): DeadLetterNews {
  return {
    attempts: number(fields.attempts),
    reason: text(fields.reason),
    ...(typeof fields.queue === 'string' ? { queue: fields.queue } : {}),
  };
}

function added<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  value: Value,
): ReadonlyMap<string, Value> {
  const next = new Map(map);
  next.delete(key);
  next.set(key, value);
  for (const oldest of next.keys()) {
    if (next.size <= most) break;
    next.delete(oldest);
  }
  return next;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
