// A stub behind a function URL that streams: parts arrive, Lambda's response stream is written.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Message } from '../../protocol/message.ts';
import type { Channel } from '../../protocol/sealing.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { errorOf, type Lambda } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();
const streams = { LIVE_DEBUG_INVOKE_MODE: 'RESPONSE_STREAM' };
const probeMs = 10_000;
const kilobytes = (count: number) => Buffer.alloc(count * 1024, 'x');

interface Taken {
  readonly message: Message<'invoke'>;
  readonly channel: Channel;
}

/** One invocation that the client has taken. */
async function begun(lambdaOf: () => Promise<Lambda> = () => world.lambda({ environment: streams })) {
  const client = await world.serve();
  const lambda = await lambdaOf();
  const outcome = lambda.invoke({});
  const invoke: Taken = await client.next('invoke');
  return { client, lambda, outcome, invoke };
}

async function acknowledged(client: FakeClient): Promise<number | undefined> {
  return (await client.next('ack')).message.head.parts;
}

describe('a streamed response', () => {
  it('is requested, and written part by part as it arrives', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    expect(invoke.message.head.streams).toBe(true);
    await client.part(invoke, 0, 'one ');
    await lambda.untilStreamed(4);
    await client.part(invoke, 1, 'two ');
    await lambda.untilStreamed(8);
    await client.end(invoke, 2, 'three');
    expect(await outcome).toMatchObject({ ok: true, contentType: 'text/plain' });
    expect(lambda.streamed.toString()).toBe('one two three');
  });

  it('is put in order, each part once, and ends with the last one', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.end(invoke, 4, 'e');
    for (const index of [3, 1, 1, 0, 3, 0]) await client.part(invoke, index, 'abcd'.charAt(index));
    await lambda.untilStreamed(2);
    expect(lambda.streamed.toString()).toBe('ab');
    await client.part(invoke, 2, 'c');
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('abcde');
    expect(lambda.output).toBe('');
  });

  it('keeps every byte', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    await client.part(invoke, 0, bytes);
    await client.end(invoke, 1, bytes);
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed).toEqual(Buffer.concat([bytes, bytes]));
  });

  it('that fails midway ends with the error, after its parts', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.fail(invoke, { errorType: 'Broken', errorMessage: 'off', trace: ['Broken: off'] }, 1);
    await client.part(invoke, 0, 'half');
    expect(errorOf(await outcome)).toEqual({
      errorType: 'Broken',
      errorMessage: 'off',
      trace: ['Broken: off'],
    });
    expect(lambda.streamed.toString()).toBe('half');
  });

  it('an answer that is whole is written with its content type, unchanged', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.acknowledge(invoke);
    await client.answer(invoke, '{"statusCode": 201, "n": 12345678901234567890}');
    expect(await outcome).toMatchObject({ ok: true, contentType: 'application/json' });
    expect(lambda.streamed.toString()).toBe('{"statusCode": 201, "n": 12345678901234567890}');
  });

  it('an empty answer is one', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.end(invoke, 0);
    expect(await outcome).toMatchObject({ ok: true, contentType: 'text/plain' });
    expect(lambda.streamed.length).toBe(0);
  });
});

describe('a slow caller', () => {
  it('is waited for: written parts are acknowledged, others are not', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    lambda.tell('hold');
    for (let index = 0; index < 8; index += 1) await client.part(invoke, index, kilobytes(64));
    await lambda.untilStreamed(64 * 1024);
    // One write is at Lambda, whose stream is full with it.
    expect(lambda.streamed.length).toBe(64 * 1024);
    for (let taken = 1; taken < 4; taken += 1) {
      lambda.tell('take');
      await lambda.untilStreamed((taken + 1) * 64 * 1024);
    }
    expect(client.received).toEqual([]);
    lambda.tell('take');
    expect(await acknowledged(client)).toBe(4);
    lambda.tell('release');
    expect(await acknowledged(client)).toBe(8);
    await client.end(invoke, 8);
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.length).toBe(512 * 1024);
  });

  it('of small parts is sent an acknowledgement for every 64th', async () => {
    const { client, outcome, invoke } = await begun();
    for (let index = 0; index < 130; index += 1) void client.part(invoke, index, 'x');
    expect(await acknowledged(client)).toBeGreaterThanOrEqual(64);
    expect(await acknowledged(client)).toBeGreaterThanOrEqual(128);
    await client.end(invoke, 130);
    expect(await outcome).toMatchObject({ ok: true });
  });

  it('causes no question to the client', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    lambda.tell('hold');
    await client.part(invoke, 0, kilobytes(64));
    await lambda.untilStreamed(1);
    await lambda.untilTimer(probeMs);
    lambda.advance(probeMs);
    await lambda.untilTimer(probeMs);
    lambda.tell('release');
    await client.end(invoke, 1);
    expect(await outcome).toMatchObject({ ok: true });
    expect(client.received.filter(({ message }) => message.type === 'probe')).toEqual([]);
  });
});

