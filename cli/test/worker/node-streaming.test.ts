// Streaming handlers in the built Node runtime client, by Node and by Deno, against a Runtime API.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { patternHash } from '../e2e/stream-pattern.ts';
import { builtRuntime, denoCommand } from './built-runtime.ts';
import { ReceivedStream } from './received-stream.ts';
import { RuntimeProcess, type RuntimeProcessOptions } from './runtime-process.ts';

const runtime = builtRuntime();
const started: RuntimeProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((process) => process.stop()));
});

async function start(handler: string, options: Partial<RuntimeProcessOptions> = {}): Promise<RuntimeProcess> {
  const process = await RuntimeProcess.start({ runtimeFile: runtime.file, handler, ...options });
  started.push(process);
  return process;
}

/** One invocation: what was streamed, and how it ended. */
async function stream(process: RuntimeProcess, event: unknown = {}) {
  const received = new ReceivedStream();
  const { outcome } = await process.dispatch(event, { responseSink: received.sink });
  const error = outcome.ok ? undefined : JSON.parse(Buffer.from(outcome.error.body).toString());
  const contentType = outcome.ok ? outcome.contentType : received.contentType;
  return { text: received.text, data: received.data, contentType, error };
}

describe.each([
  ['Node', undefined],
  ['Deno', denoCommand],
])('in %s', (_name, command) => {
  const options = command === undefined ? {} : { command };

  it('what is written is streamed, with its content type', async () => {
    const process = await start('streams.handler', options);
    expect(await stream(process, { chunks: ['a', 'ä', '🙂'], type: 'text/plain' })).toMatchObject({
      text: 'aä🙂',
      contentType: 'text/plain',
      error: undefined,
    });
    const bytes = Buffer.from([0, 255, 254, 128, 0]);
    const { data, contentType } = await stream(process, { chunks: [bytes.toString('base64')], bytes: true });
    expect(data).toEqual(bytes);
    expect(contentType).toBe('application/octet-stream');
  });

  it('a chunk is there before the next is written', async () => {
    const received = new ReceivedStream();
    let text = '';
    const caller = createServer((request, response) => {
      text += `chunk ${request.url?.slice(1)}\n`;
      void received.until(text).then(() => response.end());
    });
    await new Promise<void>((resolve) => caller.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void caller.close());
    const confirm = `http://127.0.0.1:${(caller.address() as AddressInfo).port}`;
    const process = await start('streams-confirmed.handler', options);
    const { outcome } = await process.dispatch({ confirm, count: 5 }, { responseSink: received.sink });
    expect(outcome).toMatchObject({ ok: true, contentType: 'text/event-stream' });
    expect(received.text).toBe('chunk 1\nchunk 2\nchunk 3\nchunk 4\nchunk 5\n');
  });

  it('pipeline() passes 20 MB through unharmed', async () => {
    const process = await start('streams-pipeline.handler', options);
    const { data, error } = await stream(process, { megabytes: 20 });
    expect(error).toBeUndefined();
    expect(data.length).toBe(20 * 1024 * 1024);
    expect(createHash('sha256').update(data).digest('hex')).toBe(patternHash(20));
  });

  it('HttpResponseStream puts status, headers and cookies first', async () => {
    const { data, contentType } = await stream(await start('streams-http.handler', options));
    expect(contentType).toBe('application/vnd.awslambda.http-integration-response');
    const end = data.indexOf(Buffer.alloc(8));
    expect(JSON.parse(data.toString('utf8', 0, end))).toEqual({
      statusCode: 418,
      headers: { 'Content-Type': 'text/plain', 'X-Request': 'request-1' },
      cookies: ['a=1', 'b=2; Secure'],
    });
    expect(data.toString('utf8', end + 8)).toBe('body');
  });

  it('the process goes on to the next invocation, also after an error', async () => {
    const process = await start('streams-fails.handler', options);
    expect(await stream(process, { how: 'throw' })).toMatchObject({ error: { errorType: 'OutOfChunks' } });
    expect(await stream(process, { first: 'a', how: 'throw' })).toMatchObject({
      text: 'a',
      error: { errorType: 'OutOfChunks', errorMessage: 'no more' },
    });
    expect(await stream(process, { first: 'well', how: 'after-end' })).toMatchObject({ text: 'well' });
  });

  it('the stream reports when it is full', async () => {
    const process = await start('streams-without-drain.handler', options);
    const received = new ReceivedStream();
    received.hold();
    received.count();
    const dispatched = process.dispatch({ megabytes: 64 }, { responseSink: received.sink });
    await received.untilBytes(1);
    expect(received.bytes).toBeLessThan(1024 * 1024);
    received.release();
    expect((await dispatched).outcome.ok).toBe(true);
    expect(received.bytes).toBe(64 * 1024 * 1024);
    expect(process.stdout).toContain('full after');
  });
});

