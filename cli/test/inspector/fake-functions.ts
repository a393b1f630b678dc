// The functions that the fake serve pretends to serve: their sources, and the events and results that these have.
import { mask } from '../../src/recordings/mask/secret-names.ts';
import type { SourceKind } from '../../src/recordings/recording.ts';
import type { Seeded } from './seeded.ts';

/** What an invocation of a function has to say, apart from how it went. */
export interface FakeEvent {
  readonly trigger: string;
  readonly event: unknown;
  readonly result: unknown;
  readonly sourceIds: readonly string[];
  readonly httpStatus?: number;
}

export interface FakeFunction {
  readonly name: string;
  readonly source: SourceKind;
  /** Of the queue, topic, bucket ...; a route for HTTP. */
  readonly resource: string;
  readonly runtime: string;
  readonly handler: string;
  readonly file: string;
  /** Median of its code, in milliseconds. */
  readonly codeMs: number;
  /** How many of 100 invocations fail. */
  readonly failing: number;
  readonly weight: number;
  readonly make: (seeded: Seeded, at: Date) => FakeEvent;
}

const people = ['ada', 'grace', 'linus', 'barbara', 'edsger'] as const;
const goods = ['lamp', 'desk', 'chair', 'shelf', 'plant'] as const;

function order(seeded: Seeded): Record<string, unknown> {
  const items = Array.from({ length: 1 + seeded.below(3) }, () => ({
    sku: `${seeded.pick(goods)}-${100 + seeded.below(900)}`,
    quantity: 1 + seeded.below(4),
    price: seeded.below(20_000) / 100,
  }));
  return {
    id: 10_000 + seeded.below(90_000),
    customer: seeded.pick(people),
    items,
    gift: seeded.chance(0.2),
  };
}

function http(seeded: Seeded, at: Date, method: string, path: string, query = '', body?: unknown): unknown {
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: query,
    ...(query === '' ? {} : { queryStringParameters: Object.fromEntries(new URLSearchParams(query)) }),
    headers: {
      accept: 'application/json',
      authorization: mask,
      'content-type': 'application/json',
      host: 'api.example.com',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'x-forwarded-for': '198.51.100.7',
    },
    cookies: [`session=${mask}`, 'theme=dark'],
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '198.51.100.7' },
      requestId: seeded.hex(16),
      stage: '$default',
      timeEpoch: at.getTime(),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

