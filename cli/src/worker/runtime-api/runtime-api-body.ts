// [5] What a runtime posts to the Runtime API: its body within AWS's limit, and the error it describes.
import type { IncomingMessage } from 'node:http';
import * as v from 'valibot';
import { type ErrorCause, type FunctionError, functionError, type ResponseSink } from '../contract.ts';
import { errorCausesHeader, errorCausesLimits } from './assignment.ts';

/** Lambda's limit for a response: 6 MiB and 100 bytes, as its error says ("6291556 bytes"). */
export const maxPayloadBytes = 6 * 1024 * 1024 + 100;

/** A posted body. */
export interface PostedBody {
  /** Undefined if it was over {@link maxPayloadBytes}; the rest was read and dropped. */
  readonly bytes: Buffer | undefined;
  /** Number of bytes that were sent. */
  readonly size: number;
  readonly contentType: string;
  /** From the header `Lambda-Runtime-Function-Error-Type`. */
  readonly errorType: string | undefined;
  /** From the header {@link errorCausesHeader}. */
  readonly errorCauses?: string | undefined;
  /** The error with which a streamed response ended, from its trailers. */
  readonly streamError: FunctionError | undefined;
}

/** Reads a request's body and holds no more than the limit; does not call back if the sender disconnects midway. */
export function readBody(request: IncomingMessage, callback: (posted: PostedBody) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxPayloadBytes) chunks.push(chunk);
    else chunks.length = 0;
  });
  request.once('error', () => {});
  request.once('end', () => {
    const [only] = chunks;
    const whole = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
    callback({
      bytes: size > maxPayloadBytes ? undefined : whole,
      size,
      contentType: request.headers['content-type'] ?? 'application/json',
      errorType: single(request.headers['lambda-runtime-function-error-type']),
      errorCauses: single(request.headers[errorCausesHeader.toLowerCase()]),
      streamError: trailedError(request),
    });
  });
}

/** Lambda's limit for a streamed response: 200 MB (AWS: "Response streaming for Lambda functions"). */
export const maxStreamedBytes = 200 * 1024 * 1024;

/** Whether a runtime posts its response while it is written. */
export function isStreamed(request: IncomingMessage): boolean {
  return single(request.headers['lambda-runtime-function-response-mode'])?.toLowerCase() === 'streaming';
}

/** The result of a streamed response. */
interface StreamEnd {
  readonly contentType: string;
  readonly error: FunctionError | undefined;
}

/**
 * Passes a request's body to a sink as it arrives, pausing while the sink is full. Calls back once: at the end, or if it is over
 * {@link maxStreamedBytes}. `isWanted` is called for every piece: the rest of a response that nobody waits for is read and
 * dropped. Does not call back if the sender disconnects.
 */
export function readStream(
  request: IncomingMessage,
  sink: ResponseSink,
  isWanted: () => boolean,
  callback: (end: StreamEnd) => void,
): void {
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    if (size > maxStreamedBytes || !isWanted()) return;
    size += chunk.length;
    if (size > maxStreamedBytes) return callback({ contentType, error: tooLarge(size, maxStreamedBytes) });
    const full = sink(chunk, contentType);
    if (full === undefined) return;
    request.pause();
    void full.then(() => request.resume());
  });
  request.once('error', () => {});
  request.once('end', () => {
    if (size <= maxStreamedBytes) callback({ contentType, error: trailedError(request) });
  });
}

/** Worded as by Lambda. */
export function tooLarge(size: number, limit: number): FunctionError {
  const words = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${limit} bytes).`;
  return functionError('Function.ResponseSizeTooLarge', words);
}

const ErrorBody = v.object({ errorType: v.optional(v.string()), errorMessage: v.optional(v.string()) });

/**
 * The error that a runtime posted, with its body unchanged. If the body is not a JSON object, the type is taken from the header,
 * as on AWS, and the text becomes the message.
 */
export function postedError(posted: PostedBody): FunctionError {
  const body = posted.bytes ?? Buffer.alloc(0);
  const type = posted.errorType ?? 'Runtime.UnknownReason';
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ErrorBody), body.toString());
  if (!parsed.success) return functionError(type, body.toString() || 'The runtime gave no error message');
  const { errorType = type, errorMessage = '' } = parsed.output;
  const causes = parseCauses(posted.errorCauses);
  return { errorType, errorMessage, body, ...(causes && { causes }) };
}

const Causes = v.pipe(
  v.array(
    v.object({
      relation: v.picklist(['cause', 'context', 'part']),
      name: v.string(),
      message: v.string(),
      stack: v.optional(v.array(v.string())),
    }),
  ),
  v.maxLength(errorCausesLimits.count),
);

/** Undefined if there are none, or if the header is not ours. */
function parseCauses(header: string | undefined): ErrorCause[] | undefined {
  if (header === undefined) return undefined;
  const json = Buffer.from(header, 'base64').toString();
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Causes), json);
  return parsed.success ? parsed.output : undefined;
}

function trailedError(request: IncomingMessage): FunctionError | undefined {
  const errorType = request.trailers['lambda-runtime-function-error-type'];
  if (errorType === undefined) return undefined;
  const bytes = Buffer.from(request.trailers['lambda-runtime-function-error-body'] ?? '', 'base64');
  const errorCauses = request.trailers[errorCausesHeader.toLowerCase()];
  return postedError({
    bytes,
    size: bytes.length,
    contentType: '',
    errorType,
    errorCauses,
    streamError: undefined,
  });
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
