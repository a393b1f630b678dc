// HTTP as both ends use it: kept-alive connections, a bound on every wait, and a fresh connection beside one that is
// dead or may be.
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { HttpAttempt, type HttpRequest, type HttpResponse, isReset } from './http-attempt.ts';

interface HttpClientOptions {
  /** Names another agent for a URL, e.g. one that goes through a proxy; the caller closes it. */
  readonly agentFor?: (url: URL) => http.Agent | undefined;
  /** A connection without a request ends after so many milliseconds; default that of {@link keepAlive}. */
  readonly idleMs?: number;
  /**
   * One that was idle for so many milliseconds, on the wall clock, may be dead without a word: Lambda froze this process. A
   * fresh one is opened beside it at once, and used where the old one fails, or has not answered by then. Default: none is.
   */
  readonly doubtAfterMs?: number;
  readonly clock?: Clock;
  /** Instead of the system's look-up of names. */
  readonly lookup?: LookupFunction;
}

/**
 * How agents here and for proxies keep connections: the one used last is the one most likely to be alive still; the system
 * asks the far end of a silent one after 10 s; after 2 min without a request it ends, later than the keep-alive of the
 * servers seen (60 s and less).
 */
export const keepAlive = {
  keepAlive: true,
  keepAliveMsecs: 10_000,
  scheduling: 'lifo',
  maxFreeSockets: 24,
  timeout: 120_000,
} as const;

/** A kept-alive connection that is silent for so long is given company. Milliseconds. */
export const hedgeAfterMs = 1500;
/** A doubtful connection has so many milliseconds at least to answer: the relay and DynamoDB take 5 to 15. */
export const answersWithinMs = 20;
/** The slowest line, in bytes a millisecond: 0.25 Mbit/s. Nobody knows when the last byte of a body has left. */
const slowestRate = 32;
/** From so many bytes on a request tells how fast the line is. */
const tellingBytes = 16 * 1024;

/** What is under way to one host, and the most requests at once since somebody asked. */
interface Traffic {
  requests: number;
  bytes: number;
  peak: number;
}

