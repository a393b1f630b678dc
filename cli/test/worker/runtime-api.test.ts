// The Runtime API by itself: its protocol towards a runtime, and what it refuses.
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { functionError } from '../../src/worker/contract.ts';
import { Dispatcher } from '../../src/worker/runtime-api/dispatcher.ts';
import {
  type RuntimeApi,
  type RuntimeApiOptions,
  startRuntimeApi,
} from '../../src/worker/runtime-api/runtime-api.ts';
import { maxPayloadBytes, maxStreamedBytes } from '../../src/worker/runtime-api/runtime-api-body.ts';
import { canBeAnotherUser, sentByAnotherUser } from '../loopback/other-user.ts';
import { ReceivedStream } from './received-stream.ts';
import { parsed } from './runtime-process.ts';

const open: RuntimeApi[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((api) => api.close()));
});

async function start(options?: RuntimeApiOptions): Promise<RuntimeApi> {
  const api = await startRuntimeApi(options);
  open.push(api);
  return api;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface CallOptions {
  readonly body?: Buffer | string;
  readonly headers?: Record<string, string>;
  readonly trailers?: Record<string, string>;
}

/** With node:http and not fetch, which sets Host and Origin as it likes. */
function call(
  api: Pick<RuntimeApi, 'port'>,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { port: api.port, host: '127.0.0.1', method, path, headers: options.headers ?? {}, agent: false },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    if (options.trailers !== undefined) {
      request.write(options.body ?? '');
      request.addTrailers(options.trailers);
      request.end();
    } else {
      request.end(options.body);
    }
  });
}

const runtime = '/2018-06-01/runtime';
const next = (api: Pick<RuntimeApi, 'port'>) => call(api, 'GET', `${runtime}/invocation/next`);
const invocation = (id: string, event = '{"a":1}') => ({
  id,
  event: Buffer.from(event),
  deadlineMs: 1_700_000_003_000.7,
  invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
});

