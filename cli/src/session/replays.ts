// [4] Recorded events that are run again on the workers of a serve: reported, recorded and ended as invocations are.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../../protocol/clock.ts';
import { errorName, LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import {
  type FunctionError,
  functionError,
  type Invocation,
  type WorkerPool,
  type WorkerResult,
} from '../worker/contract.ts';
import { bodyOf } from './answers.ts';
import { CollectedStream } from './collected-stream.ts';
import { eventSource } from './event-source.ts';
import type { FirstBuilds } from './first-builds.ts';
import { httpFrontOf, takesStreams } from './http-front.ts';
import {
  type EndedInvocation,
  type InvocationContext,
  type InvocationWatcher,
  mostStreamedBytes,
} from './invocation-watcher.ts';
import { parseLambdaEvent } from './lambda-event.ts';
import { buildFailure, failure, stillBuilding, stoppedError } from './own-errors.ts';
import { resultEvent } from './result-event.ts';
import type { SessionEvent } from './session-event.ts';
import { sourceIds } from './source-ids.ts';
import { triggerSummary } from './trigger-summary.ts';
import type { FunctionVariables } from './variables/function-variables.ts';

export interface ReplayRequest {
  /** A served one. */
  readonly function: string;
  /** JSON text. */
  readonly event: Uint8Array;
  /** Key of the recording. */
  readonly of: string;
  readonly edited: boolean;
  /** What the function was told beside the event, as far as it is recorded. */
  readonly context?: Partial<Pick<InvocationContext, 'arn' | 'clientContext' | 'identity' | 'tenantId'>>;
}

interface ReplaysOptions {
  readonly pool: WorkerPool;
  readonly clock: Clock;
  /** Served functions and their timeouts in seconds. */
  readonly functions: ReadonlyMap<string, { readonly timeout: number }>;
  readonly builds: Pick<FirstBuilds, 'of'>;
  readonly variables: FunctionVariables;
  readonly watcher?: InvocationWatcher | undefined;
  /** Code may run as long as on Lambda, whatever its function's timeout. */
  readonly liftTimeouts?: boolean | undefined;
  /** So much of a streamed answer is kept. */
  readonly mostStreamedBytes?: number | undefined;
  readonly onEvent: (event: SessionEvent) => void;
}

/** Replays at a time; others wait. */
export const mostReplays = 4;
/** Replays that wait. */
const mostWaiting = 100;
/** How long one waits for its function's first build, in milliseconds. */
const buildBoundMs = 60_000;
/** How long one waits for a worker, beside its function's timeout, in milliseconds. */
const workerBoundMs = 60_000;
/** Lambda's longest timeout. */
const longestMs = 900_000;

/** One that has begun. */
interface Replay {
  readonly key: string;
  readonly id: string;
  readonly request: ReplayRequest;
  readonly event: ReturnType<typeof parseLambdaEvent>;
  readonly begunMs: number;
  /** Of its code, once they are known. */
  variables: Invocation['environment'] | undefined;
}

export class Replays {
  readonly #options: ReplaysOptions;
  /** By request id, with the key of the recording. */
  readonly #running = new Map<string, string>();
  /** Called when there is room for one more. */
  readonly #waiting: (() => void)[] = [];
  #active = 0;
  #stop: () => void = () => undefined;
  /** Resolves at the stop. */
  readonly #stopped = new Promise<void>((resolve) => {
    this.#stop = resolve;
  });
  #isStopped = false;

  constructor(options: ReplaysOptions) {
    this.#options = options;
  }

  /** Resolves with the answer, a failure of the code included. Rejects with LD_NOT_SERVED, LD_BUSY or LD_STOPPED. */
  async run(request: ReplayRequest): Promise<EndedInvocation> {
    const { clock, functions } = this.#options;
    const name = request.function;
    if (this.#isStopped) throw new LiveDebugError('LD_STOPPED', 'livectl is being stopped');
    const settings = functions.get(name);
    if (settings === undefined)
      throw new LiveDebugError('LD_NOT_SERVED', `this livectl does not serve the function ${name}`);
    if (this.#waiting.length >= mostWaiting)
      throw new LiveDebugError('LD_BUSY', `${mostWaiting} replays are waiting already`);
    const replay: Replay = {
      key: randomUUID(),
      id: randomUUID(),
      request,
      event: parseLambdaEvent(request.event),
      begunMs: clock.now(),
      variables: undefined,
    };
    this.#running.set(replay.id, request.of);
    this.#tellBegin(replay, settings.timeout);
    try {
      return await this.#work(replay, settings.timeout);
    } finally {
      this.#running.delete(replay.id);
    }
  }

  /** The event with the mark of a replay, if it is about one. */
  marked(event: SessionEvent): SessionEvent {
    if (event.event !== 'log' || event.id === undefined) return event;
    const of = this.#running.get(event.id);
    return of === undefined ? event : { ...event, replay_of: of };
  }

  /** Ends those that run; their errors say so. */
  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }

  async #work(replay: Replay, timeout: number): Promise<EndedInvocation> {
    const { event, request } = replay;
    const http = httpFrontOf(event, request.event);
    const stream = new CollectedStream(this.#options.mostStreamedBytes ?? mostStreamedBytes);
    // As behind a stub: an HTTP API has no streams.
    const sink = http === undefined || takesStreams(http) ? stream : undefined;
    const result = await this.#inTurn(() =>
      this.#runCode(replay, timeout, sink).catch((error) => failure(internal(messageOf(error)))),
    );
    const answeredMs = this.#options.clock.now();
    await result.logsDrained;
    const run = { requestId: replay.id, functionName: request.function, http, parts: sink };
    const told = { ...resultEvent(run, result, answeredMs - replay.begunMs), replay_of: request.of };
    const { code, outcome } = result;
    const isStreamed = outcome.ok && stream.written > 0;
    if (isStreamed) stream.add(outcome.body);
    const body = isStreamed ? stream.bytes() : bodyOf(outcome);
    const ended: EndedInvocation = {
      key: replay.key,
      result: told,
      body,
      bytes: isStreamed ? stream.written : body.length,
      contentType: outcome.ok ? outcome.contentType : undefined,
      answeredMs,
      deliveredMs: answeredMs,
      build: code?.build,
      hash: code?.hash,
    };
    this.#options.watcher?.ended(ended);
    this.#options.onEvent(told);
    return ended;
  }

  #tellBegin(replay: Replay, timeout: number): void {
    const { begunMs, event, id, key, request } = replay;
    const { onEvent, watcher } = this.#options;
    const ids = sourceIds(event);
    const invoke = {
      event: 'invoke',
      id,
      function: request.function,
      trigger: triggerSummary(event, request.event.length),
      ...(ids.length > 0 ? { source_ids: ids } : {}),
      replay_of: request.of,
      ...(request.edited ? { edited: true as const } : {}),
    } as const;
    const { clientContext, identity, tenantId } = request.context ?? {};
    watcher?.began({
      key,
      invoke,
      event: request.event,
      context: {
        arn: arnOf(request),
        clientContext,
        identity,
        tenantId,
        deadlineMs: begunMs + timeout * 1000,
        instance: replayInstance,
      },
      source: eventSource(event),
      variables: () => replay.variables,
      sentMs: begunMs,
      arrivedMs: begunMs,
      replayOf: request.of,
      edited: request.edited,
    });
    onEvent(invoke);
  }

  /** At most so many at a time. */
  async #inTurn(work: () => Promise<WorkerResult>): Promise<WorkerResult> {
    if (this.#active >= mostReplays) {
      const turn = new Promise<void>((resolve) => this.#waiting.push(resolve));
      await Promise.race([turn, this.#stopped]);
    } else this.#active += 1;
    try {
      return await work();
    } finally {
      // The place goes to the next one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#active -= 1;
      else next();
    }
  }

  async #runCode(replay: Replay, timeout: number, sink: CollectedStream | undefined): Promise<WorkerResult> {
    const { id, key, request } = replay;
    const { clock, pool } = this.#options;
    const problem = await this.#untilBuilt(request.function);
    if (problem !== undefined) return failure(problem);
    const environment =
      this.#options.variables.latest?.(request.function) ??
      pool.environmentOf(request.function) ??
      (await this.#ownVariables(request.function));
    if (this.#isStopped) return failure(stoppedError());
    replay.variables = environment;
    const { clientContext, identity, tenantId } = request.context ?? {};
    const ownMs = this.#options.liftTimeouts ? longestMs : timeout * 1000 + workerBoundMs;
    const run = pool.run({
      key,
      id,
      functionName: request.function,
      instance: replayInstance,
      isReplay: true,
      event: request.event,
      deadlineMs: clock.now() + ownMs,
      timeoutSeconds: timeout,
      invokedFunctionArn: arnOf(request),
      clientContext,
      cognitoIdentity: identity,
      tenantId,
      environment,
      responseSink: sink && ((bytes, contentType) => sink.write(bytes, contentType)),
    });
    const result = await Promise.race([run, this.#stopped]);
    if (result !== undefined) return result;
    pool.cancel(key);
    return failure(stoppedError());
  }

  /** Resolves with the error that prevents the code from running. */
  async #untilBuilt(name: string): Promise<FunctionError | undefined> {
    const { builds, clock } = this.#options;
    const before = builds.of(name);
    if (before.state === 'building')
      await within(clock, buildBoundMs, Promise.race([before.over, this.#stopped]));
    if (this.#isStopped) return stoppedError();
    const build = builds.of(name);
    if (build.state === 'good') return undefined;
    return build.state === 'failed' ? buildFailure(name, build.errors) : stillBuilding(name);
  }

  /** Of a function that nobody has invoked yet: without credentials, which only an invocation brings. */
  async #ownVariables(name: string): Promise<Invocation['environment']> {
    return this.#options.variables.of(name, {});
  }
}

/** Replays claim no stub instance's worker. */
const replayInstance = 'replay';

/** An observed recording has none. */
function arnOf({ context, function: name }: ReplayRequest): string {
  return context?.arn ?? `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
}

/** It must end, whatever happened. */
function internal(message: string): FunctionError {
  return functionError(errorName('LD_INTERNAL'), message);
}
