// [5] The `responseStream` of a streaming handler: a Writable whose bytes go to the Runtime API as they are written.
import { Writable } from 'node:stream';
import { errorCausesHeader } from '../runtime-api/assignment.ts';
import { encodedCauses } from './error-causes.ts';
import { RuntimeError, reportError } from './error-report.ts';
import type { HandlerModel } from './handler-model.ts';
import type { RequestBody, RuntimeResponse } from './runtime-connection.ts';

const preludeContentType = 'application/vnd.awslambda.http-integration-response';
const preludeEnd = new Uint8Array(8);

/** Trailers are headers to an HTTP parser, which limits them: Node's limit is 16 KB by default. */
const maxTrailerText = 256 * 1024;

type Callback = (error?: Error | null) => void;

/** What a handler writes to, behaving as in Lambda's Node runtime, including quirks such as a prelude that only `write` sends. */
export class ResponseStream extends Writable {
  /** Set by {@link HttpResponseStream}, and by frameworks that do the same themselves. */
  _onBeforeFirstWrite: ((write: (chunk: string | Uint8Array) => void) => void) | undefined;
  readonly #begin: (contentType: string) => RequestBody;
  readonly #model: HandlerModel;
  #contentType = 'application/octet-stream';
  #body: RequestBody | undefined;
  #ended: Promise<RuntimeResponse> | undefined;
  #written = false;
  #failure: unknown;
  #failed = false;

  /** `begin` starts the post of the response: with the first byte, or at the end. */
  constructor(
    begin: (contentType: string) => RequestBody,
    highWaterMark: number | undefined,
    model: HandlerModel,
  ) {
    super();
    // Lambda's stream is a request, which takes over the socket's high-water mark when it gets its socket, a moment later.
    process.nextTick(() => {
      const { _writableState: state } = this as unknown as { _writableState: { highWaterMark: number } };
      if (highWaterMark !== undefined) state.highWaterMark = highWaterMark;
    });
    this.#begin = begin;
    this.#model = model;
    // The code that destroys the stream with an error sees that error; it must not end the process as well.
    this.on('error', () => {});
  }

  /** @throws `Runtime.InvalidStreamingOperation` after the first write */
  setContentType(contentType: string): void {
    if (this.#written) {
      throw new RuntimeError('InvalidStreamingOperation', 'Cannot set content-type, too late.');
    }
    this.#contentType = contentType;
  }

  /** Accepts text and bytes as they are, anything else as JSON. */
  override write(chunk: unknown, encoding?: BufferEncoding | Callback, callback?: Callback): boolean {
    if (!this.#written) {
      this.#written = true;
      this._onBeforeFirstWrite?.((first) => super.write(first));
    }
    const plain = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    return typeof encoding === 'string'
      ? super.write(plain, encoding, callback)
      : super.write(plain, encoding ?? callback);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Callback): void {
    this.#body ??= this.#begin(this.#contentType);
    if (chunk.length === 0) callback();
    else this.#body.write(chunk, callback);
  }

  override _final(callback: Callback): void {
    void this.#end().then(() => callback());
  }

  /** Resolves when the whole response was accepted; rejects if the stream was destroyed before its end. */
  async finished(): Promise<void> {
    await this.#closed();
    if (this.writableFinished) return;
    // E.g. a write after the end.
    if (this.errored) throw this.errored;
    throw new RuntimeError('TruncatedResponse', 'The response stream was destroyed before it ended');
  }

  /** Ends the response with an error after what was written; returns false if it had already ended. */
  async fail(error: unknown): Promise<boolean> {
    const inTime = !this.writableEnded;
    if (inTime) {
      this.#failure = error;
      this.#failed = true;
      this.end();
    }
    await this.#closed();
    // Destroyed midway, it does not end by itself.
    if (!this.writableFinished) await this.#end();
    return inTime;
  }

  async #closed(): Promise<void> {
    if (!this.closed) await new Promise<void>((resolve) => this.once('close', resolve));
  }

  #end(): Promise<RuntimeResponse> {
    this.#body ??= this.#begin(this.#contentType);
    this.#ended ??= this.#body.end(this.#failed ? trailersOf(this.#failure, this.#model) : {});
    return this.#ended;
  }
}

function trailersOf(thrown: unknown, model: HandlerModel): Record<string, string> {
  const { errorType = '', errorMessage = '', trace = [] } = reportError(thrown, model);
  const report = {
    errorType,
    errorMessage: errorMessage.slice(0, maxTrailerText),
    trace: trace.join('\n').slice(0, maxTrailerText).split('\n'),
  };
  const causes = encodedCauses(thrown);
  return {
    ...(causes !== undefined && { [errorCausesHeader]: causes }),
    'Lambda-Runtime-Function-Error-Type': errorType,
    'Lambda-Runtime-Function-Error-Body': Buffer.from(JSON.stringify(report)).toString('base64'),
  };
}

/** `awslambda.HttpResponseStream`: status, headers and cookies ahead of the body. */
export const HttpResponseStream = {
  from(underlyingStream: ResponseStream, prelude: unknown): ResponseStream {
    underlyingStream.setContentType(preludeContentType);
    const json = JSON.stringify(prelude);
    underlyingStream._onBeforeFirstWrite = (write) => {
      write(json);
      write(preludeEnd);
    };
    return underlyingStream;
  },
};