describe('one invocation', () => {
  it('is handed over whatever a message contains as id, ARN, trace and contexts', async () => {
    const api = await start();
    const waiting = next(api);
    const hostile = 'a\r\nX-Injected: 1\0\u007f\u{1f600}';
    const dispatched = api.dispatch({
      ...invocation(hostile),
      invokedFunctionArn: hostile,
      traceId: hostile.repeat(1000),
      tenantId: hostile,
      clientContext: hostile,
      cognitoIdentity: hostile,
    });
    const { status, headers } = await waiting;
    expect(status).toBe(200);
    expect(headers['x-injected']).toBeUndefined();
    expect(headers['lambda-runtime-aws-request-id']).toBe('a??X-Injected: 1????');
    expect(String(headers['lambda-runtime-trace-id'])).toHaveLength(2048);
    api.fail({ errorType: 'Sandbox.Timedout', errorMessage: '', body: Buffer.from('{}') });
    await dispatched;
  });

  it('is handed over with all headers and answered with the bytes that were posted', async () => {
    const api = await start();
    const waiting = next(api);
    const dispatched = api.dispatch({
      ...invocation('request 1'),
      traceId: 'Root=1-2-3',
      clientContext: '{"client":"Zoë"}',
      cognitoIdentity: '{"cognitoIdentityId":"x"}',
    });
    const { status, headers, body } = await waiting;
    expect(status).toBe(200);
    expect(body).toBe('{"a":1}');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'lambda-runtime-aws-request-id': 'request 1',
      'lambda-runtime-deadline-ms': '1700000003000',
      'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:probe',
      'lambda-runtime-trace-id': 'Root=1-2-3',
      'lambda-runtime-client-context': Buffer.from('{"client":"Zoë"}').toString('latin1'),
      'lambda-runtime-cognito-identity': '{"cognitoIdentityId":"x"}',
    });
    const accepted = await call(api, 'POST', `${runtime}/invocation/request%201/response`, {
      body: Buffer.from([0, 255, 10]),
      headers: { 'content-type': 'image/png' },
    });
    expect(accepted).toMatchObject({ status: 202, body: '{"status":"OK"}\n' });
    expect(await dispatched).toMatchObject({
      outcome: { ok: true, body: Buffer.from([0, 255, 10]), contentType: 'image/png' },
      handedOver: true,
    });
  });

  it('may be dispatched before the runtime asks for it', async () => {
    const api = await start();
    void api.dispatch(invocation('early'));
    expect((await next(api)).headers['lambda-runtime-aws-request-id']).toBe('early');
  });

  it('may not overtake another', async () => {
    const api = await start();
    void api.dispatch(invocation('one'));
    expect(() => api.dispatch(invocation('two'))).toThrow('one is still in flight');
  });

  it('goes to the newest next when the runtime has hung up on the one before', async () => {
    const api = await start({ token: 'secret' });
    const headers = { 'livectl-runtime-token': 'secret' };
    const ask = () => {
      const socket = connect({ port: api.port, host: '127.0.0.1' });
      socket.write(
        `GET ${runtime}/invocation/next HTTP/1.1\r\nHost: ${api.address}\r\nLivectl-Runtime-Token: secret\r\n\r\n`,
      );
      return socket;
    };
    const first = ask();
    await api.initialised;
    // The second call is there before the end of the first: a third is refused.
    const second = ask();
    await once(second, 'connect');
    expect((await call(api, 'GET', `${runtime}/invocation/next`, { headers })).status).toBe(403);
    void api.dispatch(invocation('only'));
    first.destroy();
    const [head] = await once(second, 'data');
    expect(String(head)).toMatch(/lambda-runtime-aws-request-id: only/i);
    second.destroy();
  });

  it('goes to nobody else while the runtime waits', async () => {
    const api = await start();
    const own = next(api);
    await api.initialised;
    const strangers = await Promise.all([next(api), next(api), next(api)]);
    expect(strangers.map(({ status }) => status)).toEqual([403, 403, 403]);
    const dispatched = api.dispatch(invocation('only'));
    expect((await own).headers['lambda-runtime-aws-request-id']).toBe('only');
    await call(api, 'POST', `${runtime}/invocation/only/response`, { body: '1' });
    expect(await dispatched).toMatchObject({ outcome: { ok: true } });
  });

  it('goes to nobody while the runtime works, if the caller’s process is unknown', async () => {
    const dispatcher = new Dispatcher();
    const server = createServer((_, response) => dispatcher.next(response, false));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const api = { port: (server.address() as AddressInfo).port };
    const dispatched = dispatcher.dispatch(invocation('only'));
    expect(await next(api)).toMatchObject({ status: 200 });
    expect(await next(api)).toMatchObject({
      status: 403,
      body: expect.stringContaining('InvalidStateTransition'),
    });
    dispatcher.finish({ ok: true, body: Buffer.from('1'), contentType: 'text/plain' });
    expect(await dispatched).toMatchObject({ handedOver: true });
  });
});

