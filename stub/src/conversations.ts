// [1] What a stub and a wrapper share: the socket, who serves, and the conversation about each invocation.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import { Directory } from '../../protocol/directory.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { LiveDebugError, messageOf } from '../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../protocol/relay-post.ts';
import type { AwsCredentials } from '../../protocol/signature.ts';
import { encodeMessage, parseWire } from '../../protocol/wire.ts';
import { within } from '../../protocol/within.ts';
import { ClientDirectory, type ClientDirectoryOptions } from './client-directory.ts';
import { Exchange, type ExchangeOptions } from './exchange.ts';
import { functionEnvironment } from './function-environment.ts';
import type { IncomingParts } from './incoming-parts.ts';
import { loadFilters } from './load-filters.ts';
import { loadObserving } from './load-observing.ts';
import type { Observing } from './observing.ts';
import { RareReports } from './report.ts';
import type { StubSettings } from './settings.ts';
import type { Answer } from './signals.ts';
import { StubSocket } from './stub-socket.ts';
import { credentialsIn } from './variables.ts';
import { filterOf, WhoAnswers } from './who-answers.ts';

/** How a conversation finds its client. */
export interface LookUp extends Pick<ClientDirectoryOptions, 'nobodyForMs'> {
  /** A connection that is gone is never used again. */
  readonly skipsGone?: boolean;
}

/** An invocation as received from Lambda. */
export interface Invocation {
  readonly head: Pick<
    ExchangeOptions['head'],
    'requestId' | 'arn' | 'traceId' | 'clientContext' | 'identity' | 'tenantId'
  > &
    /** Set for another instance's invocation. */
    Partial<Pick<ExchangeOptions['head'], 'instance' | 'environment'>>;
  readonly event: Uint8Array;
  /** When it must have been answered, milliseconds since the epoch: {@link deadlineOf}. */
  readonly deadline: number;
}

/** Another way to answer invocations that no client has begun: wrapper/unbegun.ts. */
export interface Otherwise {
  /** Rejects if nothing can be sent. */
  tooSlow(exchange: Exchange): Promise<never>;
  /** It has failed. Returns the error to throw: a different one if no client has begun it, and none will. Never rejects. */
  settle(exchange: Exchange, error: unknown, leftMs: number): Promise<unknown>;
}

/** Reserved from the function's own time, so that `cancel` is sent and the error is worded by us. */
const marginMs = 500;

/** How long giving up waits for the relay to accept `cancel`; it answers within tens of milliseconds. */
const cancelBoundMs = marginMs / 2;

/** `leftMs`: until Lambda ends the invocation. Milliseconds since the epoch. */
export function deadlineOf(nowMs: number, leftMs: number): number {
  return nowMs + leftMs - Math.min(marginMs, leftMs / 4);
}

/** One instance of a function; Lambda keeps it warm between invocations. */
export class Conversations {
  readonly http = new HttpClient({ doubtAfterMs: 30_000 });
  readonly socket: StubSocket;
  readonly clients: ClientDirectory;
  readonly poster: RelayPoster;
  readonly #settings: StubSettings;
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #instance = randomUUID();
  /** Read once: Lambda sets an instance's variables, its credentials included, when it creates the instance. */
  readonly #functionEnvironment: Readonly<Record<string, string>>;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #skipsGone: boolean;
  #observing: Promise<Observing | undefined> | undefined;
  readonly #drops = new RareReports('dropped a message', 'dropped');

