// [4] The course of an invocation: accepted once, run, answered; never lost, never run twice.
import type { Clock } from '../../../protocol/clock.ts';
import type { ClockSkew } from '../../../protocol/clock-skew.ts';
import type { ErrorCode } from '../../../protocol/live-debug-error.ts';
import { heldBytes, type Message, type MessageHead } from '../../../protocol/message.ts';
import type { Channel } from '../../../protocol/sealing.ts';
import type { Holders } from '../relay/holders.ts';
import type { OwnFilter } from '../relay/own-filter.ts';
import type { RelayLink } from '../relay/relay-link.ts';
import type { WorkerPool, WorkerResult } from '../worker/contract.ts';
import { Answers, maxRuns } from './answers.ts';
import { Arrivals } from './arrivals.ts';
import { BuildWaits } from './build-waits.ts';
import type { FirstBuilds } from './first-builds.ts';
import { httpFrontOf } from './http-front.ts';
import { InFlight } from './in-flight.ts';
import type { InvocationWatcher } from './invocation-watcher.ts';
import { type LambdaEvent, parseLambdaEvent } from './lambda-event.ts';
import { OpenWork } from './open-work.ts';
import { OutgoingParts, type Part } from './outgoing-parts.ts';
import { busy, failure, gaveUp, notServed, stoppedError } from './own-errors.ts';
import { Replies } from './replies.ts';
import { ReportThrottle } from './report-throttle.ts';
import { resultEvent } from './result-event.ts';
import { Run } from './run.ts';
import type { SessionEvent } from './session-event.ts';
import { sourceIds } from './source-ids.ts';
import { withRest } from './streamed-result.ts';
import { triggerSummary } from './trigger-summary.ts';
import { Unwanted } from './unwanted.ts';
import type { FunctionVariables } from './variables/function-variables.ts';
import { begunInvocation, type EndTimes, endedInvocation } from './watched-invocation.ts';

interface InvocationsOptions {
  readonly link: Pick<RelayLink, 'post'>;
  readonly pool: WorkerPool;
  readonly clock: Clock;
  readonly skew: ClockSkew;
  /** Served functions and their timeouts in seconds. */
  readonly functions: ReadonlyMap<string, { readonly timeout: number }>;
  readonly builds: Pick<FirstBuilds, 'of'>;
  /** Which of a message's variables the code receives. */
  readonly variables: FunctionVariables;
  /** Which functions others hold. */
  readonly holders: Pick<Holders, 'of' | 'read'>;
  /** Nothing but what matches one of these is served; none: everything. */
  readonly filters?: readonly OwnFilter[] | undefined;
  readonly watcher?: InvocationWatcher | undefined;
  readonly onEvent: (event: SessionEvent) => void;
}

/**
 * An answer counts as an ack. Code that finishes within this time saves the third post of an invocation, and leaves its
 * connection to the answer: 20 invocations at once would otherwise need 40. The stub waits 3 s for an ack after sending.
 */
export const ackAfterMs = 200;
/** An invocation that took longer than this to arrive is acknowledged sooner. */
const longOnTheWayMs = 1000;
const soonMs = 5;

/** What a stub reports about what it has received. */
type Asked = Pick<MessageHead<'probe'>, 'lacks' | 'parts'>;

/** How long answers to aborted invocations may take at a stop. */
const lastAnswersMs = 2000;

/** All invocations of a session. */
export class Invocations {
  readonly #options: InvocationsOptions;
  readonly #answers: Answers;
  readonly #arrivals: Arrivals;
  readonly #replies: Replies;
  readonly #inFlight = new InFlight();
  /** Refusals for lack of room may be thousands, so they are not reported one by one. */
  readonly #busy: ReportThrottle;
  readonly #quiet = new WeakSet<Run>();
  /** Conversations that were cancelled before their invocation was whole. */
  readonly #unwanted = new Unwanted();
  readonly #open: OpenWork;
  readonly #buildWaits: BuildWaits;
  #draining = false;
  /** An invocation was refused since there was last room. */
  #isFull = false;
  #total = 0;
  #failed = 0;

