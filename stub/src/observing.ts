// [1] Copies of invocations that were answered without a client, for those that observe. Loaded only if one does
// (scripts/stub-options.mjs); what it shares with the rest of the stub is given to it.
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock } from '../../protocol/clock.ts';
import type { ClientItem } from '../../protocol/directory.ts';
import type { EventFilter } from '../../protocol/event-filter.ts';
import { messageOf } from '../../protocol/live-debug-error.ts';
import type { Message } from '../../protocol/message.ts';
import type { ObservedHead } from '../../protocol/observed-head.ts';
import { mostKept, mostObservers } from '../../protocol/observer-limits.ts';
import type { RelayPoster } from '../../protocol/relay-post.ts';
import type { Channel } from '../../protocol/sealing.ts';
import type { ClientDirectory } from './client-directory.ts';

/** Clients by their public key, with what the sender left out or lost since its last copy. */
export type ChosenClients = Readonly<Record<string, { readonly skipped: number; readonly dropped: number }>>;

/** An invocation with its answer, which Lambda has. */
export interface Observed {
  readonly requestId: string;
  /** The instance that has it, where that is not this one. */
  readonly instance?: string;
  readonly by: ObservedHead['by'];
  readonly event: Uint8Array;
  /** The event's length, where `event` is only its start. */
  readonly eventBytes?: number;
  /** The start of the answer, at least `mostKept` bytes of it. */
  readonly result: Uint8Array;
  /** The answer's length. */
  readonly resultBytes: number;
  readonly ok: boolean;
  readonly contentType?: string | undefined;
  readonly errorType?: string | undefined;
  /** When the invocation arrived, milliseconds since the epoch, and how long it took. */
  readonly at: number;
  readonly ms: number;
}

/** Copies that wait for one client, and their bytes: a hanging connection keeps no more than this in memory. */
const mostQueued = 20;
const mostQueuedBytes = 4 * 1024 * 1024;

/** A copy that has waited longer, in most cases in a frozen instance, is not sent; milliseconds. */
const longestWaitMs = 60_000;

/** Items of one client for one function: its filters, of which livectl takes 20, and twice as many by accident. */
const mostItems = 40;

/** The relay answers within tens of milliseconds. */
const postBoundMs = 5000;

/** What a client may ask for, in copies a second; anything else in its item counts as one. */
const mostPerSecond = 1000;

/** Answers that may not have gone out yet. An instance has one at a time. */
const mostPending = 20;

const answerSent = 'http.client.response.finish';

interface Copy {
  readonly head: Omit<ObservedHead, 'item' | 'skipped' | 'dropped'>;
  readonly body: Uint8Array;
  readonly since: number;
}

/** One client that observes, as its key identifies it. */
interface Observer {
  item: ClientItem;
  tokens: number;
  filledAt: number;
  skipped: number;
  dropped: number;
  bytes: number;
  readonly queue: (Copy & { readonly item: string })[];
  sending: Promise<void> | undefined;
}

export interface ObservingOptions {
  readonly clock: Clock;
  readonly poster: Pick<RelayPoster, 'attempt'>;
  readonly clients: Pick<ClientDirectory, 'client' | 'goneFor' | 'lose' | 'serving'>;
  readonly functionName: string;
  readonly instance: string;
  readonly encode: (message: Message<'observed'>, channel: Channel, towardsClient: true) => Promise<string[]>;
  readonly filters: () => Promise<typeof import('../../protocol/event-filter.ts')>;
  readonly filterOf: (item: ClientItem, compile: (text: string) => EventFilter) => EventFilter | null;
}

export class Observing {
  readonly #options: ObservingOptions;
  /** By public key. */
  readonly #observers = new Map<string, Observer>();
  readonly #pending: Observed[] = [];
  #watches = false;

  constructor(options: ObservingOptions) {
    this.#options = options;
  }

