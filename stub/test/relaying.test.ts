// The shipped stub while somebody serves: what is sent, what comes back.
import { describe, expect, it } from 'vitest';
import type { Message } from '../../protocol/message.ts';
import { noise } from '../../protocol/test/payloads.ts';
import { sandboxNames } from '../../protocol/test/sandbox-names.ts';
import type { FakeClient } from './harness/fake-client.ts';
import { answerOf, errorOf, functionArn } from './harness/lambda.ts';
import { useWorld } from './harness/world.ts';

const world = useWorld();

/** Acknowledges every invocation and answers it by what `answer` makes of its event. */
function answerAll(client: FakeClient, answer: (event: unknown) => unknown): void {
  client.onMessage = ({ message, channel }) => {
    if (message.type !== 'invoke') return;
    const received = { message, channel };
    void client
      .acknowledge(received)
      .then(() =>
        client.answer(received, JSON.stringify(answer(JSON.parse(Buffer.from(message.body).toString())))),
      );
  };
}

const echo = (event: unknown) => ({ echo: event });

describe('an invocation', () => {
  it('reaches the client unchanged and returns with its answer', async () => {
    const client = await world.serve();
    const lambda = await world.lambda();
    const event = { name: 'ada', ünï: [1, null, 'x'] };
    const before = Date.now();
    const outcome = lambda.invoke(event, {
      awsRequestId: 'req-1',
      timeoutMs: 10_000,
      clientContext: '{"a":1}',
      tenantId: 'blue',
    });
    const received = await client.next('invoke');
    const { head, body } = received.message as Message<'invoke'>;
    expect(JSON.parse(Buffer.from(body).toString())).toEqual(event);
    expect(head).toMatchObject({
      requestId: 'req-1',
      function: 'hello',
      arn: functionArn,
      clientContext: '{"a":1}',
      tenantId: 'blue',
    });
    expect(head.identity).toBe(undefined);
    expect(head.sentAt).toBeGreaterThanOrEqual(before);
    // Half a second is kept back for `cancel`.
    expect(head.deadline - head.sentAt).toBeGreaterThan(9000);
    expect(head.deadline - head.sentAt).toBeLessThanOrEqual(9500);
    await client.acknowledge(received);
    await client.answer(received, '{"hello":"ada"}');
    expect(answerOf(await outcome)).toEqual({ hello: 'ada' });
    expect(lambda.output).toBe('');
  });

  it('carries the function’s variables and credentials, but not the stub’s or the sandbox’s', async () => {
    const client = await world.serve();
    const lambda = await world.lambda({
      environment: {
        GREETING: 'hi',
        LIVE_DEBUG_FALLBACK_ARN: functionArn,
        LIVECTL_ANYTHING: '1',
        LIVE_DEBUG_NODE_OPTIONS: '--import some-apm',
        ...Object.fromEntries(
          [...sandboxNames, 'HOME', 'LD_LIBRARY_PATH', 'NODE_PATH', 'PATH'].map((name) => [
            name,
            'of the sandbox',
          ]),
        ),
        _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793',
        NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem',
        AWS_LAMBDA_FUNCTION_NAME: 'live-hello',
      },
    });
    const outcome = lambda.invoke({});
    const received = await client.next('invoke');
    const { environment, traceId } = (received.message as Message<'invoke'>).head;
    expect(environment).toEqual({
      GREETING: 'hi',
      NODE_OPTIONS: '--import some-apm',
      AWS_ACCESS_KEY_ID: 'AKIDTEST',
      AWS_SECRET_ACCESS_KEY: 'test-secret',
      AWS_SESSION_TOKEN: 'test-token',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL_DYNAMODB: world.table.endpoint,
      AWS_LAMBDA_FUNCTION_NAME: 'live-hello',
      ...(environment.NODE_CHANNEL_FD ? { NODE_CHANNEL_FD: environment.NODE_CHANNEL_FD } : {}),
      ...(environment.NODE_CHANNEL_SERIALIZATION_MODE
        ? { NODE_CHANNEL_SERIALIZATION_MODE: environment.NODE_CHANNEL_SERIALIZATION_MODE }
        : {}),
    });
    expect(traceId).toBe('Root=1-5759e988-bd862e3fe1be46a994272793');
    await client.answer(received, 'null');
    await outcome;
  });

  it('does not wait for an ack if the answer is there', async () => {
    const client = await world.serve();
    const lambda = await world.lambda();
    const outcome = lambda.invoke({});
    await client.answer(await client.next('invoke'), '7');
    expect(answerOf(await outcome)).toBe(7);
  });

  it.each([
    ['noise', [noise(4_700_000, 1).toString('base64')]],
    [
      'JSON',
      Array.from({ length: 95_000 }, (_, id) => ({
        id,
        text: `order number ${id} has been placed at ${id}`,
      })),
    ],
  ])('carries 6 MB of %s both ways', async (_kind, event: unknown[]) => {
    const text = JSON.stringify(event);
    expect(text.length).toBeGreaterThan(6_100_000);
    answerAll(await world.serve(), (received) => received);
    const answer = answerOf(await (await world.lambda()).invoke(event));
    expect(JSON.stringify(answer) === text).toBe(true);
  });

  it.each([
    ['http', false],
    ['ws', false],
    ['http', true],
  ])('works with a relay of scheme %s, binary frames: %s', async (scheme, binary) => {
    world.relay.binary = binary;
    answerAll(await world.serve(), echo);
    const lambda = await world.lambda({ relayUrl: world.relay.url(scheme) });
    expect(answerOf(await lambda.invoke([1]))).toEqual({ echo: [1] });
  });

  it('after the first costs one post, on the same connection and with the same key', async () => {
    const client = await world.serve();
    answerAll(client, echo);
    const lambda = await world.lambda();
    for (const event of [1, 2, 3]) expect(answerOf(await lambda.invoke(event))).toEqual({ echo: event });
    const toClient = world.relay.posts.filter(({ connectionId }) => connectionId === client.connectionId);
    expect(toClient).toHaveLength(3);
    const keys = toClient.map(({ text }) => JSON.parse(text.split('\n')[0] ?? '').enc);
    expect(new Set(keys).size).toBe(1);
    expect(world.relay.peers.size).toBe(2);
  });

  it('retried by Lambda with the same request id is a new one', async () => {
    let runs = 0;
    const client = await world.serve();
    answerAll(client, () => {
      runs += 1;
      return runs;
    });
    const lambda = await world.lambda();
    const again = { awsRequestId: 'an-asynchronous-one' };
    expect(answerOf(await lambda.invoke({}, again))).toBe(1);
    expect(answerOf(await lambda.invoke({}, again))).toBe(2);
    const ids = client.received.map(({ message }) => message.id);
    expect(new Set(ids).size).toBe(2);
  });
});

