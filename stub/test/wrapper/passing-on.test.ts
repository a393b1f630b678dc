// The built wrapper before a runtime, with nobody serving: what reaches Lambda and the code is what it is unwrapped.
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { useInstances } from './harness/instances.ts';
import type { Recorded } from './harness/recording-runtime-api.ts';

const instances = useInstances();

const app = `
  const http = require('node:http');
  exports.handler = async (event, context) => {
    if (event.fails) throw new RangeError(event.fails);
    return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, custom: context.clientContext };
  };
  exports.streams = awslambda.streamifyResponse(async (event, stream) => {
    stream.setContentType('text/plain; charset=x');
    stream.write('first,');
    await new Promise((resolve) => setImmediate(resolve));
    if (event.fails) throw new TypeError('half-way');
    stream.end('last');
  });
  exports.sees = async () => ({
    variables: Object.keys(process.env).filter((name) => /LIVE_DEBUG|EXEC_WRAPPER/.test(name)),
    execArgv: process.execArgv,
    child: JSON.parse(require('node:child_process').execFileSync(process.execPath, [
      ...process.execArgv, '-p', 'JSON.stringify([process.execArgv, Object.keys(process.env).filter((n) => /LIVE_DEBUG/.test(n))])',
    ]).toString()),
    handles: process.getActiveResourcesInfo().filter((kind) => /Port|Worker/.test(kind)),
    options: process.env.NODE_OPTIONS ?? null,
    preloaded: globalThis.preloaded ?? null,
  });
  exports.register = () => new Promise((resolve, reject) => {
    const request = http.request('http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2020-01-01/extension/register', {
      method: 'POST', headers: { 'Lambda-Extension-Name': 'inside', 'X-Odd-CASE': 'a' },
    }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode, of: answer.headers['x-of-the-api'], raw: answer.rawHeaders.slice(0, 4) }));
    });
    request.on('error', reject);
    request.end('{"events":["INVOKE"]}');
  });
`;

const without = (recorded: Recorded, port: string) => ({
  method: recorded.method,
  path: recorded.path,
  headers: recorded.headers.map((value) => value.replaceAll(port, 'API')),
  body: recorded.body.toString('base64'),
  trailers: recorded.trailers,
});

/** The same, wrapped and not: the requests that reached the Runtime API. */
async function bothWays(
  handler: string,
  events: readonly string[],
  headers: Readonly<Record<string, string>> = {},
) {
  const taskRoot = instances.folder({ 'app.js': app });
  const ways = [undefined, null].map(async (layer) => {
    const { api, instance } = await instances.ready({
      taskRoot,
      handler,
      ...(layer === null ? { layer } : {}),
    });
    for (const [at, event] of events.entries()) await api.invoke({ id: `id-${at}`, event, headers });
    await api.until(() => api.isWaiting);
    return { requests: api.requests.map((one) => without(one, api.address)), log: instance.stdout };
  });
  const [wrapped, unwrapped] = await Promise.all(ways);
  return { wrapped, unwrapped };
}

describe('an invocation that nobody serves', () => {
  it('reaches the code, and its answer Lambda, byte for byte', async () => {
    const context = JSON.stringify({ custom: { word: 'ünïcödé' } });
    const { wrapped, unwrapped } = await bothWays(
      'app.handler',
      ['{"n":12345678901234567890}', '"text"', 'null', '{"fails":"no"}'],
      {
        'Lambda-Runtime-Client-Context': Buffer.from(context).toString('latin1'),
        'X-Of-A-Later-Lambda': 'kept',
      },
    );
    expect(wrapped?.requests).toHaveLength(4);
    const strip = (requests: typeof wrapped) =>
      requests?.requests.map(({ body, ...rest }) => ({
        ...rest,
        body: Buffer.from(body, 'base64').toString(),
      }));
    expect(strip(wrapped)).toEqual(strip(unwrapped));
  });

  it('streams its response with its trailers', async () => {
    const { wrapped, unwrapped } = await bothWays('app.streams', ['{}', '{"fails":true}']);
    expect(wrapped?.requests[1]?.trailers).toContain('Lambda-Runtime-Function-Error-Type');
    expect(wrapped?.requests).toEqual(unwrapped?.requests);
  });

  it('of 6 MB passes, and so does an answer of 6 MB', async () => {
    const event = JSON.stringify('x'.repeat(6 * 1024 * 1024 - 100));
    const { wrapped, unwrapped } = await bothWays('app.handler', [event]);
    expect(wrapped?.requests[0]?.body.length).toBeGreaterThan(6 * 1024 * 1024);
    expect(wrapped?.requests).toEqual(unwrapped?.requests);
  });
});

