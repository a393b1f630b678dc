const { streamifyResponse, HttpResponseStream } = awslambda;

export const objects = streamifyResponse(async (_event, stream) => {
  stream.write({ a: 1 });
  stream.write([2]);
  stream.end('!');
});

/** As on Lambda, only `write` sends the prelude. */
export const endOnly = streamifyResponse(async (_event, stream) => {
  HttpResponseStream.from(stream, { statusCode: 201 }).end('body');
});

export const notAsync = streamifyResponse((_event, stream) => {
  stream.end('not async');
});

export const returns = streamifyResponse(async (_event, stream) => {
  stream.end('written');
  return 'ignored';
});

export const neverEnds = streamifyResponse(async (_event, stream) => {
  stream.write('begun');
});

export const nothing = streamifyResponse(async (_event, stream) => {
  stream.end();
});

export const waterMark = streamifyResponse(
  async (_event, stream) => {
    const fullAtOnce = !stream.write('x'.repeat(100));
    await new Promise((resolve) => setImmediate(resolve));
    const fullLater = !stream.write('x'.repeat(100));
    stream.end(` ${fullAtOnce} ${fullLater} ${stream.writableHighWaterMark}`);
  },
  { highWaterMark: 100 },
);

export const writesAfterEnd = streamifyResponse(async (_event, stream) => {
  stream.end('whole');
  const taken = stream.write('more', (error) => console.log('callback', error.code));
  stream.on('error', (error) => console.log('event', error.code, taken));
});

export const arguments_ = streamifyResponse(async (event, stream, context) => {
  stream.write([event, context.awsRequestId, typeof context.succeed, context.callbackWaitsForEmptyEventLoop]);
  stream.end();
});

export const malformed = async () => {};
malformed[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'request';
