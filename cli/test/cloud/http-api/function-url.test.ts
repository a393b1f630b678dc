// Function URLs of the local cloud over real sockets: a small handler stands in the stub's place.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { get, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CloudFunction } from '../../../src/cloud/cloud.ts';
import { builtRuntime } from '../../worker/built-runtime.ts';
import { awsClient } from '../signing.ts';
import { deployed, Gate, startTestCloud, type TestCloud } from '../test-cloud.ts';

const runtime = builtRuntime();
const curl = promisify(execFile);

/** Streams where its function's URL does, and does what the query says. */
const source = `
const answer = async (event) => {
  const { status, throw: words } = event.queryStringParameters ?? {};
  if (words) throw new Error(words);
  if (status) return { statusCode: Number(status), headers: { 'X-A': 'b' }, cookies: ['c=1', 'd=2'], body: 'x' };
  return event;
};
const stream = async (event, responseStream) => {
  const { chunks = 1, gate, megabytes, type, prelude, before, after, raw } = event.queryStringParameters ?? {};
  if (before) throw new Error(before);
  let stream = responseStream;
  if (type) stream.setContentType(type);
  if (prelude) stream = awslambda.HttpResponseStream.from(stream, JSON.parse(prelude));
  if (raw) { stream.setContentType('application/vnd.awslambda.http-integration-response'); stream.write(raw); }
  for (let n = 1; n <= chunks; n += 1) {
    if (n > 1 && gate) await (await fetch(gate)).text();
    if (!raw) stream.write('chunk ' + n + '\\n');
  }
  const block = Buffer.alloc(1024 * 1024, 'x');
  for (let n = 0; n < (megabytes ?? 0); n += 1) {
    if (!stream.write(block)) {
      console.log('full');
      await new Promise((resolve) => stream.once('drain', resolve));
    }
  }
  if (after) throw new Error(after);
  stream.end();
  console.log('ended');
};
export const handler = process.env.LIVE_DEBUG_INVOKE_MODE === 'RESPONSE_STREAM'
  ? awslambda.streamifyResponse(stream)
  : answer;
`;

function withUrl(
  name: string,
  function_url: Partial<NonNullable<CloudFunction['triggers']['function_url']>> = {},
): CloudFunction {
  return deployed(name, {
    triggers: {
      function_url: { authorization_type: 'NONE', invoke_mode: 'BUFFERED', ...function_url },
    },
  });
}

const cors = {
  allow_origins: ['https://app.example'],
  allow_methods: ['GET', 'PUT'],
  allow_headers: ['x-key'],
  expose_headers: ['x-a'],
  max_age: 60,
};
const functions = [
  withUrl('whole'),
  withUrl('live', { invoke_mode: 'RESPONSE_STREAM' }),
  withUrl('signed', { authorization_type: 'AWS_IAM' }),
  withUrl('cross', { cors }),
  withUrl('crosslive', { invoke_mode: 'RESPONSE_STREAM', cors }),
  deployed('none'),
];

let started: TestCloud;
let gate: Gate;
beforeEach(async () => {
  gate = await Gate.start();
  started = await startTestCloud(runtime.file, {
    functions,
    stubZip: zipSync({ 'index.mjs': strToU8(source) }),
  });
});
afterEach(async () => {
  await started.close();
  await gate.close();
});

const urlOf = (name: string, path = '') => `${started.cloud.ownUrls.get(name)}${path}`;
const query = (name: string, parameters: Record<string, string>) =>
  urlOf(name, `?${new URLSearchParams(parameters)}`);

async function body(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}