describe('errors', () => {
  it.each([
    ['before the first byte', { how: 'throw' }, '', 'OutOfChunks', 'no more'],
    ['after it', { first: 'a', how: 'throw' }, 'a', 'OutOfChunks', 'no more'],
    ['longer than a header may be', { first: 'a', how: 'long' }, 'a', 'Error', 'x'.repeat(100_000)],
    [
      'of a content type that comes too late',
      { first: 'a', how: 'too-late' },
      'a',
      'Runtime.InvalidStreamingOperation',
      'Cannot set content-type, too late.',
    ],
    [
      'of a stream that was destroyed',
      { first: 'a', how: 'destroy' },
      'a',
      'Runtime.TruncatedResponse',
      'The response stream was destroyed before it ended',
    ],
  ])('%s', async (_when, event, text, errorType, errorMessage) => {
    const result = await stream(await start('streams-fails.handler'), event);
    expect(result.text).toBe(text);
    expect(result.error).toMatchObject({ errorType, errorMessage });
  });

  it('that nobody catches end the process with the response', async () => {
    const process = await start('streams-fails.handler');
    const { text, error } = await stream(process, { first: 'a', how: 'uncaught' });
    expect(text).toBe('a');
    expect(error).toMatchObject({ errorType: 'Error', errorMessage: 'not caught' });
    expect(await process.exited).toBe(129);
  });

  it('after the end do not change the response, and are logged', async () => {
    const process = await start('streams-fails.handler');
    expect(await stream(process, { first: 'all', how: 'after-end' })).toMatchObject({
      text: 'all',
      error: undefined,
    });
    expect(await stream(process, { first: 'again', how: 'after-end' })).toMatchObject({ text: 'again' });
    expect(process.stderr).toContain('Error: after the end');
  });

  it('of a handler that is not async', async () => {
    expect(await stream(await start('streams-quirks.notAsync'))).toMatchObject({ text: 'not async' });
    const process = await start('streams-quirks.notAsync');
    await stream(process);
    await stream(process);
    expect(process.stderr).toContain('Streaming does not support non-async handlers.');
  });
});

describe('as on Lambda', () => {
  it.each([
    ['objects are written as JSON', 'objects', '{"a":1}[2]!'],
    ['end() alone sends no prelude', 'endOnly', 'body'],
    ['an empty response is one', 'nothing', ''],
    ['a return value is ignored', 'returns', 'written'],
    ['highWaterMark counts after a moment', 'waterMark', `${'x'.repeat(200)} false true 100`],
    ['the context has no methods of callbacks', 'arguments_', '[{"n":1},"request-1","undefined",true]'],
  ])('%s', async (_what, name, text) => {
    expect(await stream(await start(`streams-quirks.${name}`), { n: 1 })).toMatchObject({
      text,
      error: undefined,
    });
  });

  it('a write after the end is refused, told to its callback and to the stream, and in the log', async () => {
    const process = await start('streams-quirks.writesAfterEnd');
    expect(await stream(process)).toMatchObject({ text: 'whole' });
    await stream(process);
    expect(process.stdout).toContain('callback ERR_STREAM_WRITE_AFTER_END');
    expect(process.stdout).toContain('event ERR_STREAM_WRITE_AFTER_END false');
    expect(process.stderr).toContain('write after end');
  });

  it('nodejs24 takes a streaming handler with three parameters', async () => {
    const process = await start('streams-quirks.arguments_', { runtime: 'nodejs24.x' });
    expect(await stream(process)).toMatchObject({ text: '[{},"request-1","undefined",null]' });
  });

  it('a stream that is not ended is waited for until the function’s time is up', async () => {
    const process = await start('streams-quirks.neverEnds');
    const received = new ReceivedStream();
    let done = false;
    const dispatched = process.dispatch({}, { responseSink: received.sink }).then(() => {
      done = true;
    });
    await received.until('begun');
    // The handler has long returned when a second process has started.
    await stream(await start('streams.handler'));
    expect(done).toBe(false);
    expect(process.child.exitCode).toBeNull();
    await process.stop();
    await dispatched;
  });

  it('there is no global if the function turned it off', async () => {
    const process = await start('streams.handler', { env: { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: '1' } });
    expect(await process.api.initialised).toMatchObject({ error: { errorType: 'ReferenceError' } });
  });
});

it('a caller that does not stream gets the whole response', async () => {
  const process = await start('streams.handler');
  const { outcome } = await process.dispatch({ chunks: ['one ', 'two'] });
  expect(outcome.ok && Buffer.from(outcome.body).toString()).toBe('one two');
});