function answer(statusCode: number, body: unknown): unknown {
  return { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function orders(seeded: Seeded, at: Date): FakeEvent {
  const sourceIds = [seeded.hex(16)];
  if (seeded.chance(0.5)) {
    const body = order(seeded);
    const result = answer(201, { id: body.id, state: 'accepted', total: seeded.below(90_000) / 100 });
    const event = http(seeded, at, 'POST', '/orders', '', body);
    return { trigger: 'POST /orders', event, result, sourceIds, httpStatus: 201 };
  }
  const query = `customer=${seeded.pick(people)}&limit=${10 * (1 + seeded.below(5))}`;
  const list = Array.from({ length: 2 + seeded.below(4) }, () => order(seeded));
  const isFound = seeded.chance(0.95);
  return {
    trigger: `GET /orders?${query}`,
    event: http(seeded, at, 'GET', '/orders', query),
    result: isFound ? answer(200, { orders: list }) : answer(404, { message: 'no such customer' }),
    sourceIds,
    httpStatus: isFound ? 200 : 404,
  };
}

function queue(name: string): (seeded: Seeded, at: Date) => FakeEvent {
  return (seeded, at) => {
    const messages = Array.from({ length: 1 + seeded.below(3) }, () => ({
      messageId: seeded.uuid(),
      receiptHandle: mask,
      body: JSON.stringify(order(seeded)),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(at.getTime()) },
      messageAttributes: { tenant: { stringValue: 'north', dataType: 'String' } },
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-west-1:123456789012:${name}`,
      awsRegion: 'eu-west-1',
    }));
    const count = messages.length > 1 ? `, ${messages.length} records` : '';
    const sourceIds = messages.map(({ messageId }) => messageId);
    return {
      trigger: `SQS ${name}${count}`,
      event: { Records: messages },
      result: { batchItemFailures: [] },
      sourceIds,
    };
  };
}

function bucket(seeded: Seeded, at: Date): FakeEvent {
  const key = `uploads/${seeded.pick(people)}/${seeded.hex(8)}.jpg`;
  const event = {
    Records: [
      {
        eventSource: 'aws:s3',
        eventName: 'ObjectCreated:Put',
        eventTime: at.toISOString(),
        s3: {
          bucket: { name: 'photos' },
          object: { key, size: seeded.below(4_000_000), eTag: seeded.hex(32) },
        },
      },
    ],
  };
  const sizes = [160, 640, 1280].map((width) => ({ width, key: key.replace('.jpg', `-${width}.webp`) }));
  return { trigger: `S3 photos ${key}`, event, result: { written: sizes }, sourceIds: [seeded.hex(16)] };
}

function bus(seeded: Seeded, at: Date): FakeEvent {
  const id = seeded.uuid();
  const event = {
    version: '0',
    id,
    'detail-type': 'OrderPlaced',
    source: 'shop.orders',
    account: '123456789012',
    time: at.toISOString(),
    region: 'eu-west-1',
    resources: [],
    detail: order(seeded),
  };
  return { trigger: 'EventBridge shop.orders OrderPlaced', event, result: null, sourceIds: [id] };
}

function topic(seeded: Seeded, at: Date): FakeEvent {
  const id = seeded.uuid();
  const message = { customer: seeded.pick(people), text: 'Your order is on its way' };
  const sns = { MessageId: id, Message: JSON.stringify(message), Timestamp: at.toISOString() };
  const event = { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: sns }] };
  return { trigger: 'SNS shipped', event, result: { sent: true }, sourceIds: [id] };
}

function stream(seeded: Seeded): FakeEvent {
  const number = String(10n ** 20n + BigInt(seeded.below(2 ** 31)));
  const data = Buffer.from(JSON.stringify({ page: '/lamp', ms: seeded.below(9000) })).toString('base64');
  const record = {
    eventSource: 'aws:kinesis',
    kinesis: { partitionKey: 'lamp', sequenceNumber: number, data },
  };
  return { trigger: 'Kinesis clicks', event: { Records: [record] }, result: null, sourceIds: [number] };
}

function table(seeded: Seeded): FakeEvent {
  const image = { customer: { S: seeded.pick(people) }, points: { N: String(seeded.below(500)) } };
  const record = { eventSource: 'aws:dynamodb', eventName: 'MODIFY', dynamodb: { NewImage: image } };
  return {
    trigger: 'DynamoDB customers',
    event: { Records: [record] },
    result: { ok: true },
    sourceIds: [`customer=${image.customer.S}`],
  };
}

function schedule(seeded: Seeded, at: Date): FakeEvent {
  const id = seeded.uuid();
  const event = {
    version: '0',
    id,
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    time: at.toISOString(),
    resources: ['arn:aws:events:eu-west-1:123456789012:rule/nightly'],
    detail: {},
  };
  return { trigger: 'schedule', event, result: { removed: seeded.below(40) }, sourceIds: [id] };
}

function direct(seeded: Seeded): FakeEvent {
  return {
    trigger: 'invoke',
    event: { task: seeded.pick(['reindex', 'warm-up', 'export']), dryRun: seeded.chance(0.5) },
    result: { done: seeded.below(1000) },
    sourceIds: [],
  };
}

const node = 'nodejs22.x';

/** By name; `retired` is listed but no longer served. */
export const fakeFunctions: readonly [FakeFunction, ...FakeFunction[]] = [
  fake('orders', 'http', '/orders', node, 42, 2, 40, orders),
  fake('invoices', 'sqs', 'orders', 'python3.13', 180, 8, 16, queue('orders')),
  fake('thumbnails', 's3', 'photos', node, 410, 3, 10, bucket),
  fake('audit', 'eventbridge', 'shop', node, 9, 0, 10, bus),
  fake('notify', 'sns', 'shipped', 'python3.13', 65, 4, 10, topic),
  fake('clicks', 'kinesis', 'clicks', node, 6, 0, 8, stream),
  fake('loyalty', 'dynamodb', 'customers', node, 22, 1, 4, table),
  fake('nightly', 'schedule', 'rate(1 day)', 'python3.13', 900, 1, 1, schedule),
  fake('tools', 'custom', '', node, 30, 0, 1, direct),
];

function fake(
  name: string,
  source: SourceKind,
  resource: string,
  runtime: string,
  codeMs: number,
  failing: number,
  weight: number,
  make: FakeFunction['make'],
): FakeFunction {
  const isPython = runtime.startsWith('python');
  const handler = isPython ? `src/${name}.handler` : `src/${name}.handler`;
  const file = `src/${name}.${isPython ? 'py' : 'ts'}`;
  return { name, source, resource, runtime, handler, file, codeMs, failing, weight, make };
}
