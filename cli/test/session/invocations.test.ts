// The course of one invocation, over a real relay: accepted once, run once, answered, whatever is sent again.
import { describe, expect, test } from 'vitest';
import { ClockSkew } from '../../../protocol/clock-skew.ts';
import { noise } from '../../../protocol/test/payloads.ts';
import { encodeMessage } from '../../../protocol/wire.ts';
import type { FunctionError } from '../../src/worker/contract.ts';
import { newId, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();

function errorOf(message: { readonly body: Uint8Array }): Omit<FunctionError, 'body'> {
  const { errorType, errorMessage } = JSON.parse(textOf(message));
  return { errorType, errorMessage };
}

describe('an invocation', () => {
  test('is run with everything that the stub sent, and answered byte for byte', async () => {
    const { pool, event } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    const event1 = '{"rawPath":"/hello","requestContext":{"http":{"method":"GET"}}}';
    const head = {
      requestId: 'aws-1',
      instance: 'i-7',
      arn: 'arn:aws:lambda:eu-west-1:1:function:hello',
      traceId: 'Root=1-2-3',
      clientContext: '{"custom":{}}',
      identity: '{"cognitoIdentityId":"x"}',
      tenantId: 'blue',
      environment: { AWS_LAMBDA_LOG_FORMAT: 'JSON', AWS_ACCESS_KEY_ID: 'key' },
    };
    await stub.invoke({ id, body: event1, head });
    const run = await pool.runs.next();
    expect(run.invocation).toMatchObject({
      id: 'aws-1',
      functionName: 'hello',
      instance: 'i-7',
      timeoutSeconds: 3,
      invokedFunctionArn: head.arn,
      traceId: head.traceId,
      clientContext: head.clientContext,
      cognitoIdentity: head.identity,
      tenantId: 'blue',
      environment: { GREETING: 'hi', AWS_REGION: 'us-east-1', ...head.environment },
    });
    expect(Buffer.from(run.invocation.event).toString()).toBe(event1);
    const body = '{"statusCode": 418,  "body": "ä\\u0000"}';
    run.answer(body, { codeMs: 12.34, initMs: 100.06 });

    const messages = [await stub.heard.next()];
    if (typeof messages[0] === 'object' && messages[0].type === 'ack') messages.push(await stub.heard.next());
    const result = messages.at(-1);
    expect(result).toMatchObject({
      type: 'result',
      id,
      head: { contentType: 'application/json', codeMs: 12.34 },
    });
    expect(textOf(result as { body: Uint8Array })).toBe(body);
    expect(await event('invoke')).toEqual({
      event: 'invoke',
      id: 'aws-1',
      function: 'hello',
      trigger: 'GET /hello',
    });
    expect(await event('result')).toEqual({
      event: 'result',
      id: 'aws-1',
      function: 'hello',
      ok: true,
      ms: expect.any(Number),
      code_ms: 12.3,
      init_ms: 100.1,
      status: 418,
    });
  });

  test('that fails is answered with the runtime’s own JSON', async () => {
    const { pool, event } = await world.serve();
    const stub = await world.stub();
    pool.onRun = (run) => run.fail('TypeError', 'no', ['TypeError: no', '    at handler (app.ts:3:9)']);
    await stub.invoke({ id: newId() });
    const error = await stub.expect('error');
    expect(JSON.parse(textOf(error))).toEqual({
      errorType: 'TypeError',
      errorMessage: 'no',
      trace: ['TypeError: no', '    at handler (app.ts:3:9)'],
    });
    expect(await event('result')).toMatchObject({
      ok: false,
      error: { name: 'TypeError', message: 'no', stack: ['TypeError: no', '    at handler (app.ts:3:9)'] },
    });
  });

  test('that finishes at once is answered without an ack; a slow one is acknowledged first', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    pool.onRun = (run) => run.answer('1');
    const [quick, slow] = [newId(), newId()];
    await stub.invoke({ id: quick });
    expect(await stub.expect('result')).toMatchObject({ id: quick, attempt: 1 });

    pool.onRun = () => undefined;
    await stub.invoke({ id: slow });
    expect(await stub.expect('ack')).toMatchObject({ id: slow, attempt: 1 });
    pool.runs.all[1]?.answer('2');
    expect(await stub.expect('result')).toMatchObject({ id: slow, attempt: 2 });
    expect(stub.heard.all).toHaveLength(3);
  });

  test('that is sent again while it runs is not run again but acknowledged at the new connection', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('ack');
    await stub.reconnect();
    await stub.invoke({ id, attempt: 2 });
    expect(await stub.expect('ack')).toMatchObject({ id, attempt: 2 });
    pool.runs.all[0]?.answer('"once"');
    expect(textOf(await stub.expect('result'))).toBe('"once"');
    expect(pool.runs.all).toHaveLength(1);
  });

  test('that is sent again when it is answered gets the kept answer at the new connection', async () => {
    const { pool, event } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    pool.onRun = (run) => run.answer('"kept"');
    await stub.invoke({ id });
    await event('result');
    await stub.expect('result');
    await stub.reconnect();
    await stub.invoke({ id, attempt: 2 });
    expect(textOf(await stub.expect('result'))).toBe('"kept"');
    expect(pool.runs.all).toHaveLength(1);
  });

  test('whose answer meets a closed connection is answered when the stub probes from a new one', async () => {
    const { pool, event, told } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('ack');
    world.aws.disconnect(stub.connectionId);
    pool.runs.all[0]?.answer('"patience"');
    await event('result');
    await stub.reconnect();
    await stub.probe(id, 2);
    expect(textOf(await stub.expect('result'))).toBe('"patience"');
    expect(told('error')).toEqual([]);
  });

  test('that still runs is acknowledged when the stub probes', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('ack');
    await stub.probe(id, 2);
    expect(await stub.expect('ack')).toMatchObject({ attempt: 2 });
    pool.runs.all[0]?.answer('1');
    await stub.expect('result');
  });

  test('is answered at the connection that the stub named last, whatever arrives late', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    const before = stub.connectionId;
    await stub.reconnect();
    await stub.invoke({ id, attempt: 2 });
    const run = await pool.runs.next();
    await stub.expect('ack');
    // Sent first, from the connection that is gone.
    await stub.invoke({ id, attempt: 1, head: { replyTo: before } });
    await stub.invoke({ id: newId(), attempt: 1 });
    (await pool.runs.next()).answer('"another"');
    expect(textOf(await stub.expect('result'))).toBe('"another"');
    run.answer('"here"');
    expect(textOf(await stub.expect('result'))).toBe('"here"');
  });

  test('that Lambda retries runs again: the same request in a new conversation', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    let count = 0;
    pool.onRun = (run) => {
      count += 1;
      run.answer(String(count));
    };
    const head = { requestId: 'retried' };
    await stub.invoke({ id: newId(), head });
    expect(textOf(await stub.expect('result'))).toBe('1');
    await stub.invoke({ id: newId(), head });
    expect(textOf(await stub.expect('result'))).toBe('2');
    expect(pool.runs.all.map((run) => run.invocation.id)).toEqual(['retried', 'retried']);
  });

  test('that is unknown here is lost, so the stub need not wait', async () => {
    await world.serve();
    const stub = await world.stub();
    await stub.find();
    const id = newId();
    await stub.probe(id, 1);
    expect(errorOf(await stub.expect('error'))).toEqual({
      errorType: 'LiveDebugLostError',
      errorMessage: expect.stringContaining('does not know the invocation'),
    });
  });

  test('of a function that is not served, or does not build, fails with the reason', async () => {
    const { session, pool, event } = await world.serve({
      functions: new Map([
        ['hello', { timeout: 3 }],
        ['broken', { timeout: 3 }],
      ]),
    });
    const errors = [{ text: 'Expected ";"', file: 'src/broken.ts', line: 4, column: 2 }];
    session.onBuild({ type: 'build_error', functionName: 'broken', errors, hasLastGood: false });
    const stub = await world.stub();
    await stub.invoke({ id: newId(), head: { function: 'other' } });
    expect(errorOf(await stub.expect('error'))).toEqual({
      errorType: 'LiveDebugNotServedError',
      errorMessage: 'this livectl does not serve other, only hello, broken',
    });
    await stub.invoke({ id: newId(), head: { function: 'broken' } });
    expect(errorOf(await stub.expect('error'))).toEqual({
      errorType: 'LiveDebugBuildError',
      errorMessage: 'broken has no build yet: src/broken.ts:4: Expected ";"',
    });
    expect(pool.runs.all).toEqual([]);
    expect(await event('result', (result) => result.function === 'other')).toMatchObject({
      ok: false,
      code_ms: 0,
    });
  });

  test.each([-10, 0, 10])(
    'keeps the time that the stub had left when its clock is %d min off',
    async (minutes) => {
      const skew = new ClockSkew();
      const start = Date.now();
      // What the directory's answers tell when AWS's clocks are so far off.
      skew.answered(Math.floor(start / 1000) * 1000 + minutes * 60_000, start, start);
      const { pool, event } = await world.serve({ skew });
      const stub = await world.stub();
      pool.onRun = (run) => run.answer('1');
      const before = Date.now();
      const sentAt = Date.now() + minutes * 60_000;
      await stub.invoke({ id: newId(), head: { sentAt, deadline: sentAt + 7500 } });
      const { deadlineMs } = (await pool.runs.next()).invocation;
      expect(deadlineMs).toBeGreaterThanOrEqual(before + 7500);
      expect(deadlineMs).toBeLessThanOrEqual(Date.now() + 7500);
      const { ms } = await event('result');
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(5000);
    },
  );
});

