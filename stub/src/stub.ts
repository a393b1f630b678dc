// [1] The stub in place of the function: seals each invocation, sends it to the client that serves, and returns its answer.
import type { Clock } from '../../protocol/clock.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { within } from '../../protocol/within.ts';
import type { Batch } from './batch/split-batch.ts';
import { Conversations, deadlineOf, type Invocation, type LookUp } from './conversations.ts';
import { invokeFallback } from './fallback.ts';
import { IncomingParts, type LambdaStream } from './incoming-parts.ts';
import { asJson, jsonText } from './json-texts.ts';
import { answerWithoutClient } from './no-client-answer.ts';
import { remoteError } from './remote-answer.ts';
import { readSettings, type StubSettings } from './settings.ts';
import { httpAnswer, invokedAnswer, type StreamedAnswer } from './streamed-answer.ts';

/** The part of Lambda's context object that a stub reads. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  readonly clientContext?: unknown;
  readonly identity?: unknown;
  readonly tenantId?: string | undefined;
  getRemainingTimeInMillis(): number;
}

/** The init phase may take 10 s in total (AWS, "Lambda execution environment lifecycle"); its work is bounded below that. */
const initBoundMs = 8000;

/** One stub instance; Lambda keeps it warm between invocations. */
export class Stub {
  readonly #settings: StubSettings;
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;
  protected readonly conversations: Conversations;

  /** Throws LD_STUB_CONFIG if variables that the module sets are missing. */
  constructor(environment: NodeJS.ProcessEnv, clock: Clock, lookUp: LookUp = {}) {
    this.#environment = environment;
    this.#clock = clock;
    this.#settings = readSettings(environment);
    this.conversations = new Conversations(environment, this.#settings, clock, lookUp);
  }

  /** Does in the init phase what an invocation would wait for. Never rejects: an invocation tries again. */
  async start(): Promise<void> {
    const { clients, poster, socket } = this.conversations;
    const known = clients.readAgain().then(() => clients.prepare());
    const work = Promise.allSettled([socket.get(), known, poster.warm()]);
    await within(this.#clock, initBoundMs, work);
  }

  /** Whether Lambda must call `stream` instead of `handle`. */
  get streams(): boolean {
    return this.#settings.streams;
  }

  /** Answers one invocation with the local code's answer; throws what it threw. */
  async handle(event: unknown, context: LambdaContext): Promise<unknown> {
    const { body } = await this.#answer(event, context);
    return asJson(body);
  }

  /** The same, written to Lambda's response stream while the local code streams it. */
  async stream(event: unknown, stream: LambdaStream, context: LambdaContext): Promise<void> {
    const parts = new IncomingParts(stream);
    const { contentType, body } = await this.#answer(event, context, parts);
    parts.end(contentType, body);
  }

  /** Lambda ends the instance: clients need not continue with what it was waiting for. Never rejects. */
  stop(): Promise<void> {
    return this.conversations.stop();
  }

  async #answer(event: unknown, context: LambdaContext, parts?: IncomingParts): Promise<StreamedAnswer> {
    const deadline = deadlineOf(this.#clock.now(), context.getRemainingTimeInMillis());
    const invocation = this.#invocation(event, context, deadline);
    // Lambda has the previous answer, or this instance would not be invoked again.
    void this.conversations.observing()?.then((observing) => observing?.flush());
    try {
      const batch = await this.#batch(invocation);
      if (!batch) return await this.#relay(invocation, event, parts);
      const run = async (part: Uint8Array) =>
        (await this.#relay({ ...invocation, event: part }, undefined)).body;
      return invokedAnswer(await batch.answer({ clock: this.#clock, deadline, run }));
    } catch (error) {
      throw withoutFrames(error);
    }
  }

  /** Undefined if the invocation is none that several answer. */
  async #batch({ event }: Invocation): Promise<Batch | undefined> {
    const { partialFailures } = this.#settings;
    if (partialFailures === undefined) return undefined;
    await this.conversations.clients.look();
    return this.conversations.whoAnswers(event).batch(partialFailures);
  }

  async #relay(invocation: Invocation, event: unknown, parts?: IncomingParts): Promise<StreamedAnswer> {
    try {
      const answer = await this.conversations.converse(invocation, parts);
      if (answer.type === 'error') throw remoteError(answer.body);
      return { contentType: answer.head.contentType, body: answer.body };
    } catch (error) {
      if (!(error instanceof LiveDebugError && error.code === 'LD_NO_CLIENT')) throw error;
      const { fallbackArn: functionArn } = this.#settings;
      if (functionArn === undefined) {
        const answer = answerWithoutClient(event, error);
        return parts ? httpAnswer(answer) : invokedAnswer(Buffer.from(JSON.stringify(answer)));
      }
      const at = this.#clock.now();
      const answer = invokeFallback({
        functionArn,
        settings: this.#settings,
        http: this.conversations.http,
        credentials: this.conversations.credentials(),
        clock: this.#clock,
        event: invocation.event,
        timeoutMs: invocation.deadline - this.#clock.now(),
      });
      const seen = { requestId: invocation.head.requestId, at, event: invocation.event };
      // Loaded beside the call, which takes longer.
      void this.conversations.observing()?.then((observing) => observing?.follow(answer, seen));
      return invokedAnswer(await answer);
    }
  }

  #invocation(event: unknown, context: LambdaContext, deadline: number): Invocation {
    const head = {
      requestId: context.awsRequestId,
      arn: context.invokedFunctionArn,
      traceId: this.#environment._X_AMZN_TRACE_ID,
      clientContext: jsonOrUndefined(context.clientContext),
      identity: jsonOrUndefined(context.identity),
      tenantId: context.tenantId,
    };
    return { head, deadline, event: Buffer.from(jsonText(event)) };
  }
}

/** Removes the frames of the stub's own code, which are irrelevant to readers of the function's error. */
function withoutFrames<T>(error: T): T {
  if (error instanceof LiveDebugError) error.stack = `${error.name}: ${error.message}`;
  return error;
}

function jsonOrUndefined(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : jsonText(value);
}
