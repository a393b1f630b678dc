// The HTTP front over real sockets, with a Lambda host that answers in this process.
import { once } from 'node:events';
import { Agent, type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createDeveloper, region } from '../../../src/cloud/aws-api/access.ts';
import { SigV4Verifier } from '../../../src/cloud/aws-api/sigv4-verify.ts';
import type { CloudEvent, CloudFunction } from '../../../src/cloud/cloud.ts';
import { FunctionUrls } from '../../../src/cloud/http-api/function-urls.ts';
import { HttpApi } from '../../../src/cloud/http-api/http-api.ts';
import { HttpDoor } from '../../../src/cloud/http-api/http-door.ts';
import { RouteTable } from '../../../src/cloud/http-api/routes.ts';
import { functionError, type Outcome } from '../../../src/worker/contract.ts';
import { HandClock } from '../hand-clock.ts';

const clock = new HandClock(Date.UTC(2020, 2, 12, 19, 3, 58));
const developer = createDeveloper('live-debug-test', 'test');
const agent = new Agent({ keepAlive: true });

type HttpMethod = NonNullable<CloudFunction['triggers']['http']>['method'];

function deployed(name: string, path?: string, method: HttpMethod = 'ANY'): CloudFunction {
  const triggers = path === undefined ? {} : { http: { path, method } };
  return {
    name,
    handler: 'x.y',
    runtime: 'nodejs22.x',
    timeout: 3,
    memorySize: 128,
    environment: {},
    triggers,
  };
}

const functions = [
  deployed('hello'),
  deployed('users', '/users/{id}', 'GET'),
  deployed('files', '/files/{path+}'),
  deployed('form', '/form', 'POST'),
];

type HttpEvent = Record<string, unknown> & {
  requestContext: Record<string, unknown>;
  headers: Record<string, string>;
};

let invoked: { functionName: string; event: HttpEvent; id: string | undefined }[];
let answer: (event: HttpEvent) => unknown | Promise<unknown>;
let outcome: Outcome | undefined;
let events: CloudEvent[];
let front: HttpApi;
let port: number;

beforeEach(async () => {
  invoked = [];
  const own: CloudEvent[] = [];
  events = own;
  answer = () => ({ statusCode: 200 });
  outcome = undefined;
  const verifier = new SigV4Verifier(region, [developer], clock);
  const http = { send: () => Promise.reject(new Error('no route asks for a token')) };
  front = new HttpApi({
    routes: new RouteTable(functions),
    functionUrls: new FunctionUrls(functions),
    door: new HttpDoor({ functions, verifier, clock, http }),
    developer,
    verifier,
    clock,
    integrationMs: 30_000,
    allowOrigins: new Map([['form', ['https://app.example']]]),
    allowOtherUsers: false,
    onEvent: (event) => own.push(event),
    host: {
      async invoke(functionName, payload, options) {
        const event = JSON.parse(Buffer.from(payload).toString());
        invoked.push({ functionName, event, id: options?.id });
        const body = Buffer.from(JSON.stringify(await answer(event)) ?? 'null');
        return outcome ?? { ok: true, body, contentType: 'application/json' };
      },
    },
  });
  port = await front.listen(0);
});

afterEach(() => front.close());

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

