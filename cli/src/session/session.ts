// [4] The one place that decides what happens to an invocation: taken once, run, answered, never lost, never run twice.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';
import { channelToClient, type Channel } from '../../../protocol/sealing.ts';
import type { ClientItem } from '../../../protocol/directory.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import type { AnyMessage, Message, MessageHead } from '../../../protocol/message.ts';
import type { BuildEvent, BuildMessage } from '../build/build-event.ts';
import { Lease, type Holder } from '../relay/lease.ts';
import { RelayLink, type LinkEvent, type RelayLinkOptions } from '../relay/relay-link.ts';
import type { Directory } from '../../../protocol/directory.ts';
import { functionError, type WorkerEvent, type WorkerPool, type WorkerResult } from '../worker/invocation.ts';
import { Answers, bodyOf, type Run } from './answers.ts';
import { buildFailure, notServed, stoppedError } from './own-errors.ts';
import { resultEvent } from './result-event.ts';
import type { SessionEvent } from './session-event.ts';
import { triggerSummary } from './trigger-summary.ts';

/** How the session came to its end. */
export type SessionEnd = 'stopped' | 'displaced';

export interface SessionOptions {
  readonly relay: Omit<RelayLinkOptions, 'clock' | 'onMessage' | 'onConnected' | 'onEvent'>;
  readonly directory: Directory;
  readonly holder: Omit<Holder, 'session' | 'publicKey'>;
  /** Served functions and their timeouts in seconds. */
  readonly functions: ReadonlyMap<string, { readonly timeout: number }>;
  /** Names of `--function`, or undefined where the whole stage is served. */
  readonly only: readonly string[] | undefined;
  readonly noTakeover: boolean;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly onEvent: (event: SessionEvent) => void;
}

/** An answer is still tried to be delivered this long after the stub's deadline: its clock may differ. */
const deliveryGraceMs = 5000;

/** Displacing is told once; who can't be reached finds out at the next renewal. */
const displacedPostMs = 5000;

