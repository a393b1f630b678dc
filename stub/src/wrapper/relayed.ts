// [1] Who answers an invocation of a wrapped function: a client that serves it, by the stub's own conversation, or the
// deployed code. What may have begun on a laptop is never left to the deployed code.
import type { Clock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { Batch } from '../batch/split-batch.ts';
import type { Client } from '../client-directory.ts';
import { Conversations, type Invocation } from '../conversations.ts';
import { IncomingParts, type LambdaStream } from '../incoming-parts.ts';
import type { Observing } from '../observing.ts';
import { report } from '../report.ts';
import { readSettings } from '../settings.ts';
import type { Answer } from '../signals.ts';
import type { WhoAnswers } from '../who-answers.ts';
import { otherwise, UnbegunError } from './unbegun.ts';
import { Way } from './way.ts';

/**
 * After a fault, the deployed code gets the invocation within 300 ms. Of these, table and relay together have the first bound to
 * be ready, and the invocation has the second one to find a connection.
 */
const readyWithinMs = 150;
const leaveWithinMs = 130;

/** How long "nobody serves" counts without reading again: a busy function reads the table once a second. */
const nobodyForMs = 1000;

/** The runtime's process does not need to know of a conversation that is over by then; milliseconds. */
const tellAfterMs = 25;

/** A client may have begun the invocation but gave no answer; `cause` is why. */
export class BegunError extends Error {
  constructor(cause: unknown) {
    super('a client may have begun this invocation', { cause });
  }
}

export class Relayed {
  /** Gets whether a client has had an invocation for a while. */
  onRelays: (relays: boolean) => void = () => undefined;
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #partialFailures: string | undefined;
  /** Invocations that the runtime's process knows that a client has. */
  #told = 0;
  readonly #conversations: Conversations;
  readonly #directory: Way<boolean>;
  readonly #relay: Way<true>;
  /** Causes logged since a client last answered, about 100 at most. */
  readonly #said = new Set<string>();
  /** A post failed: the relay counts as ready only after a test post was accepted. */
  #doubtsPosts = false;

  /** Throws LD_STUB_CONFIG when the environment lacks what the module sets. */
  constructor(environment: NodeJS.ProcessEnv, clock: Clock) {
    this.#clock = clock;
    const lookUp = { nobodyForMs, skipsGone: true };
    const settings = readSettings(environment);
    this.#patience = settings.patience;
    this.#partialFailures = settings.partialFailures;
    this.#conversations = new Conversations(environment, settings, clock, lookUp);
    const { clients } = this.#conversations;
    this.#directory = new Way(
      clock,
      () => clients.look(),
      (why) => this.#say('the table that says who serves', why),
    );
    this.#relay = new Way(
      clock,
      () => this.#reachRelay(),
      (why) => this.#say('the relay', why),
    );
  }

  /** Runs while the runtime starts: if somebody serves, the first invocation finds the connections open. Never rejects. */
  async start(): Promise<void> {
    const boundMs = 1000;
    if (!(await this.#directory.get(boundMs))) return;
    const { clients, poster } = this.#conversations;
    await Promise.all([this.#relay.get(boundMs), poster.warm(), clients.prepare().catch(() => undefined)]);
  }

  /** A batch whose records belong to several; undefined if it goes whole. Rejects after a fault, before anything was sent. */
  async batch({ event }: Invocation): Promise<Batch | undefined> {
    if (this.#partialFailures === undefined) return undefined;
    const isServed = await this.#directory.get(readyWithinMs * this.#patience);
    return isServed ? this.#conversations.whoAnswers(event).batch(this.#partialFailures) : undefined;
  }

  /**
   * The client's answer; undefined if the deployed code must answer, which is known within 300 ms of a fault. Throws
   * {@link BegunError} if a client may have begun it; its `cause` is what the stub throws. Parts of a streamed response are
   * written to `stream`; without one, the answer is whole.
   */
  async answer(invocation: Invocation, stream?: LambdaStream): Promise<Answer | undefined> {
    const untilMs = this.#clock.now() + readyWithinMs * this.#patience;
    const clients = this.#conversations.whoAnswers(invocation.event);
    const client = await this.#reachable(clients, untilMs, stream !== undefined);
    if (client === undefined) return undefined;
    const instead = otherwise(this.#clock, this.#conversations.socket, leaveWithinMs * this.#patience);
    // From here on, not even a fault of the proxy may let the deployed code run what a client has begun.
    let mayHaveBegun = true;
    let isTold = false;
    const timer = this.#clock.after(tellAfterMs, () => {
      isTold = true;
      this.#told += 1;
      if (this.#told === 1) this.onRelays(true);
    });
    try {
      try {
        const parts = stream && new IncomingParts(stream);
        const answer = await this.#conversations.converse(invocation, parts, instead, clients);
        // From here on, every cause is logged again.
        this.#said.clear();
        return answer;
      } catch (error) {
        // If the exchange was never run, nothing was sent.
        if (instead.hasRun && !(error instanceof UnbegunError)) throw error;
        mayHaveBegun = false;
        this.#onUnbegun(error instanceof UnbegunError ? error.cause : error, client);
        return undefined;
      } finally {
        timer.cancel();
        if (isTold) this.#told -= 1;
        if (isTold && this.#told === 0) this.onRelays(false);
      }
    } catch (error) {
      throw mayHaveBegun ? new BegunError(error) : error;
    }
  }

  /** What copies the deployed code's answers; undefined if nobody observed at the last look-up. */
  observing(): Promise<Observing | undefined> | undefined {
    return this.#conversations.observing();
  }

  /** Lambda ends the instance: clients need not go on. Never rejects. */
  stop(): Promise<void> {
    return this.#conversations.stop();
  }

  /** The client to talk to, if there is one and the relay is open. Never rejects. */
  async #reachable(clients: WhoAnswers, untilMs: number, isWhole: boolean): Promise<Client | undefined> {
    try {
      const left = () => Math.max(1, untilMs - this.#clock.now());
      const isServed = await this.#directory.get(left());
      const client = isServed ? await clients.known() : undefined;
      // Not after a fault: its line already says why nobody was found. Of a part of a batch, that is known.
      if (!client && isWhole && this.#said.size === 0)
        this.#say(
          'nobody serves',
          isServed ? 'no client wants this invocation' : 'no livectl has this function or its stage',
        );
      return client && (await this.#relay.get(left())) ? client : undefined;
    } catch (error) {
      const isItem = error instanceof LiveDebugError && error.code === 'LD_DIRECTORY';
      this.#say(isItem ? 'the table that says who serves' : 'a fault of the proxy', messageOf(error));
      return undefined;
    }
  }

  #onUnbegun(cause: unknown, { item }: Client): void {
    const code = cause instanceof LiveDebugError ? cause.code : undefined;
    if (code === 'LD_RELAY') {
      this.#doubtsPosts = true;
      return this.#relay.fail(messageOf(cause));
    }
    const who = `livectl of ${item.user} on ${item.host}`;
    // One text for all connections, so that it is logged once.
    if (code === 'LD_NO_CLIENT')
      return this.#say(who, 'its connection is gone, or it does not take this function');
    this.#say(code === 'LD_DIRECTORY' ? 'the table that says who serves' : who, messageOf(cause));
  }

  /** Resolves when the socket is open and posts are not refused. */
  async #reachRelay(): Promise<true> {
    const { poster, socket } = this.#conversations;
    await socket.get();
    if (!this.#doubtsPosts) return true;
    // To a connection that can't exist: the answer is 410 or 400 if posts are allowed.
    const outcome = await poster.attempt('warm', ' ', { untilMs: this.#clock.now() + 5000 });
    const reason = typeof outcome === 'string' ? outcome : outcome.kind === 'failed' ? outcome.reason : '';
    if (reason !== '' && !reason.startsWith('HTTP 400')) throw new Error(reason);
    this.#doubtsPosts = false;
    return true;
  }

  /** Logs each cause once, until a client has answered. */
  #say(what: string, why: string): void {
    const cause = `${what}: ${why}`;
    if (this.#said.size > 100) this.#said.clear();
    if (this.#said.has(cause)) return;
    this.#said.add(cause);
    report('the deployed code answers', { because: what, why });
  }
}