async function call(path: string, options: RequestOptions = {}, body?: string | Buffer): Promise<Got> {
  const sent = request({ host: '127.0.0.1', port, path, agent, ...options });
  sent.end(body);
  const [response] = await once(sent, 'response');
  // A body that was refused may still be on its way when the test and its server end.
  sent.on('error', () => undefined);
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

async function eventOf(path: string, options?: RequestOptions, body?: string | Buffer): Promise<HttpEvent> {
  expect((await call(path, options, body)).status).toBe(200);
  const last = invoked.at(-1);
  if (!last) throw new Error('nothing was invoked');
  return last.event;
}

describe('the event', () => {
  test('of a plain GET has every field and no empty ones', async () => {
    const event = await eventOf('/users/42?a=1', {
      headers: { 'User-Agent': 'test', 'X-Amzn-Trace-Id': 'Root=1' },
    });
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /users/{id}',
      rawPath: '/users/42',
      rawQueryString: 'a=1',
      headers: {
        'content-length': '0',
        host: `127.0.0.1:${port}`,
        'user-agent': 'test',
        'x-amzn-trace-id': 'Root=1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': String(port),
        'x-forwarded-proto': 'http',
      },
      queryStringParameters: { a: '1' },
      requestContext: {
        accountId: '000000000000',
        apiId: 'localhttp0',
        domainName: '127.0.0.1',
        domainPrefix: '127',
        http: {
          method: 'GET',
          path: '/users/42',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test',
        },
        requestId: expect.stringMatching(/^[A-Za-z0-9_-]{15}=$/),
        routeKey: 'GET /users/{id}',
        stage: '$default',
        time: '12/Mar/2020:19:03:58 +0000',
        timeEpoch: clock.now(),
      },
      pathParameters: { id: '42' },
      isBase64Encoded: false,
    });
  });

  test('has repeated headers and parameters joined by commas, and cookies apart', async () => {
    const event = await eventOf('/hello?a=1&b=x+y&a=%C3%A4&empty=&flag', {
      headers: {
        'X-One': ['1', '2'],
        Cookie: 'a=1; b=2',
        'X-Forwarded-For': '10.0.0.1',
        Connection: 'keep-alive',
      },
    });
    expect(event.rawQueryString).toBe('a=1&b=x+y&a=%C3%A4&empty=&flag');
    expect(event.queryStringParameters).toEqual({ a: '1,ä', b: 'x y', empty: '', flag: '' });
    expect(event.cookies).toEqual(['a=1', 'b=2']);
    expect(event.headers).toMatchObject({ 'x-one': '1,2', 'x-forwarded-for': '10.0.0.1, 127.0.0.1' });
    expect(Object.keys(event.headers)).not.toContain('cookie');
    expect(Object.keys(event.headers)).not.toContain('connection');
    expect(event).not.toHaveProperty('pathParameters');
    expect(event).not.toHaveProperty('body');
  });

  test('has the path decoded, except for %25', async () => {
    const event = await eventOf('/files/a%20b/%C3%A4%2525.txt');
    expect(event.rawPath).toBe('/files/a b/ä%2525.txt');
    expect(event.requestContext.http).toMatchObject({ path: '/files/a b/ä%2525.txt' });
    expect(event.pathParameters).toEqual({ path: 'a b/ä%25.txt' });
  });

  test.each<[string | undefined, boolean]>([
    ['text/plain; charset=utf-8', false],
    ['application/json', false],
    ['application/json;charset=UTF-8', false],
    ['application/xml', false],
    ['application/javascript', false],
    ['application/vnd.api+json', true],
    ['application/x-www-form-urlencoded', true],
    ['application/octet-stream', true],
    ['multipart/form-data; boundary=x', true],
    [undefined, true],
  ])('has a body of type %s as base64: %s', async (contentType, isBase64Encoded) => {
    const headers = contentType === undefined ? {} : { 'Content-Type': contentType };
    const event = await eventOf('/hello', { method: 'POST', headers }, 'a=ä');
    expect(event.isBase64Encoded).toBe(isBase64Encoded);
    expect(event.body).toBe(isBase64Encoded ? Buffer.from('a=ä').toString('base64') : 'a=ä');
  });

  test('keeps the bytes of text that is not UTF-8', async () => {
    const bytes = Buffer.from([0x66, 0xfc, 0x72]);
    const event = await eventOf(
      '/hello',
      { method: 'POST', headers: { 'Content-Type': 'text/plain' } },
      bytes,
    );
    expect(event.isBase64Encoded).toBe(true);
    expect(Buffer.from(String(event.body), 'base64')).toEqual(bytes);
  });
});

