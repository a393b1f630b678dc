// Posts to another peer through @connections: bounded in time, retried where the relay asks for it.
import type { Clock } from './clock.ts';
import { isReset } from './http-attempt.ts';
import type { HttpClient } from './http-client.ts';
import { firstLine, messageOf } from './live-debug-error.ts';
import { relayHttpUrl } from './relay-url.ts';
import { type AwsCredentials, Signer } from './signature.ts';

interface RelayPosterOptions {
  /** The relay's stage URL, as for the socket. */
  readonly url: string;
  readonly region: string;
  readonly http: HttpClient;
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>;
  readonly clock: Clock;
  /** 0 to 1, for jitter. */
  readonly random?: () => number;
}

/**
 * - `delivered`: the relay accepted every text.
 * - `gone`: the connection no longer exists (410).
 * - `failed`: refused, or still failing at the deadline.
 */
export type PostOutcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Waits before a retry: random, up to the first bound, which doubles up to the longest. */
export const firstRetryMs = 25;
export const longestRetryMs = 2000;

/** The timeout of one post; the relay answers within tens of milliseconds. */
export const postTimeoutMs = 10_000;

/** Nobody waits for warming; it must not outlive the init phase. */
const warmBoundMs = 3000;

/** Chunks under way at once: enough to fill the line, few enough not to be throttled (429). */
const postsAtOnce = 8;

/** Errors that pass: the network is down for a while, or this machine has run out of sockets until some are closed. */
const passingErrors =
  /^(ETIMEDOUT|ECONNREFUSED|EAI_AGAIN|ENOTFOUND|E(HOST|NET)(UNREACH|DOWN)|E[MN]FILE|ENOBUFS|ENOMEM|EADDRNOTAVAIL)$/;

/** Bounds of one attempt; all but `untilMs` are optional. */
export interface AttemptOptions {
  readonly untilMs: number;
  /** Maximum duration; default {@link postTimeoutMs}. */
  readonly timeoutMs?: number;
  /** Used instead of the poster's own client. */
  readonly http?: HttpClient;
  readonly signal?: AbortSignal | undefined;
  /** As in a request. */
  readonly onLeave?: (() => void) | undefined;
  /** Called when the relay has certainly not accepted it: 4xx. */
  readonly onRefused?: (() => void) | undefined;
  /** Whether no further attempt is needed. */
  readonly isDone?: () => boolean;
}

/** The state of a message that is being posted. */
export interface Journey {
  /** Aborts its posts. */
  readonly signal: AbortSignal;
  /** Indices of texts that may have reached the relay; those that it certainly has not accepted are not included. */
  readonly left: Set<number>;
  /** Whether no further attempt is needed. */
  readonly isDone: () => boolean;
}

/** Posts wire texts to connections, given as strings or in UTF-8; they may arrive in any order. */
export class RelayPoster {
  readonly #options: RelayPosterOptions;
  readonly #base: string;
  readonly #signer: Signer;

  constructor(options: RelayPosterOptions) {
    this.#options = options;
    this.#base = `${relayHttpUrl(options.url)}/@connections/`;
    this.#signer = new Signer({ service: 'execute-api', region: options.region });
  }

  /**
   * Posts all texts of one message; never rejects. 429, 5xx, resets and timeouts are retried, with full jitter, until
   * `untilMs` (milliseconds since the epoch).
   */
  async post(
    connectionId: string,
    texts: readonly (string | Uint8Array)[],
    untilMs: number,
    journey?: Journey,
  ): Promise<PostOutcome> {
    let next = 0;
    let bad: PostOutcome | undefined;
    const lane = async () => {
      while (bad === undefined) {
        const text = texts[next];
        if (text === undefined) return;
        const options = { untilMs, ...(journey && stagesOf(journey, next)) };
        next += 1;
        const outcome = await this.#postOne(connectionId, text, options);
        if (outcome.kind !== 'delivered') bad ??= outcome;
      }
    };
    await Promise.all(Array.from({ length: Math.min(postsAtOnce, texts.length) }, lane));
    return bad ?? { kind: 'delivered' };
  }

  /** Opens a connection to the relay and keeps it, so that the first real post finds it warm. Never rejects. */
  async warm(): Promise<void> {
    // A connection id that cannot exist is answered with 410 or 400 and reaches nobody.
    await this.post('warm', [''], this.#options.clock.now() + warmBoundMs);
  }

  async #postOne(
    connectionId: string,
    text: string | Uint8Array,
    options: AttemptOptions,
  ): Promise<PostOutcome> {
    const { clock, random = Math.random } = this.#options;
    const { isDone, untilMs } = options;
    let ceiling = firstRetryMs;
    for (;;) {
      const reason = await this.attempt(connectionId, text, options);
      if (typeof reason !== 'string') return reason;
      const wait = random() * ceiling;
      ceiling = Math.min(ceiling * 2, longestRetryMs);
      if (isDone?.() || clock.now() + wait >= untilMs) return { kind: 'failed', reason };
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }

  /** Posts one text once. Returns the final outcome, or the reason why a retry may succeed. Never rejects. */
  async attempt(
    connectionId: string,
    text: string | Uint8Array,
    options: AttemptOptions,
  ): Promise<PostOutcome | string> {
    const { clock, credentials } = this.#options;
    const { http = this.#options.http, onLeave, signal, timeoutMs = postTimeoutMs, untilMs } = options;
    try {
      // Throws for an id that cannot be encoded, which a peer may send.
      const url = new URL(this.#base + encodeURIComponent(connectionId));
      const now = clock.now();
      // Encoded once: it is hashed, and sent.
      const body = typeof text === 'string' ? Buffer.from(text) : text;
      const headers = this.#signer.sign({ method: 'POST', url, body }, await credentials(), now);
      const boundMs = Math.max(1, Math.min(timeoutMs, untilMs - now));
      const sent = { method: 'POST', url, headers, body, timeoutMs: boundMs, signal, onLeave };
      const response = await http.send(sent);
      if (response.status >= 200 && response.status < 300) return { kind: 'delivered' };
      if (response.status < 500) options.onRefused?.();
      // By status, not by the error's name, which differs between emulators and SDK versions.
      if (response.status === 410) return { kind: 'gone' };
      const reason = `HTTP ${response.status} ${firstLine(response.body.toString('utf8'))}`.trim();
      return response.status === 429 || response.status >= 500 ? reason : { kind: 'failed', reason };
    } catch (error) {
      const code = String((error as { code?: unknown } | null)?.code);
      const reason = messageOf(error);
      return isReset(error) || passingErrors.test(code) ? reason : { kind: 'failed', reason };
    }
  }
}

/** One text of a message. A text that may have left in any attempt stays in `left`. */
function stagesOf({ isDone, left, signal }: Journey, index: number): Partial<AttemptOptions> {
  let isOpen = false;
  return {
    isDone,
    signal,
    onLeave: () => {
      isOpen = left.has(index);
      left.add(index);
    },
    onRefused: () => {
      if (!isOpen) left.delete(index);
    },
  };
}