describe('cancel', () => {
  test('ends the run; no answer is posted, and the result has the reason', async () => {
    const { pool, event, events, told } = await world.serve();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id, head: { requestId: 'r-1' } });
    await stub.expect('ack');
    await stub.cancel(id, 2);
    expect(await event('result')).toEqual({
      event: 'result',
      id: 'r-1',
      function: 'hello',
      ok: false,
      ms: expect.any(Number),
      code_ms: 1,
      error: { name: 'Sandbox.Timedout', message: 'the stub gave up (deadline); the local run was ended' },
    });
    expect(pool.cancelled).toEqual(['r-1']);
    // A second cancel, and an answer that comes too late, change nothing.
    await stub.cancel(id, 3);
    pool.onRun = (run) => run.answer('1');
    await stub.invoke({ id: newId() });
    await stub.expect('result');
    expect(stub.heard.all.map((message) => typeof message === 'object' && message.type)).toEqual([
      'ack',
      'result',
    ]);
    await events.until(() => told('result').length === 2);
    expect(told('error')).toEqual([]);
  });

  test('that overtakes its invocation keeps it from running', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    await stub.find();
    const id = newId();
    await stub.cancel(id, 3);
    await stub.invoke({ id, attempt: 1 });
    await stub.invoke({ id, attempt: 2 });
    pool.onRun = (run) => run.answer('1');
    await stub.invoke({ id: newId() });
    await stub.expect('result');
    expect(pool.runs.all).toHaveLength(1);
  });

  test('that comes after the answer changes nothing', async () => {
    const { pool, event, told } = await world.serve();
    const stub = await world.stub();
    pool.onRun = (run) => run.answer('1');
    const id = newId();
    await stub.invoke({ id });
    await stub.expect('result');
    await stub.cancel(id, 2);
    await stub.probe(id, 3);
    expect(textOf(await stub.expect('result'))).toBe('1');
    expect(pool.cancelled).toEqual([]);
    await event('result');
    expect(told('result')).toHaveLength(1);
  });
});