describe('an answer', () => {
  it.each<[string, string, unknown]>([
    ['null', 'null', null],
    ['nothing', '', null],
    ['a text that is not JSON', 'plain', 'plain'],
  ])('of %s is returned', async (_kind, body, value) => {
    const client = await world.serve();
    const lambda = await world.lambda();
    const outcome = lambda.invoke({});
    await client.answer(await client.next('invoke'), body);
    expect(answerOf(await outcome)).toEqual(value);
  });

  it.each<[string, unknown, { errorType: string; errorMessage: string; trace: string[] }]>([
    [
      'Node',
      {
        errorType: 'TypeError',
        errorMessage: 'no user\nhere',
        trace: ['TypeError: no user', 'here', '    at f (src/a.ts:1:2)'],
      },
      {
        errorType: 'TypeError',
        errorMessage: 'no user\nhere',
        trace: ['TypeError: no user', 'here', '    at f (src/a.ts:1:2)'],
      },
    ],
    [
      'Python',
      {
        errorType: 'KeyError',
        errorMessage: "'a'",
        requestId: 'r',
        stackTrace: ['  File "a.py", line 1, in f'],
      },
      { errorType: 'KeyError', errorMessage: "'a'", trace: ["KeyError: 'a'", '  File "a.py", line 1, in f'] },
    ],
    [
      'Go',
      { errorType: 'errorString', errorMessage: 'bad', stackTrace: [{ path: 'a.go', line: 1, label: 'f' }] },
      {
        errorType: 'errorString',
        errorMessage: 'bad',
        trace: ['errorString: bad', '{"path":"a.go","line":1,"label":"f"}'],
      },
    ],
    [
      'a sparse runtime',
      { errorMessage: null },
      { errorType: 'Error', errorMessage: '', trace: ['Error: '] },
    ],
    [
      'a broken runtime',
      'oops',
      {
        errorType: 'Runtime.Unknown',
        errorMessage: 'the function failed with an error that is not the JSON of the Runtime API',
        trace: ['Runtime.Unknown: the function failed with an error that is not the JSON of the Runtime API'],
      },
    ],
  ])(
    'that is an error of %s is thrown with its name, message and stack',
    async (_runtime, sent, reported) => {
      const client = await world.serve();
      const lambda = await world.lambda();
      const outcome = lambda.invoke({});
      const received = (await client.next('invoke')) as Parameters<FakeClient['fail']>[0];
      await client.fail(received, sent);
      expect(errorOf(await outcome)).toEqual(reported);
    },
  );

  it('for an invocation that is over, or from a peer that may not answer, is ignored', async () => {
    const client = await world.serve();
    const stranger = await world.serve({ stage: 'dev-eve' });
    const lambda = await world.lambda();
    const first = lambda.invoke('first');
    const { message, channel } = await client.next('invoke');
    await client.answer({ message: message as Message<'invoke'>, channel }, '"first"');
    expect(answerOf(await first)).toBe('first');

    const second = lambda.invoke('second');
    const current = await client.next('invoke');
    const { replyTo } = (current.message as Message<'invoke'>).head;
    // A late copy, then a forgery: sealed, but with a key that is not the client's.
    await client.answer({ message: message as Message<'invoke'>, channel }, '"first again"');
    const forged = {
      message: current.message as Message<'invoke'>,
      channel: await stranger.channelTo(client),
    };
    await stranger.answer(forged, '"forged"');
    world.relay.deliver(replyTo, 'nonsense\nAAAA');
    await client.answer(current as typeof forged, '"second"');
    expect(answerOf(await second)).toBe('second');
    const dropped = lambda.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(dropped).toEqual([
      {
        liveDebug: 'dropped a message',
        reason: "result that does not open with the client's key",
        dropped: 1,
      },
      { liveDebug: 'dropped a message', reason: 'a header that is not JSON', dropped: 2 },
    ]);
  });
});
