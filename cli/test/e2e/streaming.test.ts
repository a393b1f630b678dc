// Streaming end to end on the built livectl: tokens as they are written, HTTP metadata, errors, any runtime, Node and Deno.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { InvokeCommand, InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterEach, describe, expect, test } from 'vitest';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const curl = promisify(execFile);
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const files = {
  'live.mjs': `
export const handler = awslambda.streamifyResponse(async (event, responseStream) => {
  const { confirm, count = 3, before, after, prelude, bytes } = event.queryStringParameters ?? {};
  if (before) throw new RangeError(before);
  const stream = prelude ? awslambda.HttpResponseStream.from(responseStream, JSON.parse(prelude)) : responseStream;
  if (!prelude) stream.setContentType('text/event-stream');
  if (bytes) stream.write(Buffer.from(bytes, 'base64'));
  else for (let n = 1; n <= count; n += 1) {
    stream.write('token ' + n + '\\n');
    if (confirm) await fetch(confirm + '/' + n);
  }
  if (after) throw new RangeError(after);
  stream.end();
});`,
  'whole.mjs': `
export const handler = async (event) => ({ statusCode: 201, body: event.rawPath, n: 1 });`,
  // The Runtime API by hand, as a custom runtime does it.
  'own.mjs': `
import { request } from 'node:http';
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
const call = (method, path, headers = {}) => request({ host, port, method, path: '/2018-06-01/runtime/invocation/' + path, headers });
const answered = (sent) => new Promise((resolve) => sent.on('response', async (response) => {
  let body = '';
  for await (const chunk of response) body += chunk;
  resolve({ headers: response.headers, body });
}));
for (;;) {
  const next = call('GET', 'next');
  next.end();
  const { headers, body } = await answered(next);
  const { confirm } = JSON.parse(body).queryStringParameters;
  const post = call('POST', headers['lambda-runtime-aws-request-id'] + '/response', {
    'Lambda-Runtime-Function-Response-Mode': 'streaming',
    'Transfer-Encoding': 'chunked',
    'Content-Type': 'text/plain',
  });
  const done = answered(post);
  for (let n = 1; n <= 3; n += 1) {
    post.write('token ' + n + '\\n');
    await fetch(confirm + '/' + n);
  }
  post.end();
  await done;
}`,
};

const url = { authorization_type: 'NONE', invoke_mode: 'RESPONSE_STREAM' };
const functions = {
  live: { handler: 'live.handler', runtime: 'nodejs22.x', timeout: 20, triggers: { function_url: url } },
  whole: { handler: 'whole.handler', runtime: 'nodejs22.x', triggers: { function_url: url } },
  buffered: {
    handler: 'live.handler',
    runtime: 'nodejs22.x',
    triggers: { function_url: { authorization_type: 'NONE' } },
  },
  direct: { handler: 'live.handler', runtime: 'nodejs22.x', timeout: 20, invoke_mode: 'RESPONSE_STREAM' },
  own: {
    handler: 'own',
    runtime: 'provided.al2023',
    command: [process.execPath, 'own.mjs'],
    timeout: 20,
    triggers: { function_url: url },
  },
};

async function serve(runtime: JsRuntime = 'node') {
  const folder = project({ ...files, 'livectl.json': JSON.stringify({ functions }) });
  cleanups.push(folder.remove);
  const flags = ['serve', '--local', '--port', '0', '--format', 'json', '--root', folder.root];
  const livectl = new Livectl(flags, { runtime });
  cleanups.push(() => livectl.dispose());
  const ready = await livectl.event('ready');
  const urls = new Map(ready.functions.map(({ name, function_url }) => [name, function_url ?? '']));
  const urlOf = (name: string, query: Record<string, string> = {}) =>
    `${urls.get(name)}?${new URLSearchParams(query)}`;
  return { livectl, ready, urlOf };
}