describe('the function’s code', () => {
  it('sees no trace of the wrapper, also in programs that it starts', async () => {
    const taskRoot = instances.folder({ 'app.js': app, 'preload.cjs': 'globalThis.preloaded = true;' });
    const { api } = await instances.ready({
      taskRoot,
      handler: 'app.sees',
      command: [process.execPath, '--max-semi-space-size=8', `${process.cwd()}/dist/node-runtime.mjs`],
      environment: { NODE_OPTIONS: `--require ${taskRoot}/preload.cjs` },
    });
    const seen = JSON.parse((await api.invoke({ id: 'a', event: '{}' })).body.toString()) as Record<
      string,
      unknown
    >;
    expect(seen).toEqual({
      variables: [],
      execArgv: ['--max-semi-space-size=8'],
      child: [['--max-semi-space-size=8', '-p', expect.any(String)], []],
      handles: [],
      options: `--require ${taskRoot}/preload.cjs`,
      preloaded: true,
    });
  });

  it('reaches everything else that listens at the Runtime API', async () => {
    const { api } = await instances.ready({
      taskRoot: instances.folder({ 'app.js': app }),
      handler: 'app.register',
    });
    const { body } = await api.invoke({ id: 'a', event: '{}' });
    expect(JSON.parse(body.toString())).toEqual({
      status: 200,
      of: '/2020-01-01/extension/register',
      raw: ['Content-Type', 'application/json', 'X-Of-The-Api', '/2020-01-01/extension/register'],
    });
    expect(api.requests[0]?.headers).toEqual(
      expect.arrayContaining(['X-Odd-CASE', 'a', 'Host', api.address]),
    );
  });

  it('that can’t be loaded is reported as it is unwrapped, and ends with the same code', async () => {
    const taskRoot = instances.folder({ 'app.js': 'throw new RangeError("at the start")' });
    const ways = [undefined, null].map(async (layer) => {
      const { api, instance } = await instances.start({ taskRoot, ...(layer === null ? { layer } : {}) });
      const code = await instance.ended;
      return { code, requests: api.requests.map((one) => without(one, api.address)), log: instance.stderr };
    });
    const [wrapped, unwrapped] = await Promise.all(ways);
    expect(wrapped?.requests[0]?.path).toBe('/2018-06-01/runtime/init/error');
    expect(wrapped).toEqual(unwrapped);
  });
});

describe('the proxy', () => {
  it('takes requests over one connection, one after the other, and of any size of header', async () => {
    const taskRoot = instances.folder({
      'app.js': `exports.handler = async () => process.env.AWS_LAMBDA_RUNTIME_API`,
    });
    const { api } = await instances.ready({ taskRoot });
    const [host = '', port = ''] = JSON.parse(
      (await api.invoke({ id: 'a', event: '{}' })).body.toString(),
    ).split(':');
    const socket = connect(Number(port), host);
    const long = 'y'.repeat(60_000);
    for (const id of ['b', 'c'])
      socket.write(
        `POST /2018-06-01/runtime/invocation/${id}/error HTTP/1.1\r\nHost: x\r\nX-Long: ${long}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-After: z\r\n\r\n`,
      );
    const [b, c] = await Promise.all([api.answerTo('b'), api.answerTo('c')]);
    for (const one of [b, c]) {
      expect([one.body.toString(), one.trailers]).toEqual(['abc', ['X-After', 'z']]);
      expect(one.headers).toContain(long);
    }
    socket.end();
    expect((await text(socket)).match(/HTTP\/1\.1 202 /g)).toHaveLength(2);
  });
});
