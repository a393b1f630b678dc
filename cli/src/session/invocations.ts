// [4] What happens to an invocation: taken once, run, answered; never lost, never run twice.
import type { Clock } from '../../../protocol/clock.ts';
import { type ErrorCode, messageOf } from '../../../protocol/live-debug-error.ts';
import type { Message } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { BuildMessage } from '../build/build-event.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import {
  type FunctionError,
  functionError,
  type WorkerPool,
  type WorkerResult,
} from '../worker/invocation.ts';
import { Answers, bodyOf, type Run } from './answers.ts';
import { buildFailure, notServed, stoppedError } from './own-errors.ts';
import { resultEvent } from './result-event.ts';
import type { SessionEvent } from './session-event.ts';
import { triggerSummary } from './trigger-summary.ts';

export interface InvocationsOptions {
  readonly link: RelayLink;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  /** Served functions and their timeouts in seconds. */
  readonly functions: ReadonlyMap<string, { readonly timeout: number }>;
  /** Why a function can't run: the errors of its build, or undefined where a good build is there. */
  readonly buildErrors: (functionName: string) => readonly BuildMessage[] | undefined;
  readonly onEvent: (event: SessionEvent) => void;
}

/** An answer is still tried to be delivered this long after the stub's deadline: its clock may differ. */
const deliveryGraceMs = 5000;

/**
 * An answer is an ack too. Code that is done within this saves a message each way through the relay, and its CPU
 * time just when the answer needs it; the stub waits for an ack for seconds.
 */
const ackAfterMs = 5;

/** A difference of clocks above this is no time on the way. */
const plausibleTransitMs = 10_000;

const nothing = new Uint8Array(0);

/** All invocations of a session. */
export class Invocations {
  readonly #options: InvocationsOptions;
  readonly #answers = new Answers();
  /** Everything still to be done: run, deliver, tell. */
  readonly #open = new Set<Promise<void>>();
  #total = 0;
  #failed = 0;

  constructor(options: InvocationsOptions) {
    this.#options = options;
  }

  /** How many are being worked on. */
  get running(): number {
    return this.#answers.running;
  }

  /** Counts since the start. */
  get counts(): { readonly invocations: number; readonly failed: number } {
    return { invocations: this.#total, failed: this.#failed };
  }

  /** A stub hands over an invocation, or hands it over again because it heard nothing. */
  invoke(message: Message<'invoke'>, channel: Channel): void {
    const known = this.#answers.get(message.id);
    if (known) return this.#remind(known, message.head.replyTo);
    const { clock, onEvent } = this.#options;
    const { head, id } = message;
    const now = clock.now();
    const onTheWay = now - head.sentAt;
    const run: Run = {
      id,
      requestId: head.requestId,
      functionName: head.function,
      channel,
      replyTo: head.replyTo,
      // The clocks of laptop and Lambda may differ; how much time the stub has left does not depend on them.
      deadlineMs: now + (head.deadline - head.sentAt),
      sentMs: onTheWay >= 0 && onTheWay < plausibleTransitMs ? head.sentAt : now,
      attempt: 0,
      state: 'running',
      answer: undefined,
    };
    this.#answers.begin(run);
    this.#total += 1;
    // The code starts first; the ack rides beside it, where an answer is not as quick.
    this.track(this.#work(run, message));
    clock.after(ackAfterMs, () => {
      if (run.state === 'running') this.#acknowledge(run);
    });
    const trigger = triggerSummary(message.body);
    onEvent({ event: 'invoke', id: run.requestId, function: run.functionName, trigger });
  }

  /** A stub asks where its invocation stands, perhaps from a new connection. */
  probe(message: Message<'probe'>, channel: Channel): void {
    const { clock, link } = this.#options;
    const { head, id } = message;
    const known = this.#answers.get(id);
    if (known) return this.#remind(known, head.replyTo);
    const { body } = functionError(
      'LiveDebugLostError',
      'this livectl does not know the invocation: it was restarted, or forgot an answer that nobody fetched',
    );
    const answer = { type: 'error', id, attempt: 1, head: { codeMs: 0 }, body } as const;
    this.track(link.post(head.replyTo, channel, answer, clock.now() + deliveryGraceMs));
  }

  /** The stub has given up: the local run ends as Lambda would end it. */
  cancel({ head, id }: Message<'cancel'>): void {
    const run = this.#answers.get(id);
    if (run?.state !== 'running') return;
    const { clock, onEvent, pool } = this.#options;
    run.state = 'cancelled';
    this.#answers.finish(run, { outcome: { ok: false, error: stoppedError() }, codeMs: 0 });
    this.#failed += 1;
    pool.cancel(run.requestId);
    const ms = clock.now() - run.sentMs;
    const error = {
      name: 'Sandbox.Timedout',
      message: `the stub gave up (${head.reason}); the local run was ended`,
    };
    onEvent({
      event: 'result',
      id: run.requestId,
      function: run.functionName,
      ok: false,
      ms,
      code_ms: ms,
      error,
    });
  }

  /** Waits up to `boundMs` for all that is open, answers the rest with LD_STOPPED; returns how many those were. */
  async drain(boundMs: number): Promise<number> {
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(boundMs, resolve);
      void Promise.allSettled(this.#open).then(() => {
        timer.cancel();
        resolve();
      });
    });
    const abandoned = [...this.#answers.inFlight()];
    for (const run of abandoned) {
      this.#answers.finish(run, { outcome: { ok: false, error: stoppedError() }, codeMs: 0 });
      this.#failed += 1;
      this.#options.pool.cancel(run.requestId);
      await this.#deliver(run);
    }
    return abandoned.length;
  }

