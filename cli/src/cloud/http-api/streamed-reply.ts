// The HTTP API: a response that is sent while the function writes it, as a function URL in RESPONSE_STREAM mode does.
import type { ServerResponse } from 'node:http';
import type { Outcome } from '../../worker/contract.ts';
import { readHeaders } from '../../worker/runtime-api/http-answer.ts';
import { preludeContentType, readPrelude } from '../../worker/runtime-api/response-prelude.ts';
import { PacedResponse } from '../aws-api/paced-response.ts';
import { responseHeaders } from './http-response.ts';

const nothing = Buffer.alloc(0);

export class StreamedReply {
  readonly #response: ServerResponse;
  readonly #paced: PacedResponse;
  readonly #headers: Readonly<Record<string, string>>;
  /** The bytes that came before status and headers were complete. */
  #start: Buffer = nothing;
  #state: 'waiting' | 'begun' | 'malformed' = 'waiting';

  /** `headers` override the function's. */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>) {
    this.#response = response;
    this.#headers = headers;
    this.#paced = new PacedResponse(response);
  }

  /**
   * Takes the next bytes. A promise means that the caller is slow, and resolves when it has caught up or is gone: then nothing is
   * sent any more, but Lambda does not tell the function, which runs to its end.
   */
  write(bytes: Uint8Array, contentType: string): Promise<void> | undefined {
    if (this.#state === 'malformed') return undefined;
    if (this.#state === 'begun') return this.#paced.write(bytes);
    if (contentType !== preludeContentType) {
      this.#begin(200, { 'content-type': contentType });
      return this.#paced.write(bytes);
    }
    this.#start = Buffer.concat([this.#start, bytes]);
    const read = readPrelude(this.#start);
    if (read === undefined) return undefined;
    const parsed = 'fault' in read ? read : readHeaders(read.prelude.headers, read.prelude.cookies);
    if ('fault' in read || 'fault' in parsed) {
      this.#state = 'malformed';
      return undefined;
    }
    const headers = responseHeaders(parsed);
    headers['content-type'] ??= 'application/octet-stream';
    this.#begin(read.prelude.statusCode, headers);
    return this.#paced.write(this.#start.subarray(read.bodyAt));
  }

  /** False if nothing was sent yet and nothing can be: the caller gets an error's status. */
  end(outcome: Outcome): boolean {
    if (outcome.ok && (outcome.body.length > 0 || this.#state === 'waiting')) {
      void this.write(outcome.body, outcome.contentType);
    }
    if (this.#state !== 'begun') return false;
    if (outcome.ok) this.#response.end();
    // Without the final chunk, so that nobody takes the partial response for a complete one.
    else this.#response.destroy();
    return true;
  }

  #begin(status: number, headers: Readonly<Record<string, string | string[]>>): void {
    this.#state = 'begun';
    this.#response.writeHead(status, { ...headers, ...this.#headers });
    this.#response.flushHeaders();
  }
}
