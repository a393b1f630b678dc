// HTTP as both ends use it: kept-alive connections, a bound on every wait, and a fresh connection beside one that is or may
// be dead.
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { type Clock, systemClock, type Timer } from './clock.ts';
import { HttpAttempt, type HttpRequest, type HttpResponse, isReset } from './http-attempt.ts';

interface HttpClientOptions {
  /** Returns another agent for a URL, e.g. one for a proxy; the caller closes it. */
  readonly agentFor?: (url: URL) => http.Agent | undefined;
  /** A connection without a request is closed after this many milliseconds; default as in {@link keepAlive}. */
  readonly idleMs?: number;
  /**
   * A connection that was idle for this many milliseconds, by the wall clock, may be dead without a sign, since Lambda froze
   * this process. A fresh one is opened beside it at once, and used if the old one fails or does not answer in the meantime.
   * Default: no connection is doubted.
   */
  readonly doubtAfterMs?: number;
  readonly clock?: Clock;
  /** Replaces the system's name look-up. */
  readonly lookup?: LookupFunction;
}

/**
 * How all agents keep connections alive. The most recently used one is taken first, since it is the most likely to be alive.
 * The system probes a silent one after 10 s. After 2 minutes without a request it is closed, which is later than the servers
 * seen close it (60 s or less).
 */
export const keepAlive = {
  keepAlive: true,
  keepAliveMsecs: 10_000,
  scheduling: 'lifo',
  maxFreeSockets: 24,
  timeout: 120_000,
} as const;

/** A kept-alive connection that is silent for this long gets a second one beside it. Milliseconds. */
export const hedgeAfterMs = 1500;
/** A doubtful connection has at least this long to answer, in milliseconds; the relay and DynamoDB take 5 to 15. */
export const answersWithinMs = 20;
/** The slowest line, in bytes per millisecond: 0.25 Mbit/s. When the last byte of a body has left is not known. */
const slowestRate = 32;
/** Requests from this size on are used to measure the line. */
const measurableBytes = 16 * 1024;

/** What is under way to one host, and the highest number of requests at once since the last query. */
interface Traffic {
  requests: number;
  bytes: number;
  peak: number;
}

/** Sends requests over connections it keeps open. Close it to let the process end. */
export class HttpClient {
  /** Called when a connection without a request has ended, with its idle milliseconds and whether it was closed in order. */
  onIdleEnd: (url: URL, idleMs: number, inOrder: boolean) => void = () => undefined;
  readonly #agents: { readonly http: http.Agent; readonly https: https.Agent };
  readonly #options: HttpClientOptions;
  readonly #clock: Clock;
  /** When each idle connection had its last request. */
  readonly #idleSince = new WeakMap<Socket, number>();
  readonly #traffic = new Map<string, Traffic>();
  /** Bytes per millisecond, as last measured. */
  #rate = slowestRate;

  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    const { idleMs: timeout = keepAlive.timeout, lookup } = options;
    const kept = { ...keepAlive, timeout, ...(lookup ? { lookup } : {}) };
    this.#agents = { http: new http.Agent(kept), https: new https.Agent(kept) };
  }

  /** Rejects with the network's error, a `CutOffError`, or code `ETIMEDOUT`. Any HTTP status counts as an answer. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const { host } = request.url;
    const body = request.body === undefined ? undefined : bytesOf(request.body);
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
      if (bytes >= measurableBytes) this.#rate = Math.max(slowestRate, rate);
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

  /** The highest number of requests to the URL's host at once since the last call. */
  takePeak(url: URL): number {
    const traffic = this.#traffic.get(url.host);
    const { peak = 0 } = traffic ?? {};
    if (traffic) traffic.peak = traffic.requests;
    return peak;
  }

  /** Closes connections to the URL's host without a request since `sinceMs`, in milliseconds since the epoch. */
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

  /** The first answer of one or more attempts, each on its own connection. */
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
            // The far end had closed the kept-alive connection: nothing was answered, so the same request is sent again. The other
            // kept-alive ones are most likely closed as well. A fresh connection that fails is a real failure.
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
      /** Sends the request on another connection as well; one used since this began is as good as a fresh one. */
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
      const isDoubtful = this.#isDoubtful(url, startedAt);
      if (isDoubtful && !repeatable) this.dropIdle(url);
      const first = begin();
      first.go();
      if (!repeatable || !first.reused) return;
      if (!isDoubtful) return look(hedgeAfterMs);
      this.dropIdle(url);
      second = begin(() => look(answersWithinMs));
    });
  }

  /** Whether even the connection that was used last may be dead. */
  #isDoubtful(url: URL, now: number): boolean {
    const { doubtAfterMs } = this.#options;
    if (doubtAfterMs === undefined) return false;
    const newest = Math.max(...this.#idle(url).map((socket) => this.#idleSince.get(socket) ?? 0));
    return now - newest > doubtAfterMs;
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

/** Bytes that are given are not copied: large bodies would be for each request. */
function bytesOf(body: Uint8Array | string): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}
