// [4] The beginning of a streamed response: its HTTP status, and what is wrong with its headers.
import { readHeaders } from '../worker/runtime-api/http-answer.ts';
import {
  preludeContentType,
  readPrelude,
  unfinishedPrelude,
} from '../worker/runtime-api/response-prelude.ts';

/** Reads it as the response arrives; a response without metadata has no status and no fault. */
export class StreamHead {
  #contentType = '';
  /** The first bytes, until the status has been found in them. */
  #start: Buffer | undefined = Buffer.alloc(0);
  #status: number | undefined;
  #fault: string | undefined;

  /** HTTP status of a response that began with one. */
  get status(): number | undefined {
    return this.#status;
  }

  /** What is wrong with the status, headers or cookies at the beginning of a response that has ended. */
  get fault(): string | undefined {
    const isUnfinished = this.#contentType === preludeContentType && this.#start !== undefined;
    return isUnfinished ? unfinishedPrelude : this.#fault;
  }

  /** Takes the next bytes. */
  take(bytes: Uint8Array, contentType: string): void {
    this.#contentType = contentType;
    if (this.#start === undefined) return;
    const hasPrelude = contentType === preludeContentType;
    const all = Buffer.concat([this.#start, bytes]);
    const read = hasPrelude ? readPrelude(all) : undefined;
    this.#start = read === undefined && hasPrelude ? all : undefined;
    if (read === undefined) return;
    if ('fault' in read) {
      this.#fault = read.fault;
      return;
    }
    this.#status = read.prelude.statusCode;
    const headers = readHeaders(read.prelude.headers, read.prelude.cookies);
    this.#fault = 'fault' in headers ? headers.fault : undefined;
  }
}
