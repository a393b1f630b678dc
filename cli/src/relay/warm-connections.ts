// [3] HTTPS connections to the relay that are kept open while serving: no ack and no answer waits for a handshake,
// however long it was quiet before.
import type { Clock, Timer } from '../../../protocol/clock.ts';
import type { HttpRequest } from '../../../protocol/http-attempt.ts';
import type { HttpClient } from '../../../protocol/http-client.ts';
import { relayHttpUrl } from '../../../protocol/relay-url.ts';

interface WarmConnectionsOptions {
  readonly http: HttpClient;
  /** The relay's stage URL, as for the socket. */
  readonly url: string;
  readonly clock: Clock;
}

/** An ack and an answer may leave at once. */
export const fewest = 2;
/** What 20 answers at once need: below the number that an agent keeps, see `keepAlive`. */
export const most = 20;
/** As many are kept as were used at once within this time. Milliseconds. */
export const rememberMs = 15 * 60_000;

/** A far end that closes after less than this many milliseconds can't be kept open at a reasonable price. */
const shortestMs = 3000;
/** Before another try where none can be opened or kept; twice that each time, up to the longest. Milliseconds. */
export const firstPauseMs = 1000;
const longestPauseMs = 5 * 60_000;
/** A time that was seen once is looked at again after this: the far end may just have been restarted. Milliseconds. */
export const doubtMs = 10 * 60_000;
/** Two times within this part of each other are the same. */
const same = 0.1;

const answerBoundMs = 10_000;

/** Refused without a signature, see {@link WarmConnections}. */
function keepAliveRequest(relayUrl: string): HttpRequest {
  const url = new URL(`${relayHttpUrl(relayUrl)}/@connections/keep-alive`);
  return { method: 'GET', url, headers: {}, timeoutMs: answerBoundMs };
}

/**
 * Opens connections until so many are idle, beside everything else: default those that the answer to what comes right
 * after the start needs, before there is a link.
 */
export function openAhead(http: HttpClient, relayUrl: string, count = fewest): void {
  const request = keepAliveRequest(relayUrl);
  for (let open = http.idle(request.url); open < count; open += 1) http.send(request).catch(() => undefined);
}

/**
 * Opens connections at once and whenever the relay closes one. After how long it closes an idle one shows then (or in its
 * header `keep-alive`), and from then on each is used before that. What it sends for that is a request without a signature,
 * which API Gateway refuses: it reaches nobody, and AWS does not charge for what fails to authenticate.
 */
export class WarmConnections {
  readonly #options: WarmConnectionsOptions;
  readonly #request: HttpRequest;
  readonly #url: URL;
  /** After how long the far end closes an idle connection; whether it was seen twice. */
  #keepAlive: { readonly ms: number; readonly isSure: boolean; readonly seenAt: number } | undefined;
  #peaks: { readonly at: number; readonly count: number }[] = [];
  #timer: Timer | undefined;
  #pauseMs = firstPauseMs;
  /** The timer is that of a pause. */
  #isPausing = false;
  #opening: Promise<void> | undefined;
  /** When that began last. */
  #openedAt = Number.NEGATIVE_INFINITY;
  #again = false;
  #closed = false;

  constructor(options: WarmConnectionsOptions) {
    this.#options = options;
    this.#request = keepAliveRequest(options.url);
    this.#url = this.#request.url;
  }