  constructor(options: InvocationsOptions) {
    this.#options = options;
    const { builds, link, clock, filters = [], holders, onEvent, skew } = options;
    this.#buildWaits = new BuildWaits({
      builds,
      clock,
      onWait: ({ functionName, requestId: id }, waiting) =>
        // Reported from within `begin`, but must not come before the invocation's own line.
        queueMicrotask(() =>
          onEvent({ event: 'queued', id, function: functionName, waiting, reason: 'building' }),
        ),
    });
    this.#answers = new Answers(clock);
    this.#busy = new ReportThrottle(clock, (count, excess) =>
      this.#error(
        'LD_BUSY',
        `${count} more invocations were refused; livectl is already working on ${excess}`,
      ),
    );
    this.#open = new OpenWork(clock, (message) => this.#error('LD_INTERNAL', message));
    this.#replies = new Replies({ link, clock, onError: (code, message) => this.#error(code, message) });
    this.#arrivals = new Arrivals({
      clock,
      skew,
      holders,
      isWanted: ({ filter }) => filters.length === 0 || this.#onlyOf(filter) !== undefined,
      replies: this.#replies,
      mayBeCopy: (channel, sentAt) => this.#answers.mayBeCopy(channel, sentAt),
      isSettled: (channel, id) => this.#answers.get(id) !== undefined || this.#unwanted.has(channel, id),
      begin: (message, channel, attempt) => this.#begin(message, channel, attempt),
      onLate: (...late) => this.#late(...late),
      track: (work) => this.track(work),
    });
  }

  /** Number of invocations in flight. */
  get running(): number {
    return this.#inFlight.count;
  }

  /** Totals since the start. */
  get counts(): { readonly invocations: number; readonly failed: number } {
    return { invocations: this.#total, failed: this.#failed };
  }

  /** Whether this sender may send messages of a conversation: a new one, or one that it began itself. */
  mayBeOf(channel: Channel, id: string): boolean {
    const known = this.#answers.get(id) ?? this.#arrivals.held(id);
    return known === undefined || known.channel.enc === channel.enc;
  }

  /** A stub sends an invocation, or resends it because it got no answer. */
  invoke(message: Message<'invoke'>, channel: Channel): void {
    const { id } = message;
    const known = this.#answers.get(id);
    if (known) return this.#remind(known, message);
    const news = this.#unwanted.takeUnreported(channel, id);
    if (news) return this.#tellLate(message, this.#arrivals.ages.lateMs(message.head), news.isElsewhere);
    if (this.#unwanted.has(channel, id)) return;
    if (this.#draining) return this.#arrivals.leave(message, channel, 'stopping');
    this.#arrivals.take(message, channel);
  }

  /** This machine slept, or its clock was set: until AWS's time is known again, each stub is asked. */
  doubtClocks(): void {
    this.#arrivals.doubtClocks();
  }

  /** AWS's time is known again: held invocations may now be young enough, or certainly over. */
  reconsider(): void {
    this.#arrivals.reconsider();
  }

  /** `attempt` is the number of this end's last message about it. */
  #begin(message: Message<'invoke'>, channel: Channel, attempt: number): void {
    const { head, id } = message;
    const { clock, watcher } = this.#options;
    if (this.#draining) return this.#arrivals.leave(message, channel, 'stopping');
    const sentMs = this.#arrivals.ages.sentMs(head);
    const run = new Run({
      id,
      requestId: head.requestId,
      functionName: head.function,
      channel,
      replyTo: head.replyTo,
      // The clocks of laptop and Lambda may differ; the time that the stub had left does not depend on them.
      deadlineMs: sentMs + (head.deadline - head.sentAt),
      sentMs,
      sentAt: head.sentAt,
      heardAttempt: message.attempt,
      attempt,
      isRecorded: watcher !== undefined,
      openParts: head.streams ? (begun) => this.#streaming(begun) : undefined,
    });
    if (!this.#answers.begin(run)) return this.#refuse(run);
    this.#isFull = false;
    this.#inFlight.begin(run, heldBytes(message));
    const excess = this.#inFlight.excessWith(run);
    if (excess !== undefined && !this.#busy.take(excess)) this.#quiet.add(run);
    this.#total += 1;
    // The code starts first; the ack follows in parallel, unless an answer is as quick.
    this.track(this.#work(run, message));
    const arrivedMs = clock.now();
    const isLate = arrivedMs - sentMs > longOnTheWayMs;
    clock.after(isLate ? soonMs : ackAfterMs, () => {
      // A part also shows that the invocation is being processed.
      if (run.state === 'running' && !run.parts?.count) this.track(this.#replies.acknowledge(run));
    });
    const event = parseLambdaEvent(message.body);
    run.setHttp(httpFrontOf(event, message.body));
    if (!this.#quiet.has(run)) this.#tellBegin(run, message, event, arrivedMs);
  }

  #tellBegin(
    run: Run,
    { body, head }: Message<'invoke'>,
    event: LambdaEvent | undefined,
    arrivedMs: number,
  ): void {
    const { onEvent, watcher } = this.#options;
    const ids = sourceIds(event);
    const only = this.#onlyOf(head.filter);
    const invoke = {
      event: 'invoke',
      id: run.requestId,
      function: run.functionName,
      trigger: triggerSummary(event, body.length),
      ...(ids.length > 0 ? { source_ids: ids } : {}),
      ...(only === undefined ? {} : { only }),
    } as const;
    watcher?.began(begunInvocation({ run, invoke, head, body, event, arrivedMs }));
    onEvent(invoke);
  }

  /** The filter that a stub names by its item, as its user wrote it; undefined where it is none of this session's. */
  #onlyOf(item: string | undefined): string | undefined {
    const { filters = [] } = this.#options;
    return filters.find(({ id }) => item?.endsWith(`#${id}`))?.only;
  }

  /** A stub asks about its invocation, possibly from a new connection. */
  probe(message: Message<'probe'>, channel: Channel): void {
    const { head, id } = message;
    this.#arrivals.confirm(message);
    const known = this.#answers.get(id);
    if (known === undefined) return this.track(this.#replies.lost(id, 1, head.replyTo, channel));
    this.#remind(known, message, head);
  }

  /** A stub has passed on some parts of a streamed response. */
  acknowledged({ head, id }: Message<'ack'>): void {
    this.#answers.get(id)?.parts?.acknowledge(head.parts ?? 0);
  }

  /** The stub has given up: the local run ends as Lambda would end it. */
  cancel({ head, id }: Message<'cancel'>, channel: Channel): void {
    const isElsewhere = head.code === 'LD_DISPLACED';
    this.#arrivals.cancel(id, isElsewhere);
    const run = this.#answers.get(id);
    if (run === undefined) return this.#unwanted.add(channel, id, { isElsewhere });
    // An answer under way is aborted as well: its connection is needed for answers that somebody still waits for.
    if (!run.cancel(head.code ?? head.reason)) return;
    this.#buildWaits.end(run);
    this.#options.pool.cancel(run.id);
  }

  /**
   * Accepts nothing new, waits up to `boundMs` for everything open and answers the rest with LD_STOPPED; returns their number.
   * No invocation is reported afterwards.
   */
  async drain(boundMs: number): Promise<number> {
    this.#draining = true;
    this.#arrivals.close();
    await this.#open.within(boundMs, this.#open.allDone());
    const abandoned = this.#inFlight.runs;
    const untilMs = this.#options.clock.now() + lastAnswersMs;
    const told = Promise.allSettled(abandoned.map((run) => this.#abandon(run, untilMs)));
    await this.#open.within(lastAnswersMs, told);
    return abandoned.length;
  }

  /** Adds work that `drain` waits for; its failure is reported, never thrown. */
  track(work: Promise<unknown>): void {
    this.#open.track(work);
  }

  /** Not run: its caller was told earlier that nobody answered, or another client has it. */
  #late(message: Message<'invoke'>, lateMs: number, channel: Channel, isElsewhere = false): void {
    if (this.#unwanted.has(channel, message.id)) return;
    this.#unwanted.add(channel, message.id, { isReported: true, isElsewhere });
    this.#tellLate(message, lateMs, isElsewhere);
  }

  #tellLate({ head }: Message<'invoke'>, lateMs: number, isElsewhere: boolean): void {
    this.#options.onEvent({
      event: 'late',
      id: head.requestId,
      function: head.function,
      late_ms: Math.round(lateMs),
      ...(isElsewhere ? { elsewhere: true } : {}),
    });
  }

  /** More invocations are in flight than can be remembered. */
  #refuse(run: Run): void {
    if (!this.#isFull) this.#error('LD_BUSY', `${maxRuns} invocations are under way; others are refused`);
    this.#isFull = true;
    const error = busy(`${maxRuns} invocations`);
    const { channel, id, to } = run;
    this.track(this.#replies.fail(id, run.nextAttempt(), to.connectionId, channel, error));
  }

  async #work(run: Run, message: Message<'invoke'>): Promise<void> {
    const { clock } = this.#options;
    const ran = await this.#runCode(run, message);
    const answeredMs = clock.now();
    const result = await withRest(run, ran);
    // Abandoned in the meantime: already answered and reported.
    if (run.state !== 'running') return;
    const { cancelled } = run;
    const outcome = cancelled ? failure(gaveUp(cancelled)).outcome : result.outcome;
    const answer = { outcome, codeMs: result.codeMs, parts: run.parts?.count };
    this.#answers.finish(run, answer);
    if (!cancelled) await this.#replies.answer(run, answer);
    const deliveredMs = clock.now();
    await result.logsDrained;
    this.#tellEnd(run, { ...result, outcome }, { answeredMs, deliveredMs });
  }

  async #runCode(run: Run, { body, head }: Message<'invoke'>): Promise<WorkerResult> {
    const { functions, pool, variables } = this.#options;
    const settings = functions.get(run.functionName);
    if (settings === undefined) return failure(notServed(run.functionName, [...functions.keys()]));
    const excess = this.#inFlight.excessWith(run);
    if (excess !== undefined) return failure(busy(excess));
    // Nothing to wait for if the build exists: the code starts at once.
    if (!this.#buildWaits.isBuilt(run.functionName)) {
      const problem = await this.#buildWaits.until(run);
      if (problem !== undefined) return failure(problem);
    }
    const found = variables.of(run.functionName, head.environment);
    const environment = found instanceof Promise ? await found : found;
    // It may have been cancelled or abandoned in the meantime, while the pool did not know of it.
    if (run.cancelled) return failure(gaveUp(run.cancelled));
    if (run.state !== 'running') return failure(stoppedError());
    run.variables = environment;
    return pool.run({
      key: run.id,
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
      tenantId: head.tenantId,
      environment,
      responseSink: run.parts && ((bytes, contentType) => run.write(bytes, contentType)),
    });
  }

  #streaming(run: Run): OutgoingParts {
    const post = (part: Part) => {
      const posted = this.#replies.part(run, part);
      this.track(posted);
      return posted;
    };
    return new OutgoingParts({ clock: this.#options.clock, post });
  }

  #remind(run: Run, { attempt, head: { replyTo } }: Message<'invoke' | 'probe'>, asked?: Asked): void {
    const heard = run.heard(attempt, replyTo);
    if (heard === undefined) return;
    run.parts?.resume(asked?.parts ?? 0, heard.hasMoved);
    if (run.state === 'running') return this.track(this.#replies.acknowledge(run));
    if (run.answer) return this.track(this.#replies.again(run, run.answer, asked?.lacks));
    this.track(this.#replies.lost(run.id, run.nextAttempt(), replyTo, run.channel));
  }

  async #abandon(run: Run, untilMs: number): Promise<void> {
    const result = failure(run.cancelled ? gaveUp(run.cancelled) : stoppedError());
    const answer = { outcome: result.outcome, codeMs: 0, parts: run.parts?.count };
    // This answer must not overtake one that is already under way.
    const cutOff = run.state === 'running';
    if (cutOff) {
      run.parts?.stop();
      this.#answers.finish(run, answer);
      this.#buildWaits.end(run);
      this.#options.pool.cancel(run.id);
    }
    const nowMs = this.#options.clock.now();
    this.#tellEnd(run, result, { answeredMs: nowMs, deliveredMs: nowMs });
    if (cutOff && !run.cancelled) await this.#replies.answer(run, answer, untilMs);
  }

  #tellEnd(run: Run, result: WorkerResult, times: EndTimes): void {
    if (!this.#inFlight.end(run)) return;
    const { onEvent, watcher } = this.#options;
    const event = resultEvent(run, result, times.deliveredMs - run.sentMs);
    if (!event.ok) this.#failed += 1;
    if (this.#quiet.has(run)) return;
    watcher?.ended(endedInvocation(run, event, result, times));
    onEvent(event);
  }

  #error(code: ErrorCode, message: string): void {
    this.#options.onEvent({ event: 'error', code, message });
  }
}
