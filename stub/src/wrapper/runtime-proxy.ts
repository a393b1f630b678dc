// [1] A proxy of the Runtime API on this machine: passes on every request and answer unchanged, trailers included, but only those
// invocations that the deployed code must answer.
import { createServer, type IncomingMessage, type OutgoingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Decide } from './decide.ts';
import type { PassingAnswer } from './deployed-answers.ts';
import type { Divided } from './divided.ts';
import { guarded, reportFault } from './guarded.ts';
import { messageHeaders, trailerPairs } from './message-headers.ts';
import { headPlainly, passPlainly, pipePlainly } from './plainly.ts';
import {
  answerPath,
  initErrorPath,
  maxHeaderSize,
  nextPath,
  type RuntimeApi,
  type Whole,
} from './runtime-api.ts';

export class RuntimeProxy {
  /** Gets whether the runtime, or its lazy start, waits for an invocation. */
  onWait: (waits: boolean) => void = () => undefined;
  /** Gets an invocation that the runtime will answer. */
  onLeft: (taken: Whole) => void = () => undefined;
  /** Gets each request of the runtime before it is read. */
  onAnswer: (incoming: IncomingMessage) => PassingAnswer | undefined = () => undefined;
  readonly #api: RuntimeApi;
  readonly #decide: Decide;
  readonly #started: Promise<void>;
  readonly #server = createServer({ maxHeaderSize }, (request, response) => this.#take(request, response));
  /** An invocation that was taken before the runtime started. */
  #held: Whole | undefined;
  /** The invocation that the runtime was started for, and has not asked for yet. */
  #startedFor: string | undefined;
  /** A batch of which the deployed code may get parts. */
  #divided: Divided | undefined;

  /** `decide`: who answers an invocation. No invocation is taken before `started`, which must have a bound. */
  constructor(api: RuntimeApi, decide: Decide, started: Promise<void>) {
    this.#api = api;
    this.#started = started;
    this.#decide = decide;
    // `next` waits for as long as nobody invokes the function, and a frozen instance keeps its connections.
    this.#server.requestTimeout = 0;
    this.#server.headersTimeout = 0;
    this.#server.keepAliveTimeout = 0;
  }

  /** Listens on a free port of the loopback, and returns it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes invocations while there is no runtime; resolves once one needs it, and holds that one. Rejects if Lambda is gone. */
  async untilNeeded(): Promise<void> {
    this.onWait(true);
    this.#held = await this.#nextForRuntime(['Host', this.#api.host]);
    this.onWait(false);
    this.#startedFor = this.#held.message.headers['lambda-runtime-aws-request-id'] as string | undefined;
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    try {
      const path = this.#pathOf(incoming);
      if (this.#divided?.isAnswer(path)) {
        const isLate = path !== incoming.url;
        const taken = this.#divided.take(incoming, response, path, isLate);
        taken.catch((error: unknown) => this.#passPlainly(error, incoming, response));
      } else if (incoming.method === 'GET' && incoming.url === nextPath) void this.#next(incoming, response);
      else this.#passOn(incoming, response, path);
    } catch (error) {
      this.#passPlainly(error, incoming, response);
    }
  }

  /** After a fault of the proxy, before anything was sent. */
  #passPlainly(error: unknown, incoming: IncomingMessage, response: ServerResponse): void {
    reportFault(error);
    // Lambda would take a part's answer for the whole batch's. So the runtime ends, and the batch comes again.
    if (this.#divided) response.destroy();
    else passPlainly(this.#api.host, incoming, response);
  }

  async #next(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    this.onWait(true);
    let headers: string[];
    try {
      headers = messageHeaders(incoming, this.#api.host);
    } catch (error) {
      return this.#passPlainly(error, incoming, response);
    }
    incoming.resume();
    try {
      const held = this.#held;
      this.#held = undefined;
      this.#startedFor = undefined;
      const { body, message } = held ?? (await this.#nextForRuntime(headers, response));
      this.onWait(false);
      head(response, message, body.length);
      response.end(body);
    } catch {
      // The runtime sees what it would see without the proxy: a broken connection.
      response.destroy();
    }
  }

  /** The next invocation that is not answered here; if the runtime goes away, no further one is taken. */
  async #nextForRuntime(headers: readonly string[], response?: ServerResponse): Promise<Whole> {
    await this.#started;
    for (;;) {
      const part = await this.#divided?.next();
      // The runtime went away while an invocation was relayed.
      if (response?.destroyed) {
        this.#divided?.giveBack();
        throw new Error('the runtime is gone');
      }
      if (part) return part;
      this.#divided = undefined;
      const taken = await this.#api.send('GET', nextPath, headers, undefined, (request) => {
        const end = () => request.destroy();
        response?.once('close', end);
        request.once('close', () => response?.off('close', end));
      });
      if (taken.message.statusCode !== 200) return taken;
      const decided = await this.#decide(taken);
      if (decided === true) continue;
      if (decided === false) {
        guarded(this.onLeft, () => undefined)(taken);
        return taken;
      }
      this.#divided = decided;
    }
  }