test('an invocation that takes long to arrive: its stub is told so, and gets the ack when it is whole', async () => {
  const { pool } = await world.serve();
  const stub = await world.stub();
  const id = newId();
  const head = stub.headOf(id, { understands: ['receiving'] });
  const message = { type: 'invoke', id, attempt: 1, head, body: noise(300_000, 1) } as const;
  const texts = await encodeMessage(message, await stub.find(), true);
  await stub.post(texts.slice(0, -1));
  expect((await stub.expect('ack')).head).toEqual({ receiving: true });
  await stub.post(texts.slice(-1));
  await pool.runs.next();
  expect((await stub.expect('ack')).head).toEqual({});
});

describe('an answer that does not fit', () => {
  test('in a message becomes an error, not silence', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    pool.onRun = (run) => run.answer(Buffer.alloc(7 * 1024 * 1024, 'x'));
    await stub.invoke({ id: newId() });
    const messages = [await stub.heard.next()];
    if (typeof messages[0] === 'object' && messages[0].type === 'ack') messages.push(await stub.heard.next());
    expect(errorOf(messages.at(-1) as { body: Uint8Array })).toEqual({
      errorType: 'LiveDebugTooLargeError',
      errorMessage: expect.stringContaining('over the limit of 7340032'),
    });
  });
});