describe('errors', () => {
  it('passes the posted body on untouched', async () => {
    const body = '{"errorType":"ValueError","errorMessage":"bad","stackTrace":["a"],"requestId":"r"}';
    const { outcome } = await answerWith('error', { body });
    expect(outcome).toEqual({
      ok: false,
      error: { errorType: 'ValueError', errorMessage: 'bad', body: Buffer.from(body) },
    });
  });

  it('takes the type from the header where the body has none', async () => {
    const headers = { 'Lambda-Runtime-Function-Error-Type': 'Runtime.Custom' };
    expect((await answerWith('error', { headers, body: 'no JSON' })).outcome).toMatchObject({
      error: { errorType: 'Runtime.Custom', errorMessage: 'no JSON' },
    });
    expect((await answerWith('error', {})).outcome).toMatchObject({
      error: { errorType: 'Runtime.UnknownReason', errorMessage: 'The runtime gave no error message' },
    });
  });

  it('finds the error a streamed response ends with', async () => {
    const { outcome } = await answerWith('response', {
      body: 'half',
      headers: { trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body' },
      trailers: {
        'Lambda-Runtime-Function-Error-Type': 'Runtime.StreamError',
        'Lambda-Runtime-Function-Error-Body': Buffer.from('{"errorMessage":"broke off"}').toString('base64'),
      },
    });
    expect(outcome).toMatchObject({ error: { errorType: 'Runtime.StreamError', errorMessage: 'broke off' } });
  });

  it('ends the invocation when the process is gone', async () => {
    const api = await start();
    const dispatched = api.dispatch(invocation('lost'));
    api.fail(functionError('Runtime.ExitError', 'gone'));
    expect(await dispatched).toMatchObject({
      outcome: { error: { errorMessage: 'gone' } },
      handedOver: false,
    });
    expect(await api.initialised).toMatchObject({ ok: false });
    expect(await api.dispatch(invocation('later'))).toMatchObject({
      outcome: { error: { errorMessage: 'gone' } },
    });
  });

  it('ends init and every invocation with an init error', async () => {
    const api = await start();
    const dispatched = api.dispatch(invocation('first'));
    const body = '{"errorType":"Runtime.ImportModuleError","errorMessage":"no module"}';
    expect(await call(api, 'POST', `${runtime}/init/error`, { body })).toMatchObject({ status: 202 });
    expect(await api.initialised).toMatchObject({ ok: false, error: { errorMessage: 'no module' } });
    expect(parsed((await dispatched).outcome)).toMatchObject({ errorType: 'Runtime.ImportModuleError' });
  });

  it('refuses an init error after the init phase', async () => {
    const api = await start();
    void next(api).catch(() => {});
    expect(await api.initialised).toEqual({ ok: true });
    const refused = await call(api, 'POST', `${runtime}/init/error`, { body: '{}' });
    expect(refused).toMatchObject({ status: 403, body: expect.stringContaining('InvalidStateTransition') });
  });
});

describe('the size limit', () => {
  it('takes a response of 6 MiB and 100 bytes', async () => {
    const body = Buffer.alloc(maxPayloadBytes, 'x');
    const { outcome, answer } = await answerWith('response', { body });
    expect(answer.status).toBe(202);
    expect(outcome.ok && Buffer.from(outcome.body).equals(body)).toBe(true);
  });

  it('refuses one byte more, and ends the invocation in the words of AWS', async () => {
    const { outcome, answer } = await answerWith('response', { body: Buffer.alloc(maxPayloadBytes + 1) });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toEqual({
      errorType: 'RequestEntityTooLarge',
      errorMessage: 'Exceeded maximum allowed payload size (6291556 bytes).',
    });
    expect(outcome).toMatchObject({
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage:
          'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
      },
    });
  });
});