  /**
   * Sends a copy to each client that wants it. The answer must have gone out. Resolves with the keys of those clients once every
   * copy is sent or lost; never rejects. With `to`, the sender has chosen the clients, by its own samples.
   */
  async take(observed: Observed, to?: ChosenClients): Promise<readonly string[]> {
    let copy: Copy | undefined;
    const wanting: Observer[] = [];
    for (const [observer, items] of this.#known()) {
      const counts = to?.[observer.item.publicKey];
      if (to && !counts) continue;
      observer.skipped += counts?.skipped ?? 0;
      observer.dropped += counts?.dropped ?? 0;
      if (counts) observer.tokens = 1;
      else if (observer.tokens < 1) {
        observer.skipped += 1;
        continue;
      }
      // Taken before it is known whether the event matches, which may take a while.
      observer.tokens -= 1;
      const item = await this.#match(items, observed.event).catch(() => undefined);
      if (item === undefined) {
        observer.tokens += 1;
        continue;
      }
      copy ??= this.#copyOf(observed);
      observer.queue.push({ ...copy, item: item.item });
      observer.bytes += copy.body.length;
      while (observer.queue.length > mostQueued || observer.bytes > mostQueuedBytes) {
        observer.dropped += 1;
        observer.bytes -= observer.queue.shift()?.body.length ?? 0;
      }
      wanting.push(observer);
    }
    await Promise.all(wanting.map((observer) => this.#send(observer)));
    return wanting.map(({ item }) => item.publicKey);
  }

  /** What `fallback_arn` answers: its copy goes once the answer has gone out. Never rejects. */
  async follow(
    answer: Promise<Uint8Array>,
    { event, ...seen }: { readonly requestId: string; readonly at: number; readonly event: Uint8Array },
  ): Promise<void> {
    const note = (result: Uint8Array, ok: boolean) => {
      const ms = Math.max(0, this.#options.clock.now() - seen.at);
      const bodies = { event, result, resultBytes: result.length };
      this.later({ ...seen, ...bodies, by: 'fallback', ok, ms });
    };
    await answer.then(
      (result) => note(result, true),
      (error: unknown) => note(errorJson(error), false),
    );
  }

  /**
   * The same as `take` for an answer that is about to go out: taken when the runtime's client has posted it, as far as that can be seen
   * in this process, else by {@link flush}.
   */
  later(observed: Observed): void {
    this.#pending.push(observed);
    if (this.#pending.length > mostPending) this.#pending.shift();
    if (!this.#watches) subscribe(answerSent, this.#onAnswer);
    this.#watches = true;
  }

  /** Takes what `later` was given: the next invocation is here, or the instance ends. Never rejects. */
  async flush(): Promise<void> {
    if (this.#watches) unsubscribe(answerSent, this.#onAnswer);
    this.#watches = false;
    // An answer that came while this was loaded is noted first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(this.#pending.splice(0).map((observed) => this.take(observed)));
  }

  /** Node's own client has got the answer to a request: the Runtime API has accepted what was posted. */
  readonly #onAnswer = (message: unknown): void => {
    const { path } = (message as { request?: { path?: unknown } }).request ?? {};
    const isAnswer = (id: string) =>
      typeof path === 'string' && /\/(response|error)$/.test(path) && path.includes(`/invocation/${id}/`);
    if (this.#pending.some(({ requestId }) => isAnswer(requestId))) setImmediate(() => void this.flush());
  };

  /** The clients that observe now, each with its items, and with its share of the sample. */
  #known(): [Observer, ClientItem[]][] {
    const { clients, clock } = this.#options;
    const now = clock.now();
    const items = new Map<string, ClientItem[]>();
    const newestFirst = [...(clients.serving?.observers ?? [])].sort((one, other) => other.since - one.since);
    for (const item of newestFirst) {
      const ofClient = items.get(item.publicKey) ?? [];
      if (items.size === mostObservers && ofClient.length === 0) continue;
      if (
        ofClient.length < mostItems &&
        item.leaseUntil > now &&
        Number.isNaN(clients.goneFor(item.connectionId))
      )
        items.set(item.publicKey, [...ofClient, item]);
    }
    for (const key of this.#observers.keys()) if (!items.has(key)) this.#observers.delete(key);
    return [...items].map(([key, ofClient]) => {
      const [first] = ofClient as [ClientItem];
      const perSecond = Math.min(mostPerSecond, Number(first.observe)) || 1;
      const most = Math.max(1, perSecond);
      const observer = this.#observers.get(key) ?? {
        ...{ item: first, tokens: most, filledAt: now, skipped: 0, dropped: 0, bytes: 0, queue: [] },
        sending: undefined,
      };
      observer.item = first;
      const seconds = Math.max(0, now - observer.filledAt) / 1000;
      observer.tokens = Math.min(most, observer.tokens + seconds * Math.max(0, perSecond));
      observer.filledAt = now;
      this.#observers.set(key, observer);
      return [observer, ofClient];
    });
  }

  /** The first item that wants the event; one without a filter wants every event. */
  async #match(items: readonly ClientItem[], event: Uint8Array): Promise<ClientItem | undefined> {
    const whole = items.find(({ filter }) => filter === undefined);
    if (whole) return whole;
    const { filterOf, filters } = this.#options;
    const { compileFilter, EventToMatch } = await filters();
    const matched = new EventToMatch(event);
    for (const item of items) {
      const filter = filterOf(item, compileFilter);
      if (filter !== null && matched.matches(filter)) return item;
    }
    return undefined;
  }

  #copyOf(observed: Observed): Copy {
    const { functionName, instance } = this.#options;
    const { contentType, errorType, event, eventBytes = event.length, result, ...head } = observed;
    const start = event.subarray(0, mostKept);
    return {
      head: {
        instance,
        ...head,
        function: functionName,
        eventBytes,
        eventKept: start.length,
        ...(contentType === undefined ? {} : { contentType: contentType.slice(0, 256) }),
        ...(errorType === undefined ? {} : { errorType: errorType.slice(0, 256) }),
      },
      // A copy of the bytes: the event itself may be far larger, and need not stay in memory.
      body: Buffer.concat([start, result.subarray(0, mostKept)]),
      since: head.at + head.ms,
    };
  }

  /** Posts what waits for one client, one copy after another. Never rejects. */
  #send(observer: Observer): Promise<void> {
    observer.sending ??= this.#sendAll(observer).finally(() => {
      observer.sending = undefined;
    });
    return observer.sending;
  }

