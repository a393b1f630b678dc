// [1] A batch of which the deployed code gets a part: to its runtime each part is an invocation, and the answers stay in the proxy,
// until all parts together are one answer.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { longestEvent } from '../../../protocol/event-filter.ts';
import { remoteError } from '../remote-answer.ts';
import { reportFault } from './guarded.ts';
import { answerPath, type Whole } from './runtime-api.ts';

/** A part's code ended with an error; `body` is the Runtime API's error JSON. */
export class PartError extends Error {
  readonly body: Uint8Array;

  constructor(body: Uint8Array) {
    super(remoteError(body).message);
    this.body = body;
  }
}

interface Part {
  readonly event: Uint8Array;
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (why: unknown) => void;
}

export class Divided {
  readonly #taken: Whole;
  readonly #paths: readonly string[];
  readonly #waiting: Part[] = [];
  /** What the runtime has. */
  #running: Part | undefined;
  readonly #wakes: (() => void)[] = [];
  readonly #isOver: Promise<void>;
  #end: () => void = () => undefined;
  #hasEnded = false;

  /** `taken`: the batch as Lambda gave it. */
  constructor(taken: Whole, requestId: string) {
    this.#taken = taken;
    this.#paths = [answerPath(requestId, 'response'), answerPath(requestId, 'error')];
    this.#isOver = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** The deployed code's answer to a part, once it has had those before it. Rejects with a {@link PartError}. */
  run(event: Uint8Array): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#wake();
    });
  }

  /** The whole batch has been answered. */
  end(): void {
    this.#hasEnded = true;
    this.#waiting.length = 0;
    this.#end();
    this.#wake();
  }

  /** The next part, for the runtime that asks for an invocation; undefined once there is none left. */
  async next(): Promise<Whole | undefined> {
    // A runtime that asks for the next one no longer works on this one.
    this.#running?.reject(new Error('the runtime gave no answer'));
    this.#running = undefined;
    for (;;) {
      const part = this.#waiting.shift();
      if (part) {
        this.#running = part;
        return { message: this.#taken.message, body: Buffer.from(part.event) };
      }
      if (this.#hasEnded) return undefined;
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  /** The runtime went away before it got the part: another connection of its may ask. */
  giveBack(): void {
    if (this.#running) this.#waiting.unshift(this.#running);
    this.#running = undefined;
    this.#wake();
  }

  /** Whether a request with this path answers a part. */
  isAnswer(path: string): boolean {
    return this.#paths.includes(path);
  }

  /** Takes such a request, and confirms it as Lambda does; `afterAll`: not before the whole batch has been answered. Never throws. */
  async take(
    incoming: IncomingMessage,
    response: ServerResponse,
    path: string,
    afterAll: boolean,
  ): Promise<void> {
    const part = this.#running;
    this.#running = undefined;
    try {
      const body = await wholeOf(incoming);
      // A streamed response that ended half-way.
      const late = incoming.trailers['lambda-runtime-function-error-body'];
      if (late !== undefined) part?.reject(new PartError(Buffer.from(late, 'base64')));
      else if (path === this.#paths[1]) part?.reject(new PartError(body));
      else part?.resolve(body);
      if (afterAll) await this.#isOver;
      response.writeHead(202, { 'Content-Type': 'application/json' }).end('{"status":"OK"}\n');
    } catch (error) {
      reportFault(error);
      part?.reject(error);
      response.destroy();
    }
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}

async function wholeOf(incoming: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of incoming) {
    bytes += (piece as Buffer).length;
    if (bytes > longestEvent) throw new Error(`the deployed code's answer has over ${longestEvent} bytes`);
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces);
}