/** Sends requests over connections it keeps open. Close it to let the process end. */
export class HttpClient {
  /**
   * Told of a connection without a request that has ended: how many milliseconds it had none, and whether it was closed in
   * order.
   */
  onIdleEnd: (url: URL, idleMs: number, inOrder: boolean) => void = () => undefined;
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };
  readonly #options: HttpClientOptions;
  readonly #clock: Clock;
  /** Since when a connection has had no request. */
  readonly #idleSince = new WeakMap<Socket, number>();
  readonly #traffic = new Map<string, Traffic>();
  /** Bytes a millisecond, as measured last. */
  #rate = slowestRate;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { idleMs: timeout = keepAlive.timeout, lookup } = options;
    const kept = { ...keepAlive, timeout, ...(lookup ? { lookup } : {}) };
    this.#agents = { http: new http.Agent(kept), https: new https.Agent(kept) };
  }

  /** Rejects with the network's error, a `CutOffError`, or code `ETIMEDOUT`; any HTTP status is an answer. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const { host } = request.url;
    const body = request.body === undefined ? undefined : Buffer.from(request.body as Uint8Array);
    const bytes = body?.length ?? 0;
    const traffic = this.#traffic.get(host) ?? { requests: 0, bytes: 0, peak: 0 };
    this.#traffic.set(host, traffic);
    traffic.requests += 1;
    traffic.peak = Math.max(traffic.peak, traffic.requests);
    traffic.bytes += bytes;
    const [startedAt, allBytes] = [this.#clock.now(), traffic.bytes];
    try {
      const response = await this.#race(request, body, traffic);
      const rate = allBytes / Math.max(1, this.#clock.now() - startedAt);
      if (bytes >= tellingBytes) this.#rate = Math.max(slowestRate, rate);
      return response;
    } finally {
      traffic.requests -= 1;
      traffic.bytes -= bytes;
    }
  }

  /** Connections to the URL's host that wait for a request. */
  idle(url: URL): number {
    return this.#idle(url).length;
  }

  /** The most requests to the URL's host that were under way at once since the last call. */
  takePeak(url: URL): number {
    const traffic = this.#traffic.get(url.host);
    const { peak = 0 } = traffic ?? {};
    if (traffic) traffic.peak = traffic.requests;
    return peak;
  }

  /** Ends the connections to the URL's host that have had no request since then, in milliseconds since the epoch. */
  dropIdle(url: URL, sinceMs = Number.POSITIVE_INFINITY): void {
    for (const socket of this.#idle(url)) {
      if ((this.#idleSince.get(socket) ?? 0) > sinceMs) continue;
      this.#idleSince.delete(socket);
      socket.destroy();
    }
  }

  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  /** The first answer of one or more attempts, each on another connection. */
  #race(request: HttpRequest, body: Buffer | undefined, traffic: Traffic): Promise<HttpResponse> {
    const { repeatable = true, timeoutMs, url } = request;
    const startedAt = this.#clock.now();
    const attempts = new Set<HttpAttempt>();
    return new Promise<HttpResponse>((resolve, reject) => {
      let hedge: Timer | undefined;
      let progressAt = startedAt;
      let mostBytes = 0;
      const over = (error: Error) => {
        bound.cancel();
        hedge?.cancel();
        for (const attempt of attempts) attempt.end(error);
      };
      const bound = this.#clock.after(timeoutMs, () => {
        const message = `no answer from ${url.host} within ${timeoutMs} ms`;
        const error = Object.assign(new Error(message), { code: 'ETIMEDOUT' });
        reject(error);
        over(error);
      });
      const begin = (onOpen?: () => void) => {
        const onProgress = () => {
          progressAt = this.#clock.now();
        };
        const onSocket = (socket: Socket, isNew: boolean) => this.#onSocket(url, socket, isNew);
        const agent = this.#agentOf(url);
        const attempt = new HttpAttempt({ request, body, agent, onSocket, onProgress }, onOpen);
        attempts.add(attempt);
        attempt.response.then(
          (response) => {
            attempts.delete(attempt);
            resolve(response);
            over(new Error('answered on another connection'));
          },
          (error: Error) => {
            attempts.delete(attempt);
            // The far end has closed what we still kept: nothing was answered, so the same request goes out again.
            // What closed one has most likely closed them all. A fresh connection that fails is a real failure.
            if (repeatable && attempt.reused && isReset(error)) instead();
            else if (attempts.size === 0) {
              reject(error);
              over(error);
            } else hedge = this.#clock.after(hedgeAfterMs, () => look(hedgeAfterMs));
          },
        );
        return attempt;
      };
      let second: HttpAttempt | undefined;
      /** Another connection takes the request, too; one that has been used since this began is as good as a fresh one. */
      const instead = () => {
        hedge?.cancel();
        if (second === undefined || !attempts.has(second)) {
          this.dropIdle(url, startedAt);
          second = begin();
        }
        second.go();
      };
      const look = (quietMs: number) => {
        mostBytes = Math.max(mostBytes, traffic.bytes);
        const patienceMs = quietMs + (2 * mostBytes) / this.#rate;
        const leftMs = progressAt + patienceMs - this.#clock.now();
        if (first.begun || !attempts.has(first)) return;
        if (leftMs <= 0) instead();
        else hedge = this.#clock.after(leftMs, () => look(quietMs));
      };
      const newest = Math.max(...this.#idle(url).map((socket) => this.#idleSince.get(socket) ?? 0));
      const isDoubtful = startedAt - newest > (this.#options.doubtAfterMs ?? Number.POSITIVE_INFINITY);
      if (isDoubtful && !repeatable) this.dropIdle(url);
      const first = begin();
      first.go();
      if (!repeatable || !first.reused) return;
      if (!isDoubtful) return look(hedgeAfterMs);
      this.dropIdle(url);
      second = begin(() => look(answersWithinMs));
    });
  }

  #onSocket(url: URL, socket: Socket, isNew: boolean): void {
    this.#idleSince.delete(socket);
    if (!isNew) return;
    socket.on('free', () => this.#idleSince.set(socket, this.#clock.now()));
    socket.once('close', (hadError) => {
      const since = this.#idleSince.get(socket);
      if (since !== undefined) this.onIdleEnd(url, this.#clock.now() - since, !hadError);
    });
  }

  #agentOf(url: URL): http.Agent {
    return this.#options.agentFor?.(url) ?? this.#agents[url.protocol === 'https:' ? 'https' : 'http'];
  }

  #idle(url: URL): Socket[] {
    const { hostname, port, protocol } = url;
    const name = `${hostname.replace(/[[\]]/g, '')}:${port || (protocol === 'https:' ? 443 : 80)}:`;
    const lists = Object.entries(this.#agentOf(url).freeSockets);
    const sockets = lists.flatMap(([each, list]) => (each.startsWith(name) ? (list ?? []) : []));
    return sockets.filter(({ destroyed }) => !destroyed);
  }
}
