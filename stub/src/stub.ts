// [1] The stub in place of the function: seals each invocation, hands it to whoever serves, answers as it was answered.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../protocol/clock.ts';
import { Directory } from '../../protocol/directory.ts';
import { HttpClient } from '../../protocol/http-client.ts';
import { LiveDebugError } from '../../protocol/live-debug-error.ts';
import { RelayPoster } from '../../protocol/relay-post.ts';
import type { AwsCredentials } from '../../protocol/signature.ts';
import { parseWire } from '../../protocol/wire.ts';
import { within } from '../../protocol/within.ts';
import { ClientDirectory } from './client-directory.ts';
import { Exchange } from './exchange.ts';
import { invokeFallback } from './fallback.ts';
import { functionEnvironment } from './function-environment.ts';
import { IncomingParts, type LambdaStream } from './incoming-parts.ts';
import { asJson, jsonText } from './json-texts.ts';
import { answerWithoutClient } from './no-client-answer.ts';
import { remoteError } from './remote-answer.ts';
import { report } from './report.ts';
import { readSettings, type StubSettings } from './settings.ts';
import type { Answer } from './signals.ts';
import { httpAnswer, invokedAnswer, type StreamedAnswer } from './streamed-answer.ts';
import { StubSocket } from './stub-socket.ts';

/** The part of Lambda's context object a stub reads. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly invokedFunctionArn: string;
  readonly clientContext?: unknown;
  readonly identity?: unknown;
  readonly tenantId?: string | undefined;
  getRemainingTimeInMillis(): number;
}

/** Kept back from the stub's own time, so that `cancel` goes out and the error is ours to word. */
const marginMs = 500;

/** Giving up waits for the relay's taking of `cancel` this long; it answers within tens of milliseconds. */
const cancelBoundMs = marginMs / 2;

/** The init phase may take 10 s in all (AWS, "Lambda execution environment lifecycle"); its work is bounded below that. */
const initBoundMs = 8000;

/** Messages dropped that are reported one by one. */
const reportedDrops = 16;

/** One stub instance; Lambda keeps it warm between invocations. */
export class Stub {
  readonly #settings: StubSettings;
  readonly #clock: Clock;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #http = new HttpClient({ doubtAfterMs: 30_000 });
  readonly #instance = randomUUID();
  /** Read once: Lambda sets an instance's variables, its credentials included, when it makes the instance. */
  readonly #functionEnvironment: Readonly<Record<string, string>>;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #socket: StubSocket;
  readonly #clients: ClientDirectory;
  readonly #poster: RelayPoster;
  #dropped = 0;

  /** Throws LD_STUB_CONFIG when the environment lacks what the module sets. */
  constructor(environment: NodeJS.ProcessEnv, clock: Clock) {
    this.#environment = environment;
    this.#clock = clock;
    this.#settings = readSettings(environment);
    this.#functionEnvironment = functionEnvironment(environment);
    const { region, relayUrl, stage, functionName, tableName, directoryEndpoint, secret } = this.#settings;
    const credentials = () => this.#credentials();
    const http = this.#http;
    this.#poster = new RelayPoster({ url: relayUrl, region, http, credentials, clock });
    this.#socket = new StubSocket({
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
    this.#clients = new ClientDirectory({ directory, stage, functionName, secret, clock });
  }

