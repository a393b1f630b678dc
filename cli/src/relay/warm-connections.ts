// [3] HTTPS connections to the relay that are kept open while serving, so that no ack or answer waits for a handshake, even
// after a long silence.
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

/** For an ack and an answer at the same time. */
export const fewest = 2;
/** For 20 answers at once: below the number that an agent keeps, see `keepAlive`. */
export const most = 20;
/** The maximum used at once within this time is kept open. Milliseconds. */
export const rememberMs = 15 * 60_000;

/** If the far end closes idle connections sooner than this, keeping them open is not worth it. Milliseconds. */
const shortestMs = 3000;
/** Wait before the next try if none can be opened or kept; doubles each time, up to the longest. Milliseconds. */
export const firstPauseMs = 1000;
const longestPauseMs = 5 * 60_000;
/** A timeout that was seen once is checked again after this: the far end may just have been restarted. Milliseconds. */
export const doubtMs = 10 * 60_000;
/** Two times that differ by less than this fraction count as equal. */
const same = 0.1;

const answerBoundMs = 10_000;

/** Refused without a signature, see {@link WarmConnections}. */
function keepAliveRequest(relayUrl: string): HttpRequest {
  const url = new URL(`${relayHttpUrl(relayUrl)}/@connections/keep-alive`);
  return { method: 'GET', url, headers: {}, timeoutMs: answerBoundMs };
}

/**
 * Opens connections until `count` are idle, in parallel with everything else. The default is enough for an answer right after
 * the start, before there is a link.
 */
export function openAhead(http: HttpClient, relayUrl: string, count = fewest): void {
  const request = keepAliveRequest(relayUrl);
  for (let open = http.idle(request.url); open < count; open += 1) http.send(request).catch(() => undefined);
}

/**
 * Opens connections at once and whenever the relay closes one. The first closing (or the header `keep-alive`) shows the far
 * end's idle timeout, and from then on each connection is used before it passes. The request for that has no signature, so API
 * Gateway refuses it: it reaches nobody, and AWS does not charge for requests that fail to authenticate.
 */
export class WarmConnections {
  readonly #options: WarmConnectionsOptions;
  readonly #request: HttpRequest;
  readonly #url: URL;
  /** The far end's idle timeout, and whether it was seen twice. */
  #keepAlive: { readonly ms: number; readonly isSure: boolean; readonly seenAt: number } | undefined;
  #peaks: { readonly at: number; readonly count: number }[] = [];
  #timer: Timer | undefined;
  #pauseMs = firstPauseMs;
  /** Whether the timer is a pause. */
  #isPausing = false;
  #opening: Promise<void> | undefined;
  /** When connections were last opened. */
  #openedAt = Number.NEGATIVE_INFINITY;
  #again = false;
  #closed = false;

  constructor(options: WarmConnectionsOptions) {
    this.#options = options;
    this.#request = keepAliveRequest(options.url);
    this.#url = this.#request.url;
  }

  /** Opens the connections, unless {@link openAhead} has. */
  start(): void {
    this.#options.http.onIdleEnd = (url, idleMs, inOrder) => {
      if (url.host === this.#url.host) this.#onEnd(idleMs, inOrder);
    };
    if (this.#options.http.idle(this.#url) < fewest) void this.#open();
  }

  /** The network may have changed, or this machine slept: idle connections may be dead. */
  renew(): void {
    this.#options.http.dropIdle(this.#url);
    this.#pauseMs = firstPauseMs;
    // One under way may be waiting for a network that is gone.
    this.#opening = undefined;
    void this.#open();
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  #onEnd(idleMs: number, inOrder: boolean): void {
    // A failed connection says nothing about the far end's timeout, nor do several that end together.
    const now = this.#options.clock.now();
    const before = this.#keepAlive;
    if (inOrder && (before === undefined || now - before.seenAt > shortestMs)) {
      const isSure = before !== undefined && Math.abs(idleMs - before.ms) <= before.ms * same;
      this.#keepAlive = { ms: isSure ? Math.min(idleMs, before.ms) : idleMs, isSure, seenAt: now };
    }
    // A single cut connection can be replaced at once, but not if others are cut as soon as they are open.
    const isRepeated = now - this.#openedAt < shortestMs;
    if (idleMs < shortestMs && (inOrder || isRepeated)) this.#pause();
    else if (this.#options.http.idle(this.#url) < this.#wanted) void this.#open();
  }

  /** Opens as many as are needed and uses each. Concurrent calls share one run, and one after it. */
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

  /** One pause for all that end together. */
  #pause(): void {
    if (this.#isPausing) return;
    this.#openAfter(this.#nextPauseMs());
    this.#isPausing = true;
  }

  /** Doubles each time, with jitter. */
  #nextPauseMs(): number {
    const pauseMs = this.#pauseMs * (0.5 + Math.random() / 2);
    this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    return pauseMs;
  }

  /** When to use them before the far end closes them; undefined while its timeout is unknown. */
  get #nextUseMs(): number | undefined {
    const known = this.#keepAlive;
    if (known === undefined || known.ms < shortestMs) return undefined;
    if (!known.isSure && this.#options.clock.now() - known.seenAt > doubtMs) return undefined;
    this.#pauseMs = firstPauseMs;
    return known.ms - Math.max(1000, known.ms * same);
  }

  /** `timeout=60`, in seconds, if the far end sends it (RFC 2068, 19.7.1.1). */
  #read(header: string): void {
    const part = header.split(',', 8).find((each) => each.trim().startsWith('timeout='));
    const ms = Number(part?.split('=', 2)[1]) * 1000;
    if (ms > 0) this.#keepAlive = { ms, isSure: true, seenAt: this.#options.clock.now() };
  }

  /** Of the requests under way at once, `own` were sent from here and show no need. */
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