describe('a connection that is lost midway', () => {
  it('is reopened, and the client is told how far the stub got', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.part(invoke, 0, 'one ');
    await lambda.untilStreamed(4);
    await client.part(invoke, 2, 'three ');
    world.relay.disconnect(invoke.message.head.replyTo);
    const probe = await client.next('probe');
    expect(probe.message.head.parts).toBe(1);
    expect(probe.message.head.replyTo).not.toBe(invoke.message.head.replyTo);
    await client.part(probe, 1, 'two ');
    await client.end(probe, 3, 'four');
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('one two three four');
  });

  it('of the client is detected by an acknowledgement that it does not get', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    const old = client.connectionId;
    await client.connect();
    world.relay.disconnect(old);
    for (let index = 0; index < 4; index += 1) await client.part(invoke, index, kilobytes(64));
    const probe = await client.next('probe');
    expect(probe.message.head.parts).toBe(4);
    await client.end(probe, 4);
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.length).toBe(256 * 1024);
  });

  it('of the client leaves it its time to reconnect, however many acknowledgements fail in that time', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    lambda.tell('hold');
    for (let index = 0; index < 8; index += 1) await client.part(invoke, index, kilobytes(64));
    await lambda.untilStreamed(64 * 1024);
    await lambda.untilTimer(probeMs);
    world.relay.disconnect(client.connectionId);
    const sent = (type: string) => world.relay.posts.filter(({ text }) => text.includes(`"type":"${type}"`));
    for (let taken = 1; taken <= 4; taken += 1) {
      lambda.tell('take');
      await lambda.untilStreamed((taken + 1) * 64 * 1024);
    }
    await lambda.untilTimer(50, 1);
    // The ack has shown that the connection is gone: nothing is asked there.
    expect([sent('ack').length, sent('probe').length]).toEqual([1, 0]);
    lambda.tell('release');
    await world.relay.until(() => sent('ack').length === 2);
    await client.connect();
    lambda.advance(50);
    const probe = await client.next('probe');
    expect(probe.message.head.parts).toBe(8);
    await client.end(probe, 8);
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.length).toBe(512 * 1024);
  });

  it('a lost part is requested after ten seconds without progress', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    await client.part(invoke, 1, 'two');
    await client.end(invoke, 2);
    await lambda.untilTimer(probeMs);
    lambda.advance(probeMs);
    const probe = await client.next('probe');
    expect(probe.message.head.parts).toBe(0);
    await client.part(probe, 0, 'one ');
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('one two');
  });

  it('a lost part is requested in time even while others arrive', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    await client.part(invoke, 0, 'one ');
    await lambda.untilStreamed(4);
    await lambda.untilTimer(probeMs);
    lambda.advance(6000);
    for (const index of [2, 3, 4]) await client.part(invoke, index, `${index} `);
    lambda.advance(4000);
    const probe = await client.next('probe');
    expect(probe.message.head.parts).toBe(1);
    await client.part(probe, 1, '1 ');
    await client.end(probe, 5);
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('one 1 2 3 4 ');
  });

  it('a part that no valid client can have sent yet is dropped', async () => {
    const { client, lambda, outcome, invoke } = await begun();
    await client.part(invoke, 512, 'far');
    await client.part(invoke, 511, 'near');
    await client.part(invoke, 0, 'one');
    await client.end(invoke, 1);
    expect(await outcome).toMatchObject({ ok: true });
    await lambda.untilOutput('part 512 where part 0 is next');
    expect(lambda.output).not.toContain('part 511');
  });

  it('a client that goes away midway ends the stream with an error', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    await client.part(invoke, 0, 'half');
    await lambda.untilStreamed(4);
    await client.leave();
    world.relay.disconnect(client.connectionId);
    await lambda.untilTimer(probeMs);
    lambda.advance(probeMs);
    expect(errorOf(await outcome)).toMatchObject({
      errorType: 'LiveDebugLostError',
      errorMessage: 'livectl of ada on ada-laptop went away while it ran this invocation',
    });
  });

  it('the deadline ends it, and the client is told', async () => {
    const client = await world.serve();
    const lambda = await world.lambda({ environment: streams });
    const outcome = lambda.invoke({}, { timeoutMs: 400 });
    const invoke = await client.next('invoke');
    await client.part(invoke, 0, 'half');
    expect(errorOf(await outcome).errorType).toBe('Sandbox.Timedout');
    expect((await client.next('cancel')).message.head.reason).toBe('deadline');
  });
});

