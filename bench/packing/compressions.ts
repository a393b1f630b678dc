// Ways to compress a message with what Node.js and Deno bring: the one that livectl uses, and those it was compared with.
import * as zlib from 'node:zlib';

export interface Compression {
  readonly name: string;
  readonly write: (bytes: Buffer) => Buffer;
  readonly read: (bytes: Buffer) => Buffer;
}

const { constants } = zlib;

/** Of Node.js from 22.15 on, which this project's types don't know yet. */
type Zstd = {
  zstdCompressSync(bytes: Buffer, options: { params: Record<number, number> }): Buffer;
  zstdDecompressSync(bytes: Buffer): Buffer;
  constants: { ZSTD_c_compressionLevel: number };
};
const withZstd = 'zstdCompressSync' in zlib ? (zlib as unknown as Zstd) : undefined;

/** Names of fields and usual values of what a stub sends: what a dictionary agreed on by both ends would hold. */
const dictionary = Buffer.from(
  [
    '"parts":"codeMs":"contentType":"application/json","index":"reason":"deadline","replyTo":',
    '{"requestId":"","function":"","instance":"","replyTo":"","sentAt":,"deadline":,"arn":"arn:aws:lambda:eu-west-1:',
    ':function:live-debug-dev-","traceId":"Root=1-;Parent=;Sampled=","environment":{"AWS_ACCESS_KEY_ID":"ASIA',
    '","AWS_SECRET_ACCESS_KEY":"","AWS_SESSION_TOKEN":"IQoJb3JpZ2luX2Vj","AWS_REGION":"eu-west-1",',
    '"AWS_DEFAULT_REGION":"","AWS_EXECUTION_ENV":"AWS_Lambda_nodejs22.x","AWS_LAMBDA_FUNCTION_NAME":"',
    '","AWS_LAMBDA_FUNCTION_VERSION":"$LATEST","AWS_LAMBDA_FUNCTION_MEMORY_SIZE":"',
    '","AWS_LAMBDA_INITIALIZATION_TYPE":"on-demand","AWS_LAMBDA_LOG_GROUP_NAME":"/aws/lambda/',
    '","AWS_LAMBDA_LOG_STREAM_NAME":"2026/[$LATEST]"},"ackBy":,"understands":["asks","moved","br","bits7"]}',
    '{"version":"2.0","routeKey":"","rawPath":"/","rawQueryString":"","cookies":[],"headers":{"accept":"*/*",',
    '"accept-encoding":"gzip, deflate, br","accept-language":"en","authorization":"Bearer eyJ","content-length":"',
    '","content-type":"application/json","host":".execute-api.eu-west-1.amazonaws.com","origin":"https://","referer":"',
    '","sec-ch-ua":"\\"Chromium\\";v=\\"","sec-fetch-mode":"cors","user-agent":"Mozilla/5.0 (; ) AppleWebKit/537.36 ',
    '(KHTML, like Gecko) Chrome/ Safari/537.36","x-amzn-trace-id":"Root=1-","x-forwarded-for":"","x-forwarded-port":"443",',
    '"x-forwarded-proto":"https"},"queryStringParameters":{},"requestContext":{"accountId":"","apiId":"","domainName":"',
    '","domainPrefix":"","http":{"method":"GET","path":"/","protocol":"HTTP/1.1","sourceIp":"","userAgent":""},',
    '"requestId":"","routeKey":"","stage":"$default","time":"","timeEpoch":},"body":"","isBase64Encoded":false}',
    '{"Records":[{"messageId":"","receiptHandle":"","body":"","attributes":{"ApproximateReceiveCount":"1",',
    '"SentTimestamp":"","SenderId":"","ApproximateFirstReceiveTimestamp":""},"messageAttributes":{},"md5OfBody":"",',
    '"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:","awsRegion":"eu-west-1"}]}{"statusCode":200,"body":"',
  ].join(''),
);

const gzip = (level: number): Compression => ({
  name: `gzip ${level}`,
  write: (bytes) => zlib.gzipSync(bytes, { level }),
  read: (bytes) => zlib.gunzipSync(bytes),
});

const brotli = (quality: number, name = `brotli ${quality}`): Compression => ({
  name,
  write: (bytes) =>
    zlib.brotliCompressSync(bytes, {
      chunkSize: 64 * 1024,
      params: { [constants.BROTLI_PARAM_QUALITY]: quality, [constants.BROTLI_PARAM_LGWIN]: 16 },
    }),
  read: (bytes) => zlib.brotliDecompressSync(bytes, { chunkSize: 64 * 1024 }),
});

const zstd = (
  level: number,
  { constants: names, zstdCompressSync, zstdDecompressSync }: Zstd,
): Compression => ({
  name: `zstd ${level}`,
  write: (bytes) => zstdCompressSync(bytes, { params: { [names.ZSTD_c_compressionLevel]: level } }),
  read: (bytes) => zstdDecompressSync(bytes),
});

/** Those that this runtime has; Node.js 20 has no zstd. */
export const compressions: readonly Compression[] = [
  gzip(1),
  gzip(6),
  {
    name: `deflate 1 with a dictionary of ${(dictionary.length / 1000).toFixed(1)} KB`,
    write: (bytes) => zlib.deflateRawSync(bytes, { level: 1, dictionary }),
    read: (bytes) => zlib.inflateRawSync(bytes, { dictionary }),
  },
  brotli(0),
  brotli(1, 'brotli 1: `br`'),
  brotli(4),
  ...(withZstd ? [zstd(1, withZstd), zstd(3, withZstd)] : []),
];