  /** Pays in the init phase for what an invocation would wait for. Never rejects: an invocation tries again. */
  async start(): Promise<void> {
    const work = Promise.allSettled([this.#socket.get(), this.#clients.refresh(), this.#poster.warm()]);
    await within(this.#clock, initBoundMs, work);
  }

  /** Whether Lambda invokes it by `stream` and not by `handle`. */
  get streams(): boolean {
    return this.#settings.streams;
  }

  /** Answers one invocation with what the local code answered; throws what it threw. */
  async handle(event: unknown, context: LambdaContext): Promise<unknown> {
    const { body } = await this.#answer(event, context);
    return asJson(body);
  }

  /** The same, written to Lambda's response stream: what the local code streams as it comes. */
  async stream(event: unknown, stream: LambdaStream, context: LambdaContext): Promise<void> {
    const parts = new IncomingParts(stream);
    const { contentType, body } = await this.#answer(event, context, parts);
    parts.end(contentType, body);
  }

  /** Lambda ends the instance: clients need not go on with what it was waiting for. Never rejects. */
  async stop(): Promise<void> {
    const open = [...this.#exchanges.values()];
    await Promise.all(open.map((exchange) => exchange.cancel('LD_STOPPED', cancelBoundMs)));
  }

  async #answer(event: unknown, context: LambdaContext, parts?: IncomingParts): Promise<StreamedAnswer> {
    const endsAt = this.#clock.now() + context.getRemainingTimeInMillis();
    const deadline = endsAt - Math.min(marginMs, context.getRemainingTimeInMillis() / 4);
    try {
      const answer = await this.#relay(event, context, deadline, parts);
      if (answer.type === 'error') throw remoteError(answer.body);
      return { contentType: answer.head.contentType, body: answer.body };
    } catch (error) {
      if (!(error instanceof LiveDebugError && error.code === 'LD_NO_CLIENT')) throw withoutFrames(error);
      const { fallbackArn: functionArn } = this.#settings;
      if (functionArn === undefined) {
        const answer = answerWithoutClient(event, withoutFrames(error));
        return parts ? httpAnswer(answer) : invokedAnswer(Buffer.from(JSON.stringify(answer)));
      }
      const timeoutMs = deadline - this.#clock.now();
      const [settings, http, credentials, clock] = [
        this.#settings,
        this.#http,
        this.#credentials(),
        this.#clock,
      ];
      return invokedAnswer(
        await invokeFallback({ settings, functionArn, http, credentials, clock, event, timeoutMs }),
      );
    }
  }

  async #relay(
    event: unknown,
    context: LambdaContext,
    deadline: number,
    parts: IncomingParts | undefined,
  ): Promise<Answer> {
    const exchange = new Exchange({
      clients: this.#clients,
      socket: this.#socket,
      poster: this.#poster,
      clock: this.#clock,
      stage: this.#settings.stage,
      functionName: this.#settings.functionName,
      id: randomUUID(),
      head: {
        requestId: context.awsRequestId,
        function: this.#settings.functionName,
        instance: this.#instance,
        deadline,
        arn: context.invokedFunctionArn,
        traceId: this.#environment._X_AMZN_TRACE_ID,
        clientContext: jsonOrUndefined(context.clientContext),
        identity: jsonOrUndefined(context.identity),
        tenantId: context.tenantId,
        environment: this.#functionEnvironment,
      },
      event: Buffer.from(jsonText(event)),
      parts,
      onDrop: (reason) => this.#drop(reason),
    });
    this.#exchanges.set(exchange.id, exchange);
    const startedAt = this.#clock.now();
    try {
      const answer = await within(this.#clock, deadline - startedAt, exchange.run());
      if (answer !== undefined) return answer;
      // A livectl that says nothing is not code that takes too long.
      if (exchange.silence) throw exchange.silence;
      await exchange.cancel(undefined, cancelBoundMs);
      throw timeoutError(this.#clock.now() - startedAt);
    } catch (error) {
      // Before the caller gets it: what has failed must not begin afterwards.
      if (error instanceof LiveDebugError) await exchange.cancel(error.code, cancelBoundMs);
      throw error;
    } finally {
      parts?.close();
      exchange.close();
      this.#exchanges.delete(exchange.id);
    }
  }

  #receive(text: string): void {
    const chunk = parseWire(text);
    if (typeof chunk === 'string') this.#drop(chunk);
    // None of ours any more: a late copy of an answer that has been given already.
    else void this.#exchanges.get(chunk.header.id)?.receive(chunk);
  }

  /** Never processed, always counted and said. */
  #drop(reason: string): void {
    this.#dropped += 1;
    // CloudWatch charges for each line: of very many every power of two.
    if (this.#dropped > reportedDrops && (this.#dropped & (this.#dropped - 1)) !== 0) return;
    report('dropped a message', { reason, dropped: this.#dropped });
  }

  #credentials(): AwsCredentials {
    return {
      accessKeyId: this.#environment.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: this.#environment.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: this.#environment.AWS_SESSION_TOKEN,
    };
  }
}

/** The frames of the stub's own code say nothing to anyone who reads the function's error. */
function withoutFrames<T>(error: T): T {
  if (error instanceof LiveDebugError) error.stack = `${error.name}: ${error.message}`;
  return error;
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

function jsonOrUndefined(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : jsonText(value);
}