  /** Work that `drain` waits for; its failure is reported, never thrown. */
  track(work: Promise<unknown>): void {
    const done = work
      .catch((error: unknown) => this.#error('LD_INTERNAL', messageOf(error)))
      .then(() => {
        this.#open.delete(done);
      });
    this.#open.add(done);
  }

  async #work(run: Run, message: Message<'invoke'>): Promise<void> {
    const result = await this.#runCode(run, message);
    // Cancelled or abandoned meanwhile: told already.
    if (run.state !== 'running') return;
    this.#answers.finish(run, { outcome: result.outcome, codeMs: result.codeMs });
    if (!result.outcome.ok) this.#failed += 1;
    await this.#deliver(run);
    const ms = this.#options.clock.now() - run.sentMs;
    await result.logsDrained;
    this.#options.onEvent(resultEvent(run, result, ms));
  }

  async #runCode(run: Run, message: Message<'invoke'>): Promise<WorkerResult> {
    const { buildErrors, functions, pool } = this.#options;
    const { body, head } = message;
    const settings = functions.get(run.functionName);
    if (settings === undefined) return failure(notServed(run.functionName, [...functions.keys()]));
    const errors = buildErrors(run.functionName);
    if (errors !== undefined) return failure(buildFailure(run.functionName, errors));
    return pool.run({
      id: run.requestId,
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

  #remind(run: Run, replyTo: string): void {
    run.replyTo = replyTo;
    if (run.state === 'answered') this.track(this.#deliver(run));
    else this.#acknowledge(run);
  }

  /** Beside the work: it warms the connection for the answer. */
  #acknowledge(run: Run): void {
    run.attempt += 1;
    const ack = { type: 'ack', id: run.id, attempt: run.attempt, head: {}, body: nothing } as const;
    const posted = this.#options.link.post(run.replyTo, run.channel, ack, run.deadlineMs).then((outcome) => {
      // Gone: the stub opens a new connection and asks from there.
      if (outcome.kind === 'failed')
        this.#error('LD_RELAY', `the relay did not take an ack: ${outcome.reason}`);
    });
    this.track(posted);
  }

  async #deliver(run: Run): Promise<void> {
    if (run.answer === undefined) return;
    const { outcome, codeMs } = run.answer;
    run.attempt += 1;
    const common = { id: run.id, attempt: run.attempt, body: bodyOf(outcome) };
    const message = outcome.ok
      ? ({ ...common, type: 'result', head: { contentType: outcome.contentType, codeMs } } as const)
      : ({ ...common, type: 'error', head: { codeMs } } as const);
    const until = run.deadlineMs + deliveryGraceMs;
    const posted = await this.#options.link.post(run.replyTo, run.channel, message, until);
    if (posted.kind !== 'failed') return;
    const what = `the answer to ${run.requestId} was not delivered: ${posted.reason}`;
    this.#error('LD_RELAY', `${what}; it is kept and sent when the stub asks`);
  }

  #error(code: ErrorCode, message: string): void {
    this.#options.onEvent({ event: 'error', code, message });
  }
}

function failure(error: FunctionError): WorkerResult {
  return { outcome: { ok: false, error }, codeMs: 0, initMs: 0, logsDrained: Promise.resolve() };
}