  constructor(environment: NodeJS.ProcessEnv, settings: StubSettings, clock: Clock, lookUp: LookUp = {}) {
    this.#environment = environment;
    this.#settings = settings;
    this.#clock = clock;
    const { nobodyForMs, skipsGone = false } = lookUp;
    this.#skipsGone = skipsGone;
    this.#functionEnvironment = functionEnvironment(environment);
    const { region, relayUrl, stage, functionName, tableName, directoryEndpoint, secret } = settings;
    const { observeOnly, patience } = settings;
    const credentials = () => this.credentials();
    const { http } = this;
    this.poster = new RelayPoster({ url: relayUrl, region, http, credentials, clock });
    this.socket = new StubSocket({
      url: relayUrl,
      region,
      credentials,
      clock,
      onText: (text) => this.#receive(text),
      onLost: () => {
        for (const exchange of this.#exchanges.values()) exchange.socketLost();
      },
    });
    const directory = new Directory({
      endpoint: directoryEndpoint,
      region,
      tableName,
      http,
      credentials,
      clock,
    });
    const ofFunction = { directory, stage, functionName, secret, clock };
    this.clients = new ClientDirectory({ ...ofFunction, nobodyForMs, observeOnly, patience });
  }

  /** What copies answers to clients that observe; undefined if none did at the last look-up. Never rejects. */
  observing(): Promise<Observing | undefined> | undefined {
    const { clients, poster } = this;
    if (!clients.serving?.observers.length) return undefined;
    const { functionName } = this.#settings;
    this.#observing ??= loadObserving().then(
      ({ Observing }) =>
        new Observing({
          ...{ clock: this.#clock, poster, clients, functionName, instance: this.#instance },
          ...{ encode: encodeMessage, filters: loadFilters, filterOf },
        }),
      () => undefined,
    );
    return this.#observing;
  }

  /** Determines who may answer an invocation with this event. */
  whoAnswers(event: Uint8Array): WhoAnswers {
    return new WhoAnswers(this.clients, event, this.#skipsGone);
  }

  /**
   * The local code's answer. Throws LD_NO_CLIENT, LD_NO_ACK, LD_LOST, LD_RELAY or LD_DIRECTORY, or a timeout, if no client that may
   * have the invocation continues with it.
   */
  async converse(
    { deadline, event, head }: Invocation,
    parts: IncomingParts | undefined,
    otherwise?: Otherwise,
    clients = this.whoAnswers(event),
  ): Promise<Answer> {
    const { functionName, stage } = this.#settings;
    const exchange = new Exchange({
      clients,
      socket: this.socket,
      poster: this.poster,
      clock: this.#clock,
      stage,
      functionName,
      id: randomUUID(),
      head: {
        instance: this.#instance,
        environment: this.#functionEnvironment,
        ...head,
        function: functionName,
        deadline,
      },
      event,
      parts,
      onDrop: (reason) => this.#drop(reason),
      isHasty: otherwise !== undefined,
    });
    this.#exchanges.set(exchange.id, exchange);
    const startedAt = this.#clock.now();
    let endWait: () => void = () => undefined;
    const timeUp = new Promise<undefined>((resolve) => {
      const timer = this.#clock.after(deadline - this.#clock.now(), () => resolve(undefined));
      endWait = () => timer.cancel();
    });
    try {
      const answer = await Promise.race([
        exchange.run(),
        timeUp,
        ...(otherwise ? [otherwise.tooSlow(exchange)] : []),
      ]);
      if (answer !== undefined) return answer;
      // A livectl that does not answer is not the same as code that takes too long.
      if (exchange.silence) throw exchange.silence;
      await exchange.cancel(undefined, cancelBoundMs);
      throw timeoutError(this.#clock.now() - startedAt);
    } catch (error) {
      const thrown = otherwise
        ? await otherwise.settle(exchange, error, deadline - this.#clock.now())
        : error;
      // Before the caller gets the error: a failed invocation must not begin afterwards.
      const code = error instanceof LiveDebugError ? error.code : 'LD_INTERNAL';
      if (thrown === error) await exchange.cancel(code, cancelBoundMs);
      throw thrown;
    } finally {
      endWait();
      parts?.close();
      exchange.close();
      this.#exchanges.delete(exchange.id);
    }
  }

  /** Lambda ends the instance: clients need not continue with what it was waiting for. Never rejects. */
  async stop(): Promise<void> {
    const open = [...this.#exchanges.values()];
    const cancelled = open.map((exchange) => exchange.cancel('LD_STOPPED', cancelBoundMs));
    const copied = this.#observing?.then((observing) => observing?.flush());
    await Promise.all([...cancelled, copied && within(this.#clock, cancelBoundMs, copied)]);
  }

  credentials(): AwsCredentials {
    return credentialsIn(this.#environment);
  }

  #receive(text: string): void {
    const chunk = parseWire(text);
    if (typeof chunk === 'string') this.#drop(chunk);
    // No longer in flight: a late copy of an answer that was returned.
    else
      this.#exchanges
        .get(chunk.header.id)
        ?.receive(chunk)
        .catch((error) => this.#drop(messageOf(error)));
  }

  /** Never processed, always counted and logged. */
  #drop(reason: string): void {
    this.#drops.add({ reason });
  }
}

/** In Lambda's words, since Lambda would end the stub a moment later. */
function timeoutError(afterMs: number): Error {
  const seconds = (afterMs / 1000).toFixed(2);
  const error = new Error(
    `Task timed out after ${seconds} seconds: livectl had not answered when the stub's time was up`,
  );
  error.name = 'Sandbox.Timedout';
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