describe('routing', () => {
  test.each<[string, string, number]>([
    ['GET', '/hello', 200],
    ['PATCH', '/hello/', 200],
    ['DELETE', '/hello/a/b', 200],
    ['OPTIONS', '/hello', 200],
    ['HEAD', '/hello', 200],
    ['GET', '/hello2', 404],
    ['GET', '/', 404],
    ['GET', '/users/1', 200],
    ['HEAD', '/users/1', 404],
    ['GET', '/users/1/', 404],
    ['GET', '/users/', 404],
    ['POST', '/form', 200],
    ['GET', '/form', 404],
    ['GET', '/files/', 404],
  ])('%s %s answers %i', async (method, path, status) => {
    const got = await call(path, { method });
    expect(got.status).toBe(status);
    if (status === 404 && method !== 'HEAD') expect(got.body.toString()).toBe('{"message":"Not Found"}');
    expect(got.headers['apigw-requestid']).toMatch(/^[A-Za-z0-9_-]{15}=$/);
  });

  test('a foreign host name is refused', async () => {
    expect((await call('/hello', { headers: { Host: 'rebound.example.com' } })).status).toBe(403);
    expect((await call('/hello', { headers: { Host: `localhost:${port}` } })).status).toBe(200);
  });

  test('a page of another site is refused before it reaches the function, and reported once', async () => {
    const post = (origin: string, path = '/form') => call(path, { method: 'POST', headers: { origin } });
    expect((await post('https://evil.example')).status).toBe(403);
    const image = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    expect((await call('/hello', { headers: image })).status).toBe(403);
    expect((await post('https://evil.example')).headers).not.toHaveProperty('access-control-allow-origin');
    expect(invoked).toEqual([]);
    expect(events).toEqual([
      { type: 'refused', functionName: 'form', from: 'page', origin: 'https://evil.example' },
      { type: 'refused', functionName: 'hello', from: 'page', origin: undefined },
    ]);
    expect((await post('https://app.example')).status).toBe(200);
    expect((await post('http://localhost:5173')).status).toBe(200);
    expect((await post('https://app.example', '/hello')).status).toBe(403);
  });
});