  /** Opens them, unless {@link openAhead} has. */
  start(): void {
    this.#options.http.onIdleEnd = (url, idleMs, inOrder) => {
      if (url.host === this.#url.host) this.#onEnd(idleMs, inOrder);
    };
    if (this.#options.http.idle(this.#url) < fewest) void this.#open();
  }

  /** The network may have changed, or this machine slept: those that were idle may be dead. */
  renew(): void {
    this.#options.http.dropIdle(this.#url);
    this.#pauseMs = firstPauseMs;
    // One that is under way may wait for a network that is gone.
    this.#opening = undefined;
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #onEnd(idleMs: number, inOrder: boolean): void {
    // A connection that failed says nothing of the far end's patience, nor do several that end together.
    const now = this.#options.clock.now();
    const before = this.#keepAlive;
    if (inOrder && (before === undefined || now - before.seenAt > shortestMs)) {
      const isSure = before !== undefined && Math.abs(idleMs - before.ms) <= before.ms * same;
      this.#keepAlive = { ms: isSure ? Math.min(idleMs, before.ms) : idleMs, isSure, seenAt: now };
    }
    // One that is cut can be had again at once; not where others are cut, too, as soon as they are open.
    const isRepeated = now - this.#openedAt < shortestMs;
    if (idleMs < shortestMs && (inOrder || isRepeated)) this.#pause();
    else if (this.#options.http.idle(this.#url) < this.#wanted) void this.#open();
  }

  /** Has as many open as are needed, each of them just used. Calls that meet share one, and one after it. */
  #open(): Promise<void> {
    if (this.#opening) {
      this.#again = true;
      return this.#opening;
    }
    const opening = this.#use().finally(() => {
      if (this.#opening !== opening) return;
      this.#opening = undefined;
      const isNeeded = this.#again && this.#options.http.idle(this.#url) < this.#wanted;
      this.#again = false;
      if (isNeeded) void this.#open();
    });
    this.#opening = opening;
    return opening;
  }

  async #use(): Promise<void> {
    if (this.#closed) return;
    this.#timer?.cancel();
    const { clock, http } = this.#options;
    this.#openedAt = clock.now();
    this.#isPausing = false;
    this.#notePeak(0);
    const own = this.#wanted;
    const answers = await Promise.allSettled(Array.from({ length: own }, () => http.send(this.#request)));
    this.#notePeak(own);
    for (const answer of answers) {
      if (answer.status === 'fulfilled') this.#read(String(answer.value.headers['keep-alive'] ?? ''));
    }
    if (http.idle(this.#url) === 0) return this.#openAfter(this.#nextPauseMs());
    const waitMs = this.#nextUseMs;
    if (waitMs !== undefined) this.#openAfter(waitMs);
  }

  #openAfter(ms: number): void {
    this.#timer?.cancel();
    this.#isPausing = false;
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(ms, () => void this.#open(), { background: true });
  }

  /** One for all that end together. */
  #pause(): void {
    if (this.#isPausing) return;
    this.#openAfter(this.#nextPauseMs());
    this.#isPausing = true;
  }

  /** Doubled from one to the next, with jitter. */
  #nextPauseMs(): number {
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    return pauseMs;
  }

  /** Before the far end closes them; undefined where that is not known and is waited for. */
  get #nextUseMs(): number | undefined {
    const known = this.#keepAlive;
    if (known === undefined || known.ms < shortestMs) return undefined;
    if (!known.isSure && this.#options.clock.now() - known.seenAt > doubtMs) return undefined;
    this.#pauseMs = firstPauseMs;
    return known.ms - Math.max(1000, known.ms * same);
  }

  /** `timeout=60`, in seconds, where the far end says so (RFC 2068, 19.7.1.1). */
  #read(header: string): void {
    const part = header.split(',', 8).find((each) => each.trim().startsWith('timeout='));
    const ms = Number(part?.split('=', 2)[1]) * 1000;
    if (ms > 0) this.#keepAlive = { ms, isSure: true, seenAt: this.#options.clock.now() };
  }

  /** Of what was under way at once `own` were this one's requests, which are no need. */
  #notePeak(own: number): void {
    const { clock, http } = this.#options;
    const now = clock.now();
    this.#peaks = this.#peaks.filter(({ at }) => now - at < rememberMs);
    this.#peaks.push({ at: now, count: http.takePeak(this.#url) - own });
  }

  get #wanted(): number {
    return Math.min(most, Math.max(fewest, ...this.#peaks.map(({ count }) => count)));
  }
}