describe('a function URL', () => {
  test('has a path of its own, printed with the cloud’s addresses', () => {
    const { url, ownUrls, functionUrls, triggerTargets } = started.cloud;
    expect(ownUrls.get('live')).toBe(`${url}/_url/live/`);
    expect(ownUrls.has('none')).toBe(false);
    expect(functionUrls.get('live')).toBe(`${url}/_url/live/`);
    expect(functionUrls.get('none')).toBe(`${url}/none`);
    expect(triggerTargets.get('live')?.function_url).toEqual({
      url: `${url}/_url/live/`,
      authorization_type: 'NONE',
      invoke_mode: 'RESPONSE_STREAM',
    });
  });

  test('gives the function an event whose path is its own', async () => {
    const response = await fetch(urlOf('whole', 'a%20b/c?x=1&x=2'), {
      method: 'PUT',
      headers: { 'content-type': 'text/plain', cookie: 'k=v' },
      body: 'ä',
    });
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/a%20b/c',
      rawQueryString: 'x=1&x=2',
      queryStringParameters: { x: '1,2' },
      cookies: ['k=v'],
      body: 'ä',
      isBase64Encoded: false,
      requestContext: {
        accountId: 'anonymous',
        apiId: 'whole',
        stage: '$default',
        routeKey: '$default',
        http: { method: 'PUT', path: '/a%20b/c' },
        requestId: response.headers.get('x-amzn-requestid'),
      },
    });
  });

  test.each(['', '/'])('answers at its root, with “%s” at the end', async (end) => {
    const response = await fetch(`${started.cloud.url}/_url/whole${end}`);
    expect(await response.json()).toMatchObject({ rawPath: '/', rawQueryString: '' });
  });

  test('is reached by a host name too, where paths are as on AWS', async () => {
    const { port } = new URL(started.cloud.url);
    const call = request({ port, path: '/assets/a.js?v=1', headers: { host: `Whole.localhost:${port}` } });
    const [response] = (await once(call.end(), 'response')) as [IncomingMessage];
    expect(JSON.parse(await body(response))).toMatchObject({
      rawPath: '/assets/a.js',
      rawQueryString: 'v=1',
      requestContext: { apiId: 'whole', domainName: 'Whole.localhost', domainPrefix: 'Whole' },
    });
  });

  test('passes status, headers and cookies on, and answers a function’s error with 502', async () => {
    const response = await fetch(query('whole', { status: '418' }));
    expect(response.status).toBe(418);
    expect(response.headers.get('x-a')).toBe('b');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.getSetCookie()).toEqual(['c=1', 'd=2']);
    const failed = await fetch(query('whole', { throw: 'no' }));
    expect([failed.status, await failed.text()]).toEqual([502, 'Internal Server Error']);
  });

  test('takes 6 MB and no more', async () => {
    const response = await fetch(urlOf('whole'), { method: 'POST', body: Buffer.alloc(6 * 1024 * 1024 + 1) });
    expect([response.status, await response.json()]).toEqual([413, { Message: 'Request Entity Too Large' }]);
  });

  test('of a function without one does not exist', async () => {
    expect((await fetch(`${started.cloud.url}/_url/none/`)).status).toBe(404);
  });
});

describe('RESPONSE_STREAM', () => {
  test('sends each chunk before the next is written', async () => {
    const response = await new Promise<IncomingMessage>((resolve) =>
      get(query('live', { chunks: '3', gate: gate.url, type: 'text/event-stream' }), resolve),
    );
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'transfer-encoding': 'chunked',
      'x-amzn-requestid': expect.any(String),
    });
    let text = '';
    response.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    const until = async (wanted: string) => {
      while (text !== wanted) await once(response, 'data');
    };
    await until('chunk 1\n');
    await gate.arrivals(1);
    gate.open();
    await until('chunk 1\nchunk 2\n');
    await gate.arrivals(1);
    gate.open();
    await until('chunk 1\nchunk 2\nchunk 3\n');
    if (!response.complete) await once(response, 'end');
  });

  test('answers curl', async () => {
    const { stdout } = await curl('curl', ['-sSN', '-D', '-', query('live', { chunks: '2' })]);
    expect(stdout).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(stdout).toMatch(/\r\nchunk 1\nchunk 2\n$/);
  });

  test('takes status, headers and cookies from the prelude', async () => {
    const prelude = {
      statusCode: 201,
      headers: { 'X-A': 'b', 'Content-Type': 'text/html', 'Content-Length': '1' },
      cookies: ['c=1', 'd=2'],
    };
    const response = await fetch(query('live', { prelude: JSON.stringify(prelude) }));
    expect(response.status).toBe(201);
    expect(response.headers.get('x-a')).toBe('b');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.getSetCookie()).toEqual(['c=1', 'd=2']);
    expect(await response.text()).toBe('chunk 1\n');
    const bare = await fetch(query('live', { prelude: '{}' }));
    expect([bare.status, bare.headers.get('content-type')]).toEqual([200, 'application/octet-stream']);
  });

  test.each([
    ['an error before the first byte', { before: 'no' }],
    ['a prelude that is not JSON', { raw: `nonsense${'\0'.repeat(8)}` }],
    ['a prelude with a header that can’t be one', { prelude: '{"headers":{"a b":"c"}}' }],
    ['a prelude without an end', { raw: '{"statusCode":200}' }],
  ])('answers %s with 502', async (_what, parameters) => {
    const response = await fetch(query('live', parameters as unknown as Record<string, string>));
    expect([response.status, await response.text()]).toEqual([502, 'Internal Server Error']);
  });

  test('cuts the response off at an error half-way', async () => {
    const response = await fetch(query('live', { after: 'broken' }));
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  test('lets a function run to its end when its caller is gone', async () => {
    const { port } = new URL(started.cloud.url);
    const socket = connect(Number(port), '127.0.0.1');
    const path = query('live', { chunks: '2', gate: gate.url, megabytes: '30' }).slice(
      started.cloud.url.length,
    );
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    await gate.arrivals(1);
    gate.open();
    await started.event((event) => event.type === 'stub_log' && event.message.includes('ended'));
  });

  test('holds a function back whose caller doesn’t read', async () => {
    const response = await new Promise<IncomingMessage>((resolve) =>
      get(query('live', { megabytes: '100' }), resolve),
    );
    await started.event((event) => event.type === 'stub_log' && event.message.includes('full'));
    expect(started.events.some((event) => event.type === 'stub_log' && event.message.includes('ended'))).toBe(
      false,
    );
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    expect(bytes).toBe('chunk 1\n'.length + 100 * 1024 * 1024);
  });

  test('is whole by Invoke', async () => {
    const outcome = await started.cloud.invoke('live', Buffer.from('{}'));
    expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe('chunk 1\n');
  });
});