describe('the answer', () => {
  test.each<[string, unknown, { status: number; type: string; body: string }]>([
    ['an object without a status', { a: 'ä' }, { status: 200, type: 'application/json', body: '{"a":"ä"}' }],
    ['an array', [1], { status: 200, type: 'application/json', body: '[1]' }],
    ['a string', 'Hello', { status: 200, type: 'application/json', body: 'Hello' }],
    ['nothing', undefined, { status: 200, type: 'application/json', body: 'null' }],
    ['a number', 7, { status: 200, type: 'application/json', body: '7' }],
    [
      'headers without a status, which are content then',
      { headers: { 'content-type': 'text/html' }, body: 'x' },
      { status: 200, type: 'application/json', body: '{"headers":{"content-type":"text/html"},"body":"x"}' },
    ],
    ['a status alone', { statusCode: 201 }, { status: 201, type: 'text/plain; charset=utf-8', body: '' }],
    [
      'a status as text',
      { statusCode: '202', body: 'x' },
      { status: 202, type: 'text/plain; charset=utf-8', body: 'x' },
    ],
    [
      'a type in any case',
      { statusCode: 200, headers: { 'CONTENT-TYPE': 'text/html' }, body: '<p>' },
      { status: 200, type: 'text/html', body: '<p>' },
    ],
    [
      'base64',
      { statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'w6Q=', isBase64Encoded: true },
      { status: 200, type: 'image/png', body: 'ä' },
    ],
  ])('of %s', async (_name, given, { status, type, body }) => {
    answer = () => given;
    const got = await call('/hello');
    expect([got.status, got.headers['content-type'], got.body.toString()]).toEqual([status, type, body]);
  });

  test('has several cookies, coerced headers, and none of the connection', async () => {
    answer = () => ({
      statusCode: 200,
      headers: {
        'X-Number': 1,
        'X-Bool': true,
        'X-Null': null,
        'X-Text': 'ä',
        Connection: 'close',
        'Transfer-Encoding': 'chunked',
        'Content-Length': '3',
        'Keep-Alive': 'timeout=1',
      },
      cookies: ['a=1; HttpOnly', 'b=2'],
      body: 'body',
    });
    const { headers, body } = await call('/hello');
    expect(headers).toMatchObject({
      'x-number': '1',
      'x-bool': 'true',
      'content-length': '4',
      connection: 'keep-alive',
    });
    expect(Buffer.from(String(headers['x-text']), 'latin1').toString()).toBe('ä');
    expect(headers['set-cookie']).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(headers).not.toHaveProperty('x-null');
    expect(headers).not.toHaveProperty('transfer-encoding');
    expect(headers['keep-alive']).not.toBe('timeout=1');
    expect(body.toString()).toBe('body');
  });

  test.each<[string, unknown]>([
    ['an invalid status', { statusCode: 99 }],
    ['a switch of protocols', { statusCode: 101 }],
    ['a fraction', { statusCode: 200.5 }],
    ['a word', { statusCode: 'ok' }],
    ['a body that is not text', { statusCode: 200, body: { a: 1 } }],
    ['cookies that are not a list', { statusCode: 200, cookies: 'a=1' }],
    ['a header of several values', { statusCode: 200, headers: { a: ['1'] } }],
    ['a header with a line break', { statusCode: 200, headers: { a: '1\r\nb: 2' } }],
    ['a cookie with a line break', { statusCode: 200, cookies: ['a=1\n'] }],
    ['an invalid header name', { statusCode: 200, headers: { 'a b': '1' } }],
  ])('is 500 for %s', async (_name, given) => {
    answer = () => given;
    const got = await call('/hello');
    expect([got.status, got.body.toString()]).toEqual([500, '{"message":"Internal Server Error"}']);
  });

  test('is 500 for a function error and for bytes that are not JSON', async () => {
    outcome = { ok: false, error: functionError('Error', 'secret') };
    expect((await call('/hello')).body.toString()).toBe('{"message":"Internal Server Error"}');
    outcome = { ok: true, body: Buffer.from('{'), contentType: 'application/json' };
    expect((await call('/hello')).status).toBe(500);
    answer = () => Promise.reject(new Error('a fault of ours'));
    outcome = undefined;
    expect((await call('/hello')).status).toBe(500);
  });

  test('to HEAD has no body, and 204 has no length', async () => {
    answer = () => ({ statusCode: 200, body: 'four' });
    const head = await call('/hello', { method: 'HEAD' });
    expect([head.headers['content-length'], head.body.length]).toEqual(['4', 0]);
    answer = () => ({ statusCode: 204 });
    expect((await call('/hello')).headers).not.toHaveProperty('content-length');
  });

  test('is 503 after 30 seconds, whatever comes later', async () => {
    let late: (value: unknown) => void = () => {};
    const reached = new Promise<void>((resolve) => {
      answer = () => {
        resolve();
        return new Promise((settle) => {
          late = settle;
        });
      };
    });
    const got = call('/hello');
    await reached;
    clock.advance(30_000);
    expect((await got).body.toString()).toBe('{"message":"Service Unavailable"}');
    late({ statusCode: 200 });
    answer = () => ({ statusCode: 200 });
    expect((await call('/hello')).status).toBe(200);
  });
});

