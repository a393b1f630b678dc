// [1] Answers that no client streamed, in the form that Lambda expects from a function that streams.

/** The content type of a response that begins with its status and headers as JSON, then eight NUL bytes. */
const preludeContentType = 'application/vnd.awslambda.http-integration-response';
const preludeEnd = Buffer.alloc(8);

/** An answer in the form written to Lambda's response stream. */
export interface StreamedAnswer {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** An HTTP answer in payload format 2.0. */
export function httpAnswer(answer: object): StreamedAnswer {
  const { body, isBase64Encoded: _, ...prelude } = answer as { body: string; isBase64Encoded: boolean };
  const start = Buffer.from(JSON.stringify(prelude));
  return { contentType: preludeContentType, body: Buffer.concat([start, preludeEnd, Buffer.from(body)]) };
}

/** The result of Lambda's Invoke: for a function that streams HTTP, including its prelude. JSON contains no NUL. */
export function invokedAnswer(body: Buffer): StreamedAnswer {
  return { contentType: body.includes(preludeEnd) ? preludeContentType : 'application/json', body };
}