  #pathOf({ url = '' }: IncomingMessage): string {
    // Lambda's init phase is over: an error of the late init is the answer to the invocation that caused it.
    const isLate = url === initErrorPath && this.#startedFor !== undefined;
    return isLate ? answerPath(this.#startedFor ?? '', 'error') : url;
  }

  #passOn(incoming: IncomingMessage, response: ServerResponse, path: string): void {
    const { method = '' } = incoming;
    const outgoing = this.#api.request(method, path, messageHeaders(incoming, this.#api.host));
    const fail = () => {
      outgoing.destroy();
      response.destroy();
    };
    let passing: PassingAnswer | undefined;
    guarded(
      () => {
        passing = this.onAnswer(incoming);
      },
      () => undefined,
    )();
    const onAnswer = (answer: IncomingMessage) => {
      head(response, answer);
      pass(answer, response, fail);
      // After the runtime has been told: it need not wait for a copy to be sealed.
      if (passing)
        setImmediate(
          guarded(passing.confirmed, () => undefined),
          answer.statusCode ?? 0,
        );
    };
    outgoing.on('error', fail);
    outgoing.on('response', guarded(onAnswer, fail));
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    pass(incoming, outgoing, fail);
  }
}

/** `bytes`: the length of a whole body, which differs from the announced one for a part of a batch. */
function head(response: ServerResponse, answer: IncomingMessage, bytes?: number): void {
  try {
    writeHead(response, answer, bytes);
  } catch (error) {
    reportFault(error);
    headPlainly(response, answer, bytes);
  }
}

function writeHead(response: ServerResponse, answer: IncomingMessage, bytes?: number): void {
  response.sendDate = false;
  const headers = messageHeaders(answer);
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  if (at >= 0 && bytes !== undefined) headers[at + 1] = String(bytes);
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, headers);
}

/** Passes on the body and trailers of a message, no faster than the receiver reads. */
function pass(from: IncomingMessage, to: OutgoingMessage, fail: () => void): void {
  try {
    flow(from, to, fail);
  } catch (error) {
    reportFault(error);
    pipePlainly(from, to, fail);
  }
}

function flow(from: IncomingMessage, to: OutgoingMessage, fail: () => void): void {
  if (from.headers['transfer-encoding'] !== undefined) to.flushHeaders();
  const onData = (bytes: Buffer) => {
    if (to.write(bytes)) return;
    from.pause();
    to.once('drain', () => from.resume());
  };
  const onEnd = () => {
    const trailers = trailerPairs(from);
    if (trailers.length > 0) to.addTrailers(trailers);
    to.end();
  };
  from.on('data', guarded(onData, fail));
  from.on('end', guarded(onEnd, fail));
  from.on('error', fail);
  from.on('aborted', fail);
}