  async #sendAll(observer: Observer): Promise<void> {
    for (let copy = observer.queue.shift(); copy !== undefined; copy = observer.queue.shift()) {
      observer.bytes -= copy.body.length;
      const { skipped, dropped } = observer;
      const isOld = this.#options.clock.now() - copy.since > longestWaitMs;
      if (!isOld && (await this.#post(observer, copy).catch(() => false))) {
        observer.skipped -= skipped;
        observer.dropped -= dropped;
      } else observer.dropped += 1;
    }
  }

  async #post({ dropped, item, skipped }: Observer, copy: Copy & { item: string }): Promise<boolean> {
    const { clients, clock, encode, poster } = this.#options;
    if (!Number.isNaN(clients.goneFor(item.connectionId))) return false;
    const { channel } = await clients.client(item);
    const counts = { ...(skipped > 0 ? { skipped } : {}), ...(dropped > 0 ? { dropped } : {}) };
    const head = { ...copy.head, item: copy.item, ...counts };
    const message = { type: 'observed', id: randomUUID(), attempt: 1, head, body: copy.body } as const;
    for (const text of await encode(message, channel, true)) {
      const attempt = () =>
        poster.attempt(item.connectionId, text, {
          untilMs: clock.now() + postBoundMs,
          timeoutMs: postBoundMs,
        });
      let outcome = await attempt();
      // A kept connection may be dead since a freeze, or the relay throttles: once more, and never again.
      if (typeof outcome === 'string') outcome = await attempt();
      if (typeof outcome === 'string' || outcome.kind !== 'delivered') {
        if (typeof outcome !== 'string' && outcome.kind === 'gone') clients.lose(item.connectionId);
        return false;
      }
    }
    return true;
  }
}

/** The Runtime API's error JSON. */
function errorJson(error: unknown): Buffer {
  const errorType = error instanceof Error ? error.name : 'Error';
  return Buffer.from(JSON.stringify({ errorType, errorMessage: messageOf(error) }));
}