describe('a client that is silent for three seconds', () => {
  const lookEveryMs = 1000;

  /** A directory that the test holds back from its third answer on. */
  async function slowDirectory() {
    let reads = 0;
    let onAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      onAsked = resolve;
    });
    let goOn: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const server = createServer(async (request, response) => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      reads += 1;
      if (reads > 2) {
        onAsked();
        await held;
      }
      const { authorization = '', 'x-amz-target': target = '', 'content-type': type = '' } = request.headers;
      const headers = { authorization, 'x-amz-target': String(target), 'content-type': type };
      const date = { 'x-amz-date': String(request.headers['x-amz-date']) };
      const body = Buffer.concat(pieces);
      const answer = await fetch(world.table.endpoint, {
        method: 'POST',
        headers: { ...headers, ...date },
        body,
      });
      response.writeHead(answer.status).end(await answer.text());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { endpoint, asked, goOn };
  }

  it('and then begins while the stub looks for another one keeps its invocation', async () => {
    const directory = await slowDirectory();
    const { client, lambda, outcome, invoke } = await begun(() =>
      world.lambda({
        stubFile: world.built.manualClockFile,
        environment: streams,
        directoryEndpoint: directory.endpoint,
      }),
    );
    await lambda.untilTimer(lookEveryMs, 1);
    await client.leave();
    lambda.advance(lookEveryMs);
    await directory.asked;
    await client.part(invoke, 0, 'one ');
    await lambda.untilStreamed(4);
    directory.goOn();
    await lambda.untilTimer(probeMs);
    await client.end(invoke, 1, 'two');
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('one two');
  });

  it('and was displaced is ignored once the other one has begun', async () => {
    const { client, lambda, outcome, invoke } = await begun(() => world.manualLambda(streams));
    await lambda.untilTimer(lookEveryMs, 1);
    const successor = await world.serve();
    lambda.advance(lookEveryMs);
    const second = await successor.next('invoke');
    expect(second.message.id).toBe(invoke.message.id);
    await successor.part(second, 0, 'mine ');
    await lambda.untilStreamed(5);
    await client.part(invoke, 1, 'theirs ');
    await client.end(invoke, 1, 'theirs');
    await successor.part(second, 1, 'too ');
    await successor.end(second, 2, 'all');
    expect(await outcome).toMatchObject({ ok: true });
    expect(lambda.streamed.toString()).toBe('mine too all');
    await lambda.untilOutput('part of a client that was too late');
    await lambda.untilOutput('result of a client that was too late');
  });

  it('is sent the deadline’s cancel like the client it was sent to next', async () => {
    const { client, lambda, outcome } = await begun(() => world.manualLambda(streams));
    await lambda.untilTimer(lookEveryMs, 1);
    const successor = await world.serve();
    lambda.advance(lookEveryMs);
    await successor.next('invoke');
    await lambda.untilTimer(lookEveryMs, 1);
    lambda.advance(40_000);
    expect(errorOf(await outcome).errorType).toBe('Sandbox.Timedout');
    await Promise.all([client.next('cancel'), successor.next('cancel')]);
  });
});

describe('while nobody serves', () => {
  const httpEvent = { version: '2.0', requestContext: { http: { method: 'GET' } } };

  it('is a 503 in the form of a streamed HTTP response', async () => {
    const lambda = await world.lambda({ environment: streams });
    expect(await lambda.invoke(httpEvent)).toMatchObject({
      ok: true,
      contentType: 'application/vnd.awslambda.http-integration-response',
    });
    const [prelude = '', body = ''] = lambda.streamed.toString().split('\0'.repeat(8));
    expect(JSON.parse(prelude)).toEqual({
      statusCode: 503,
      headers: { 'content-type': 'application/json', 'retry-after': '5' },
    });
    expect(JSON.parse(body)).toMatchObject({ code: 'LD_NO_CLIENT' });
  });

  it('other sources get an error', async () => {
    const lambda = await world.lambda({ environment: streams });
    expect(errorOf(await lambda.invoke({})).errorType).toBe('LiveDebugNoClientError');
  });

  it.each([
    ['{"a": 1}', 'application/json'],
    [`{"statusCode":418}${'\0'.repeat(8)}tea`, 'application/vnd.awslambda.http-integration-response'],
  ])('with a fallback the answer is the fallback’s: %j', async (body, contentType) => {
    const functions = createServer((_request, response) => response.end(body));
    await new Promise<void>((resolve) => functions.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void functions.close());
    const lambda = await world.lambda({
      environment: {
        ...streams,
        LIVE_DEBUG_FALLBACK_ARN: 'arn:aws:lambda:eu-west-1:1:function:real',
        AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(functions.address() as AddressInfo).port}`,
      },
    });
    expect(await lambda.invoke(httpEvent)).toMatchObject({ ok: true, contentType });
    expect(lambda.streamed.toString()).toBe(body);
  });
});

describe('a stub that does not stream', () => {
  it.each([{}, { LIVE_DEBUG_INVOKE_MODE: 'BUFFERED' }])('asks for whole answers: %j', async (environment) => {
    const { client, outcome, invoke } = await begun(() => world.lambda({ environment }));
    expect(invoke.message.head.streams).toBeUndefined();
    await client.answer(invoke, '"whole"');
    expect(await outcome).toMatchObject({ ok: true, text: '"whole"' });
  });

  it('refuses another mode by name', async () => {
    const failed = world.lambda({ environment: { LIVE_DEBUG_INVOKE_MODE: 'STREAM' } });
    await expect(failed).rejects.toThrow(/missing or invalid: LIVE_DEBUG_INVOKE_MODE$/);
  });
});