/** Confirms a token to the handler when the caller has it, and only then. */
async function confirming() {
  let text = '';
  let changed = () => {};
  const server = createServer(async (request, response) => {
    const wanted = `token ${request.url?.slice(1)}\n`;
    while (!text.endsWith(wanted)) {
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    confirm: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: (chunk: string) => {
      text += chunk;
      changed();
    },
    text: () => text,
  };
}

async function open(address: string): Promise<IncomingMessage> {
  const [response] = (await once(get(address), 'response')) as [IncomingMessage];
  return response.setEncoding('utf8');
}

describe.each(['node', 'deno'] as const)('livectl under %s', (runtime) => {
  test.each(['live', 'own'])('shows each token of %s before the next is written', async (name) => {
    const { livectl, urlOf } = await serve(runtime);
    const caller = await confirming();
    const response = await open(urlOf(name, { confirm: caller.confirm }));
    for await (const chunk of response) caller.take(chunk);
    expect(caller.text()).toBe('token 1\ntoken 2\ntoken 3\n');
    expect(await livectl.event('result')).toMatchObject({ function: name, ok: true, streamed_bytes: 24 });
  });

  test('takes status, headers and cookies from the handler, and every byte of the body', async () => {
    const { livectl, urlOf } = await serve(runtime);
    const bytes = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 255, 254, 128, 10]);
    const prelude = { statusCode: 203, headers: { 'content-type': 'image/x', 'x-a': 'b' }, cookies: ['c=1'] };
    const query = { prelude: JSON.stringify(prelude), bytes: bytes.toString('base64') };
    const response = await fetch(urlOf('live', query));
    expect(response.status).toBe(203);
    expect(response.headers.get('content-type')).toBe('image/x');
    expect(response.headers.get('x-a')).toBe('b');
    expect(response.headers.getSetCookie()).toEqual(['c=1']);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes);
    expect(await livectl.event('result')).toMatchObject({ ok: true, status: 203 });
  });

  test('answers an error before the first byte with 502 and cuts the response off at one half-way', async () => {
    const { livectl, urlOf } = await serve(runtime);
    const early = await fetch(urlOf('live', { before: 'too early' }));
    expect([early.status, await early.text()]).toEqual([502, 'Internal Server Error']);
    expect(await livectl.event('result')).toMatchObject({
      ok: false,
      error: { name: 'RangeError', message: 'too early' },
    });
    const late = await fetch(urlOf('live', { after: 'too late' }));
    expect(late.status).toBe(200);
    await expect(late.text()).rejects.toThrow('terminated');
    const told = await livectl.event('result', ({ error }) => error?.message === 'too late');
    expect(told).toMatchObject({ ok: false, error: { name: 'RangeError' }, streamed_bytes: 24 });
  });
});

test('curl shows the tokens at the URL that serve prints', async () => {
  const { ready, urlOf } = await serve();
  const { stdout } = await curl('curl', ['-sSN', urlOf('live')]);
  expect(stdout).toBe('token 1\ntoken 2\ntoken 3\n');
  expect(ready.functions.find(({ name }) => name === 'live')).toEqual({
    name: 'live',
    mode: 'replace',
    fallback: { kind: 'none' },
    url: `${ready.url}/_url/live/`,
    function_url: `${ready.url}/_url/live/`,
    triggers: ['function_url'],
  });
});

test('a handler that doesn’t stream answers through a URL that does with its JSON', async () => {
  const { urlOf } = await serve();
  const response = await fetch(urlOf('whole'));
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await response.text()).toBe('{"statusCode":201,"body":"/","n":1}');
});

test('a handler that streams answers whole through a URL that doesn’t, and by the HTTP API', async () => {
  const { ready, urlOf } = await serve();
  const whole = await fetch(urlOf('buffered', { prelude: '{"statusCode":201}' }));
  // No JSON, so to the stub, a Node.js function, it is a string.
  expect([whole.status, await whole.text()]).toEqual([
    200,
    `{"statusCode":201}${'\0'.repeat(8)}token 1\ntoken 2\ntoken 3\n`,
  ]);
  const json = await fetch(urlOf('buffered', { bytes: Buffer.from('{"a":1}').toString('base64') }));
  expect([json.status, await json.json()]).toEqual([200, { a: 1 }]);
  const byApi = await fetch(`${ready.url}/live?bytes=${Buffer.from('[1]').toString('base64')}`);
  expect([byApi.status, await byApi.json()]).toEqual([200, [1]]);
});

test('a function without a URL streams to the AWS SDK as it writes, by invoke_mode', async () => {
  const { livectl } = await serve();
  const [file = ''] = readdirSync(join(livectl.tempDir, 'state'), {
    recursive: true,
    encoding: 'utf8',
  }).filter((name) => name.includes('run') && name.endsWith('.json'));
  const { place } = JSON.parse(readFileSync(join(livectl.tempDir, 'state', file), 'utf8'));
  const { credentials, endpoint, region } = place;
  const client = new LambdaClient({ credentials, endpoint, region });
  cleanups.push(() => client.destroy());
  const caller = await confirming();
  const payload = JSON.stringify({ queryStringParameters: { confirm: caller.confirm } });
  const { EventStream = [] } = await client.send(
    new InvokeWithResponseStreamCommand({ FunctionName: 'direct', Payload: Buffer.from(payload) }),
  );
  for await (const { PayloadChunk: chunk } of EventStream) {
    if (chunk?.Payload) caller.take(Buffer.from(chunk.Payload).toString());
  }
  expect(caller.text()).toBe('token 1\ntoken 2\ntoken 3\n');
  expect(await livectl.event('result')).toMatchObject({ ok: true, streamed_bytes: 24 });
  const whole = await client.send(new InvokeCommand({ FunctionName: 'direct' }));
  expect(Buffer.from(whole.Payload ?? []).toString()).toBe('token 1\ntoken 2\ntoken 3\n');
});

test('stopping livectl cuts a stream off', async () => {
  const { livectl, urlOf } = await serve();
  const caller = await confirming();
  const response = await open(urlOf('live', { confirm: `${caller.confirm}/never` }));
  await once(response, 'data');
  const ended = once(response, 'error').catch((error: unknown) => [error]);
  expect(await livectl.stop('SIGTERM')).toBe(0);
  expect(String((await ended)[0])).toMatch(/aborted|reset/);
});