describe('what is refused', () => {
  it('answers a wrong id, also one that was answered already, as Lambda does', async () => {
    const api = await start();
    const wrong = {
      status: 400,
      body: '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}\n',
    };
    expect(await call(api, 'POST', `${runtime}/invocation/nope/response`, { body: '1' })).toMatchObject(
      wrong,
    );
    const dispatched = api.dispatch(invocation('once'));
    await next(api);
    await call(api, 'POST', `${runtime}/invocation/once/response`, { body: '1' });
    await dispatched;
    expect(await call(api, 'POST', `${runtime}/invocation/once/response`, { body: '2' })).toMatchObject(
      wrong,
    );
  });

  it.each([
    ['GET', '/'],
    ['GET', `${runtime}/init/error`],
    ['POST', `${runtime}/invocation/next`],
    ['GET', '/livectl/environment'],
    ['POST', '/2020-01-01/extension/register'],
  ])('%s %s is not found', async (method, path) => {
    expect(await call(await start(), method, path)).toMatchObject({
      status: 404,
      body: '404 page not found\n',
    });
  });

  it.each([
    ['a web page', { origin: 'https://example.com' }],
    ['a rebound name', { host: 'attacker.example' }],
    [
      'an image of a web page',
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    ],
    ['an image that says little', { 'sec-fetch-dest': 'image' }],
    ['a link', { referer: 'http://example.com/' }],
  ])('%s', async (_who, headers) => {
    const api = await start();
    expect(await call(api, 'GET', `${runtime}/invocation/next`, { headers })).toMatchObject({ status: 403 });
  });

  it.each(['other', 'gone', 'elsewhere'] as const)('what comes from a process that is %s', async (peer) => {
    const api = await start({ peerOf: async () => peer });
    void api.dispatch(invocation('secret'));
    expect(await next(api)).toMatchObject({ status: 403, body: expect.not.stringContaining('secret') });
    const path = `${runtime}/init/error`;
    expect(await call(api, 'POST', path, { body: '{"errorType":"Forged"}' })).toMatchObject({ status: 403 });
  });

  it('a real other user, whatever they know', async () => {
    // Only root can be one.
    if (!canBeAnotherUser) return;
    const api = await start();
    const get = `GET ${runtime}/invocation/next HTTP/1.1\r\nHost: ${api.address}\r\n\r\n`;
    expect(await sentByAnotherUser(api.port, get)).toMatch(/^HTTP\/1\.1 403 /);
    const dispatched = api.dispatch(invocation('known'));
    await next(api);
    const post = `POST ${runtime}/invocation/known/response HTTP/1.1\r\nHost: ${api.address}\r\nContent-Length: 6\r\n\r\nforged`;
    expect(await sentByAnotherUser(api.port, post)).toMatch(/^HTTP\/1\.1 403 /);
    await call(api, 'POST', `${runtime}/invocation/known/response`, { body: 'own' });
    expect(await dispatched).toMatchObject({ outcome: { ok: true, body: Buffer.from('own') } });
  });

  it('calls without the token, where one is set', async () => {
    const api = await start({
      token: 'secret',
      privateRoutes: { '/livectl/environment': async () => ({ A: '1' }) },
    });
    const path = '/livectl/environment';
    const withToken = (token: string) =>
      call(api, 'GET', path, { headers: { 'livectl-runtime-token': token } });
    expect(await call(api, 'GET', path)).toMatchObject({ status: 403 });
    expect(await withToken('wrong!')).toMatchObject({ status: 403 });
    expect(await withToken('secret')).toMatchObject({ status: 200, body: '{"A":"1"}' });
    expect(await next(api)).toMatchObject({ status: 403 });
  });

  it('private routes where no token is set', async () => {
    const api = await start({ privateRoutes: { '/livectl/environment': () => ({ A: '1' }) } });
    expect(await call(api, 'GET', '/livectl/environment')).toMatchObject({ status: 403 });
  });
});

async function answerWith(kind: string, options: CallOptions) {
  const api = await start();
  const dispatched = api.dispatch(invocation('it'));
  await next(api);
  const answer = await call(api, 'POST', `${runtime}/invocation/it/${kind}`, options);
  return { ...(await dispatched), answer };
}

