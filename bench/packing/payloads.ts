// What invocations carry: heads as stubs send them, events and answers of every size, of random values where AWS's are.
import { randomBytes } from 'node:crypto';
import type { MessageHead } from '../../protocol/message.ts';

export interface Exchanged {
  readonly name: string;
  readonly event: Buffer;
  readonly answer: Buffer;
}

const now = Date.now();
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** As Lambda and the module fill it in: most of it is the role's credentials. */
export const head: MessageHead<'invoke'> = {
  requestId: '8f6b2f2e-2b1c-4d55-9d2f-3a2b1c4d5e6f',
  function: 'orders',
  instance: '1c7a3a0e-9f55-4ab2-8c7d-0b1f2e3d4c5b',
  replyTo: 'L0SM9cOFvHcCIhw=',
  sentAt: now,
  deadline: now + 10_000,
  arn: 'arn:aws:lambda:eu-west-1:123456789012:function:live-debug-dev-tom-orders',
  traceId: `Root=1-6926f000-${hex(12)};Parent=${hex(8)};Sampled=1`,
  environment: {
    AWS_ACCESS_KEY_ID: 'ASIABENCHBENCHBENCH1',
    AWS_SECRET_ACCESS_KEY: randomBytes(30).toString('base64'),
    AWS_SESSION_TOKEN: randomBytes(660).toString('base64'),
    AWS_REGION: 'eu-west-1',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x',
    AWS_LAMBDA_FUNCTION_NAME: 'live-debug-dev-tom-orders',
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/live-debug-dev-tom-orders',
    AWS_LAMBDA_LOG_STREAM_NAME: `2026/11/26/[$LATEST]${hex(16)}`,
    TABLE_NAME: 'orders-dev-tom',
  },
  ackBy: now + 3000,
  understands: ['asks', 'moved', 'br', 'bits7'],
};

const agent =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36';

/** API Gateway's payload format 2.0 with a browser's headers and a token: 3 KB. */
function httpEvent(body: string, isBase64Encoded = false): Buffer {
  const host = 'a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com';
  return Buffer.from(
    JSON.stringify({
      version: '2.0',
      routeKey: 'POST /orders',
      rawPath: '/orders',
      rawQueryString: 'page=1&sort=date',
      cookies: [`session=${randomBytes(24).toString('base64url')}`],
      headers: {
        accept: 'application/json, text/plain, */*',
        'accept-encoding': 'gzip, deflate, br, zstd',
        'accept-language': 'en-GB,en;q=0.9,de;q=0.8',
        authorization: `Bearer ${randomBytes(520).toString('base64url')}`,
        'content-length': String(body.length),
        'content-type': 'application/json',
        host,
        origin: 'https://app.example.com',
        referer: 'https://app.example.com/orders',
        'sec-ch-ua': '"Chromium";v="130", "Google Chrome";v="130", "Not?A_Brand";v="99"',
        'sec-fetch-mode': 'cors',
        'user-agent': agent,
        'x-amzn-trace-id': `Root=1-6926f000-${hex(12)}`,
        'x-forwarded-for': '203.0.113.7',
        'x-forwarded-port': '443',
        'x-forwarded-proto': 'https',
      },
      queryStringParameters: { page: '1', sort: 'date' },
      requestContext: {
        accountId: '123456789012',
        apiId: 'a1b2c3d4e5',
        domainName: host,
        domainPrefix: 'a1b2c3d4e5',
        http: {
          method: 'POST',
          path: '/orders',
          protocol: 'HTTP/1.1',
          sourceIp: '203.0.113.7',
          userAgent: agent,
        },
        requestId: randomBytes(11).toString('base64'),
        routeKey: 'POST /orders',
        stage: '$default',
        time: '26/Nov/2026:17:11:02 +0000',
        timeEpoch: now,
      },
      body,
      isBase64Encoded,
    }),
  );
}

/** Records of an order system, as JSON of at least this many bytes. */
export function records(bytes: number): Buffer {
  const all: string[] = [];
  for (let [size, index] = [0, 0]; size < bytes; index += 1) {
    const record = JSON.stringify({
      id: hex(8),
      customer: `customer-${(index * 7919) % 1000}`,
      status: ['open', 'paid', 'shipped'][index % 3],
      total: randomBytes(2).readUInt16BE() / 100,
      createdAt: new Date(now + index * 61_000).toISOString(),
      items: [{ sku: `A-${index % 97}`, count: (index % 5) + 1 }],
    });
    all.push(record);
    size += record.length + 1;
  }
  return Buffer.from(`[${all.join(',')}]`);
}

const image = (bytes: number) => httpEvent(randomBytes(bytes).toString('base64'), true);
const small = Buffer.from(JSON.stringify({ statusCode: 200, body: '{"ok":true}' }));
const whole = (bytes: number) => Buffer.from(randomBytes(bytes).toString('base64'));

export const exchanges: readonly Exchanged[] = [
  { name: 'tiny', event: Buffer.from('{"source":"bench"}'), answer: small },
  { name: 'API Gateway, 3 KB', event: httpEvent('{"order":"4711","count":2}'), answer: records(1000) },
  { name: 'JSON of 20 KB', event: records(20_000), answer: records(20_000) },
  { name: 'JSON of 100 KB', event: records(100_000), answer: records(100_000) },
  { name: 'an image of 75 KB, in base64', event: image(75_000), answer: whole(75_000) },
  { name: 'JSON of 5.9 MB', event: records(5_900_000), answer: records(5_900_000) },
  { name: 'an archive of 4.4 MB, in base64', event: image(4_400_000), answer: whole(4_400_000) },
];