/** From `start` to `stop`: one stage (or some of its functions), served by one pool. */
export class Session {
  /** Resolves when the session has ended, by `stop` or because somebody else serves now. */
  readonly ended: Promise<SessionEnd>;
  readonly #options: SessionOptions;
  readonly #link: RelayLink;
  readonly #lease: Lease;
  readonly #answers = new Answers();
  readonly #built = new Set<string>();
  readonly #buildErrors = new Map<string, readonly BuildMessage[]>();
  /** Everything still to be done for an invocation: run, deliver, tell. */
  readonly #open = new Set<Promise<void>>();
  readonly #end: (end: SessionEnd) => void;
  #stopping = false;
  #invocations = 0;
  #failed = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { clock, directory, holder, noTakeover, only, relay } = options;
    let end: (end: SessionEnd) => void = () => undefined;
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    this.#end = end;
    this.#lease = new Lease({
      directory,
      stage: relay.stage,
      functions: only,
      holder: { ...holder, session: randomUUID(), publicKey: relay.keys.publicKey },
      clock,
      noTakeover,
      onLost: (by) => this.#displaced(by),
      onTrouble: (message, leftMs) =>
        this.#error('LD_DIRECTORY', `${message}; the lease holds for ${Math.max(0, Math.round(leftMs / 1000))} s more`),
    });
    this.#link = new RelayLink({
      ...relay,
      clock,
      onMessage: (message, channel) => this.#receive(message, channel),
      onConnected: async (connectionId) => this.#tellDisplaced(await this.#lease.take(connectionId)),
      onEvent: (event) => this.#tellLink(event),
    });
  }

  /** Connects and takes the stage. Rejects with LD_RELAY, LD_DIRECTORY or LD_DISPLACED. */
  async start(): Promise<void> {
    await this.#link.start();
  }

  /** The builder's news: a good build runs from the next invocation on, a failed one keeps the last good one. */
  onBuild(event: BuildEvent): void {
    const { onEvent, pool } = this.#options;
    switch (event.type) {
      case 'built': {
        const name = event.code.functionName;
        pool.use(event.code);
        this.#built.add(name);
        const mended = this.#buildErrors.delete(name);
        if (!event.first || mended) onEvent({ event: 'reload', function: name, ms: event.ms, changed: event.changed });
        return;
      }
      case 'build_error': {
        const { errors, functionName, hasLastGood } = event;
        this.#buildErrors.set(functionName, errors);
        onEvent({ event: 'build_error', function: functionName, errors, last_good: hasLastGood });
        return;
      }
      case 'notice':
        onEvent({ event: 'notice', message: event.message });
    }
  }

  /** The pool's news. */
  onWorker(event: WorkerEvent): void {
    const { onEvent } = this.#options;
    if (event.type === 'log') {
      const { functionName, id, level, message } = event;
      onEvent({ event: 'log', id, function: functionName, level, message });
    } else if (event.type === 'queued') {
      onEvent({ event: 'queued', id: event.id, function: event.functionName, waiting: event.waiting });
    }
  }

  /**
   * Gives the stage back, so that new invocations fail at once, waits up to `boundMs` for those in flight and
   * answers the rest with LD_STOPPED. Resolves when nothing is left to deliver; safe to call twice.
   */
  async stop(boundMs: number): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const { onEvent } = this.#options;
    onEvent({ event: 'stopping', waiting_for: this.#answers.running });
    await this.#lease.release();
    await this.#settle(boundMs);
    const abandoned = [...this.#answers.inFlight()];
    for (const run of abandoned) await this.#abandon(run);
    this.#link.close();
    onEvent({ event: 'stopped', invocations: this.#invocations, failed: this.#failed, abandoned: abandoned.length });
    this.#end('stopped');
  }

  async #settle(boundMs: number): Promise<void> {
    const bound = new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(boundMs, resolve);
      void Promise.allSettled(this.#open).then(() => {
        timer.cancel();
        resolve();
      });
    });
    await bound;
  }

  async #abandon(run: Run): Promise<void> {
    const error = stoppedError();
    this.#answers.finish(run, { outcome: { ok: false, error }, codeMs: 0 });
    await this.#deliver(run);
    this.#options.pool.cancel(run.id);
  }

  #receive(message: AnyMessage, channel: Channel): void {
    switch (message.type) {
      case 'invoke':
        return this.#invoke(message, channel);
      case 'probe':
        return this.#probe(message, channel);
      case 'cancel':
        return this.#cancel(message.id, message.head.reason);
      case 'displaced':
        return this.#displaced(message.head.by);
      default:
        this.#error('LD_RELAY', `a stub sent a message of type ${message.type}, which only clients send; ignored`);
    }
  }

  #invoke(message: Message<'invoke'>, channel: Channel): void {
    const known = this.#answers.get(message.id);
    if (known) return this.#remind(known, message.head.replyTo);
    const { clock } = this.#options;
    const { head, id } = message;
    const now = clock.now();
    // The clocks of laptop and Lambda may differ; how much time the stub has left does not depend on them.
    const deadlineMs = now + (head.deadline - head.sentAt);
    const onTheWay = now - head.sentAt;
    const run: Run = {
      id,
      functionName: head.function,
      channel,
      replyTo: head.replyTo,
      deadlineMs,
      sentMs: onTheWay >= 0 && onTheWay < plausibleTransitMs ? head.sentAt : now,
      attempt: 0,
      state: 'running',
      answer: undefined,
    };
    this.#answers.begin(run);
    this.#invocations += 1;
    this.#acknowledge(run);
    this.#options.onEvent({ event: 'invoke', id, function: run.functionName, trigger: triggerSummary(message.body) });
    this.#track(this.#work(run, message));
  }

  async #work(run: Run, message: Message<'invoke'>): Promise<void> {
    const result = await this.#runCode(run, message);
    if (run.state !== 'running') return;
    this.#answers.finish(run, { outcome: result.outcome, codeMs: result.codeMs });
    if (!result.outcome.ok) this.#failed += 1;
    await this.#deliver(run);
    const ms = this.#options.clock.now() - run.sentMs;
    await result.logsDrained;
    this.#options.onEvent(resultEvent(run, result, ms));
  }

  async #runCode(run: Run, message: Message<'invoke'>): Promise<WorkerResult> {
    const { functions, pool } = this.#options;
    const { body, head, id } = message;
    const settings = functions.get(run.functionName);
    if (settings === undefined) return failure(notServed(run.functionName, [...functions.keys()]));
    if (!this.#built.has(run.functionName)) {
      return failure(buildFailure(run.functionName, this.#buildErrors.get(run.functionName) ?? []));
    }
    return pool.run({
      id,
      functionName: run.functionName,
      instance: head.instance,
      event: body,
      deadlineMs: run.deadlineMs,
      timeoutSeconds: settings.timeout,
      invokedFunctionArn: head.arn,
      traceId: head.traceId,
      clientContext: head.clientContext,
      cognitoIdentity: head.identity,
      environment: head.environment,
    });
  }

  /** The stub asks again, from a connection that may be new: tell it where its invocation stands. */
  #remind(run: Run, replyTo: string): void {
    run.replyTo = replyTo;
    if (run.state === 'answered') this.#track(this.#deliver(run));
    else this.#acknowledge(run);
  }

  #probe(message: Message<'probe'>, channel: Channel): void {
    const known = this.#answers.get(message.id);
    if (known) return this.#remind(known, message.head.replyTo);
    const text = 'this livectl does not know the invocation: it was restarted, or it forgot an answer nobody fetched';
    const { body } = functionError('LiveDebugLostError', text);
    const until = this.#options.clock.now() + deliveryGraceMs;
    const answer = { type: 'error', id: message.id, attempt: 1, head: { codeMs: 0 }, body } as const;
    this.#track(this.#link.post(message.head.replyTo, channel, answer, until).then(() => undefined));
  }

  #cancel(id: string, reason: MessageHead<'cancel'>['reason']): void {
    const run = this.#answers.get(id);
    if (run?.state !== 'running') return;
    run.state = 'cancelled';
    this.#answers.finish(run, { outcome: { ok: false, error: stoppedError() }, codeMs: 0 });
    this.#failed += 1;
    this.#options.pool.cancel(id);
    const message = `the stub gave up (${reason}); the local run was ended`;
    const error = { name: 'Sandbox.Timedout', message };
    const ms = this.#options.clock.now() - run.sentMs;
    this.#options.onEvent({ event: 'result', id, function: run.functionName, ok: false, ms, code_ms: ms, error });
  }

  /** Beside the work: it warms the connection for the answer. */
  #acknowledge(run: Run): void {
    run.attempt += 1;
    const ack = { type: 'ack', id: run.id, attempt: run.attempt, head: {}, body: nothing } as const;
    const posted = this.#link.post(run.replyTo, run.channel, ack, run.deadlineMs).then((outcome) => {
      // Gone: the stub opens a new connection and asks from there.
      if (outcome.kind === 'failed') this.#error('LD_RELAY', `the relay did not take an ack: ${outcome.reason}`);
    });
    this.#track(posted);
  }

  async #deliver(run: Run): Promise<void> {
    if (run.answer === undefined) return;
    const { outcome, codeMs } = run.answer;
    run.attempt += 1;
    const common = { id: run.id, attempt: run.attempt, body: bodyOf(outcome) };
    const message = outcome.ok
      ? ({ ...common, type: 'result', head: { contentType: outcome.contentType, codeMs } } as const)
      : ({ ...common, type: 'error', head: { codeMs } } as const);
    const posted = await this.#link.post(run.replyTo, run.channel, message, run.deadlineMs + deliveryGraceMs);
    if (posted.kind === 'failed') {
      this.#error('LD_RELAY', `the answer to ${run.id} was not delivered: ${posted.reason}; it is kept and sent when the stub asks`);
    }
  }

  #displaced(by: { readonly user: string; readonly host: string } | undefined): void {
    if (this.#stopping) return;
    this.#options.onEvent({ event: 'displaced', by });
    this.#end('displaced');
  }

  async #tellDisplaced(displaced: readonly ClientItem[]): Promise<void> {
    const { clock, holder, relay } = this.#options;
    const connections = new Map(displaced.map((client) => [client.connectionId, client]));
    for (const client of connections.values()) {
      const head = { by: { user: holder.user, host: holder.host }, at: clock.now() };
      const message = { type: 'displaced', id: randomUUID(), attempt: 1, head, body: nothing } as const;
      const told = channelToClient(client.publicKey, relay.stage).then((channel) =>
        this.#link.postToClient(client.connectionId, channel, message, clock.now() + displacedPostMs),
      );
      this.#track(told.then(() => undefined, () => undefined));
      this.#options.onEvent({ event: 'notice', message: `took over from ${client.user} on ${client.host}` });
    }
  }

  #tellLink(event: LinkEvent): void {
    const { onEvent } = this.#options;
    switch (event.type) {
      case 'lost':
        return onEvent({ event: 'reconnect', state: 'lost', reason: event.reason });
      case 'retrying':
        return onEvent({ event: 'reconnect', state: 'retrying', reason: event.reason });
      case 'reconnected':
        return onEvent({ event: 'reconnect', state: 'connected', ms: event.ms });
      case 'dropped':
        return this.#error('LD_RELAY', `dropped a message (${event.dropped} so far): ${event.reason}`);
    }
  }

  #track(work: Promise<void>): void {
    const done = work
      .catch((error: unknown) => this.#error('LD_INTERNAL', messageOf(error)))
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  #error(code: LiveDebugError['code'], message: string): void {
    this.#options.onEvent({ event: 'error', code, message });
  }
}

const nothing = new Uint8Array(0);

/** A difference of clocks above this is no time on the way. */
const plausibleTransitMs = 10_000;

function failure(error: ReturnType<typeof functionError>): WorkerResult {
  return { outcome: { ok: false, error }, codeMs: 0, initMs: 0, logsDrained: Promise.resolve() };
}