describe('a response that is streamed', () => {
  /** Takes the invocation and begins its response. */
  async function begin(api: RuntimeApi, id: string, headers: Record<string, string> = {}) {
    await next(api);
    const request = httpRequest({
      port: api.port,
      method: 'POST',
      path: `${runtime}/invocation/${id}/response`,
      headers: {
        'Lambda-Runtime-Function-Response-Mode': 'streaming',
        'Transfer-Encoding': 'chunked',
        ...headers,
      },
      agent: false,
    });
    const status = new Promise<number>((resolve) =>
      request.on('response', (response) => resolve(response.resume().statusCode ?? 0)),
    );
    request.on('error', () => {});
    return { request, status };
  }

  async function dispatchAndBegin(id: string, headers?: Record<string, string>) {
    const api = await start();
    const received = new ReceivedStream();
    const dispatched = api.dispatch({ ...invocation(id), responseSink: received.sink });
    return { api, received, dispatched, ...(await begin(api, id, headers)) };
  }

  it('reaches the sink byte by byte, before its end', async () => {
    const { received, dispatched, request, status } = await dispatchAndBegin('live', {
      'Content-Type': 'text/event-stream',
    });
    request.write('first');
    await received.until('first');
    request.write(' second');
    await received.until('first second');
    expect(received.contentType).toBe('text/event-stream');
    request.end();
    expect((await dispatched).outcome).toEqual({
      ok: true,
      body: new Uint8Array(0),
      contentType: 'text/event-stream',
    });
    expect(await status).toBe(202);
  });

  it('is collected if nobody reads it as it arrives', async () => {
    const api = await start();
    const dispatched = api.dispatch(invocation('gathered'));
    const { request } = await begin(api, 'gathered');
    request.write('one ');
    request.end('two');
    const { outcome } = await dispatched;
    expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe('one two');
  });

  it('is not read while the sink is full', async () => {
    const { received, dispatched, request } = await dispatchAndBegin('slow');
    received.hold();
    const block = Buffer.alloc(1024 * 1024);
    const fill = () => {
      while (request.write(block));
    };
    let blocked = () => {};
    const full = new Promise<void>((resolve) => {
      blocked = resolve;
    });
    // What the kernel takes on the way comes to an end, and then the sender waits.
    let idle = setImmediate(blocked);
    request.on('drain', () => {
      clearImmediate(idle);
      fill();
      idle = setImmediate(blocked);
    });
    request.write('x');
    await received.until('x');
    fill();
    await full;
    expect(received.bytes).toBeLessThan(1024 * 1024);
    request.removeAllListeners('drain');
    received.release();
    request.end();
    expect((await dispatched).outcome.ok).toBe(true);
  });

  it('may be of 200 MB and not more', async () => {
    const { received, dispatched, request, status } = await dispatchAndBegin('large');
    received.count();
    const block = Buffer.alloc(8 * 1024 * 1024);
    for (let sent = 0; sent < maxStreamedBytes; sent += block.length) {
      if (!request.write(block)) await new Promise((resolve) => request.once('drain', resolve));
    }
    await received.untilBytes(maxStreamedBytes);
    request.write('x');
    expect((await dispatched).outcome).toMatchObject({
      ok: false,
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage:
          'Response payload size (209715201 bytes) exceeded maximum allowed payload size (209715200 bytes).',
      },
    });
    expect(await status).toBe(202);
    request.destroy();
  });

  it('ends with the error of its trailers, after its bytes', async () => {
    const { received, dispatched, request } = await dispatchAndBegin('broken', {
      Trailer: 'Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
    });
    request.write('half');
    request.addTrailers({
      'Lambda-Runtime-Function-Error-Type': 'Runtime.Broken',
      'Lambda-Runtime-Function-Error-Body': Buffer.from('{"errorMessage":"broke off"}').toString('base64'),
    });
    request.end();
    expect((await dispatched).outcome).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.Broken', errorMessage: 'broke off' },
    });
    expect(received.text).toBe('half');
  });

  it.each([
    ['a streamed one', { 'Lambda-Runtime-Function-Response-Mode': 'streaming' }],
    ['a whole one', { 'Lambda-Runtime-Function-Response-Mode': 'whole' }],
  ])('that its runtime broke off fails as soon as that asks for more: %s', async (_what, headers) => {
    const { api, dispatched, request } = await dispatchAndBegin('half', headers);
    await new Promise((sent) => request.write('half', sent));
    request.destroy();
    const waiting = next(api);
    expect((await dispatched).outcome).toMatchObject({
      ok: false,
      error: { errorType: 'Runtime.TruncatedResponse' },
    });
    const second = api.dispatch(invocation('second'));
    expect((await waiting).headers['lambda-runtime-aws-request-id']).toBe('second');
    await call(api, 'POST', `${runtime}/invocation/second/response`, { body: '2' });
    expect((await second).outcome).toMatchObject({ ok: true });
  });

  it('ends where its process does; what still comes is dropped', async () => {
    const { api, received, dispatched, request } = await dispatchAndBegin('dead');
    request.write('half');
    await received.until('half');
    api.fail(functionError('Runtime.ExitError', 'gone'));
    expect((await dispatched).outcome).toMatchObject({ error: { errorMessage: 'gone' } });
    request.end('more');
    expect(received.text).toBe('half');
  });
});