describe('sizes', () => {
  const megabyte = 1024 * 1024;
  test('the line and the values of the headers have 10,240 bytes together', async () => {
    const fixed = 'GET /hello HTTP/1.1'.length + `127.0.0.1:${port}`.length + 'keep-alive'.length;
    const value = (bytes: number) => ({ headers: { 'X-Long-Name-That-Does-Not-Count': 'x'.repeat(bytes) } });
    expect((await call('/hello', value(10_240 - fixed))).status).toBe(200);
    const got = await call('/hello', value(10_240 - fixed + 1));
    expect([got.status, got.body.toString()]).toEqual([431, '{"message":"Request Header Fields Too Large"}']);
    expect((await call(`/hello?${'x'.repeat(11_000)}`)).status).toBe(431);
    expect((await call('/hello', value(100_000))).status).toBe(431);
  });

  const post = (size: number, headers = {}) =>
    call('/hello', { method: 'POST', headers }, Buffer.alloc(size, 'a'));

  test('an event of nearly 6 MB passes, one over it is 413', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    expect((await post(6 * megabyte - 2000, headers)).status).toBe(200);
    expect(String(invoked.at(-1)?.event.body)).toHaveLength(6 * megabyte - 2000);
    const got = await post(6 * megabyte, headers);
    expect([got.status, got.body.toString()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    expect((await post(5 * megabyte)).status).toBe(413);
    expect(invoked).toHaveLength(1);
  });

  test('a body over 10 MB is 413 before it has arrived, and the connection stays usable', async () => {
    const got = await post(10 * megabyte + 1);
    expect(got.status).toBe(413);
    expect((await call('/hello')).status).toBe(200);
    const chunked = await call(
      '/hello',
      { method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } },
      Buffer.alloc(11 * megabyte),
    );
    expect(chunked.status).toBe(413);
  });

  test('an answer of 6 MB arrives whole', async () => {
    const body = 'ä'.repeat(3 * megabyte - 100);
    answer = () => ({ statusCode: 200, body });
    expect((await call('/hello')).body.toString() === body).toBe(true);
  });
});

describe('connections', () => {
  test('of a caller that hangs up do not disturb the function', async () => {
    const finished = new Promise<void>((resolve) => {
      answer = async () => {
        sent.destroy();
        await gone;
        resolve();
        return { statusCode: 200 };
      };
    });
    const sent = request({ host: '127.0.0.1', port, path: '/hello' });
    const gone = new Promise((resolve) => sent.once('close', resolve));
    sent.on('error', () => {});
    sent.end();
    await finished;
    expect(events).toEqual([]);
    expect((await call('/hello')).status).toBe(200);
  });

  test('are kept', async () => {
    const ports = new Set<unknown>();
    for (const path of ['/hello', '/nowhere', '/hello']) {
      const sent = request({ host: '127.0.0.1', port, path, agent });
      sent.end();
      const [response] = await once(sent, 'response');
      ports.add(response.socket.localPort);
      response.resume();
      await once(response, 'end');
    }
    expect(ports.size).toBe(1);
  });
});

describe('close', () => {
  /** A request that the function has been handed, and the means to answer it. */
  async function inFlight() {
    let settle: (value: unknown) => void = () => {};
    let got: Promise<Got> | undefined;
    await new Promise<void>((reached) => {
      answer = () => {
        reached();
        return new Promise((resolve) => {
          settle = resolve;
        });
      };
      got = call('/hello');
    });
    return { got: got as Promise<Got>, settle };
  }

  test('lets an answer on its way through, and nothing new in', async () => {
    const { got, settle } = await inFlight();
    const end = front.close();
    const refused = request({ host: '127.0.0.1', port, path: '/hello', agent: new Agent() });
    refused.end();
    await expect(once(refused, 'response')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    settle({ statusCode: 200, body: 'in time' });
    expect((await got).body.toString()).toBe('in time');
    await end;
  });

  test('waits a second and no longer', async () => {
    const { got } = await inFlight();
    const hungUp = expect(got).rejects.toMatchObject({ code: 'ECONNRESET' });
    const end = front.close();
    clock.advance(1000);
    await end;
    await hungUp;
  });
});