describe('InvokeWithResponseStream by AWS’s SDK', () => {
  /** What its event stream held. */
  async function invokeBySdk(
    name: string,
    parameters: Record<string, string>,
    onChunk: (count: number) => Promise<void> = async () => {},
  ) {
    const { endpointUrl: endpoint, region, developerCredentials: credentials } = started.cloud;
    const client = new LambdaClient({ endpoint, region, credentials });
    const Payload = Buffer.from(JSON.stringify({ queryStringParameters: parameters }));
    const { EventStream = [], ExecutedVersion } = await client.send(
      new InvokeWithResponseStreamCommand({ FunctionName: name, Payload }),
    );
    const chunks: string[] = [];
    let complete: unknown;
    for await (const event of EventStream) {
      if (event.PayloadChunk) {
        chunks.push(Buffer.from(event.PayloadChunk.Payload ?? []).toString());
        await onChunk(chunks.length);
      }
      if (event.InvokeComplete) complete = event.InvokeComplete;
    }
    client.destroy();
    return { chunks, complete, ExecutedVersion };
  }

  test('gets what is written while it is written', async () => {
    // The handler writes its second chunk when the first one is here, and not before.
    const streamed = invokeBySdk('live', { chunks: '2', gate: gate.url }, async (count) => {
      if (count > 1) return;
      await gate.arrivals(1);
      gate.open();
    });
    expect(await streamed).toEqual({
      chunks: ['chunk 1\n', 'chunk 2\n'],
      complete: {},
      ExecutedVersion: '$LATEST',
    });
  });

  test('gets the prelude, and the error a response ends with', async () => {
    const { chunks } = await invokeBySdk('live', { prelude: '{"statusCode":201}' });
    expect(chunks.join('')).toBe(`{"statusCode":201}${'\0'.repeat(8)}chunk 1\n`);
    const failed = await invokeBySdk('live', { after: 'broken' });
    expect(failed.chunks).toEqual(['chunk 1\n']);
    expect(failed.complete).toMatchObject({
      ErrorCode: 'Error',
      ErrorDetails: expect.stringContaining('"errorMessage":"broken"'),
    });
  });

  test('gets an answer that is whole in one piece', async () => {
    const { chunks } = await invokeBySdk('whole', { status: '201' });
    expect(chunks.map((chunk) => JSON.parse(chunk))).toMatchObject([{ statusCode: 201 }]);
  });

  test('is refused in the words of Invoke', async () => {
    await expect(invokeBySdk('nobody', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('AWS_IAM', () => {
  const authorizer = {
    iam: { userArn: expect.stringContaining('live-debug-developer'), accountId: '000000000000' },
  };

  test('accepts an unsigned call as the developer’s', async () => {
    expect(await (await fetch(urlOf('signed'))).json()).toMatchObject({
      requestContext: { accountId: '000000000000', authorizer },
    });
  });

  test('verifies a signature if there is one', async () => {
    const { developerCredentials } = started.cloud;
    const client = awsClient(developerCredentials, 'lambda');
    const response = await client.fetch(urlOf('signed', 'a/b'), { method: 'POST', body: 'x' });
    expect(await response.json()).toMatchObject({ rawPath: '/a/b', requestContext: { authorizer } });
    const wrong = awsClient({ ...developerCredentials, secretAccessKey: 'x' }, 'lambda');
    const refused = await wrong.fetch(urlOf('signed'), { method: 'POST', body: 'x' });
    expect([refused.status, refused.headers.get('x-amzn-errortype')]).toEqual([
      403,
      'InvalidSignatureException',
    ]);
  });
});

describe('CORS', () => {
  const from = (origin: string, more: Record<string, string> = {}) => ({ headers: { origin, ...more } });
  const corsOf = ({ headers }: Response) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));

  test('is answered by Lambda itself where a browser asks first', async () => {
    const asked = { 'access-control-request-method': 'PUT' };
    const response = await fetch(urlOf('cross'), {
      method: 'OPTIONS',
      ...from('https://app.example', asked),
    });
    expect([response.status, corsOf(response), await response.text()]).toEqual([
      200,
      {
        'access-control-allow-origin': 'https://app.example',
        'access-control-allow-methods': 'GET,PUT',
        'access-control-allow-headers': 'x-key',
        'access-control-expose-headers': 'x-a',
        'access-control-max-age': '60',
      },
      '',
    ]);
    const other = await fetch(urlOf('cross'), { method: 'OPTIONS', ...from('https://evil.example', asked) });
    expect([other.status, corsOf(other)]).toEqual([200, {}]);
  });

  test.each(['cross', 'crosslive'])('goes with every response of %s', async (name) => {
    expect(corsOf(await fetch(urlOf(name), from('https://app.example')))).toEqual({
      'access-control-allow-origin': 'https://app.example',
      'access-control-expose-headers': 'x-a',
    });
    const other = await fetch(urlOf(name), from('https://evil.example'));
    expect([other.status, corsOf(other)]).toEqual([403, {}]);
  });
});
