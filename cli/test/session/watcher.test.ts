// What a watcher gets of each invocation: all bytes, both ends' times, and before the events about it.
import { describe, expect, test } from 'vitest';
import type { BegunInvocation, EndedInvocation } from '../../src/session/invocation-watcher.ts';
import { mostStreamedBytes } from '../../src/session/invocation-watcher.ts';
import { Recorder } from './recorder.ts';
import { newId, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();
const nothing = new Uint8Array(0);

type Seen = { began: BegunInvocation } | { ended: EndedInvocation } | { event: string };

async function watched() {
  const seen = new Recorder<Seen>();
  const serving = await world.serve({
    watcher: { began: (began) => seen.add({ began }), ended: (ended) => seen.add({ ended }) },
    onEvent: ({ event }) => seen.add({ event }),
  });
  const began = async () =>
    ((await seen.first((each) => 'began' in each)) as { began: BegunInvocation }).began;
  const ended = async () =>
    ((await seen.first((each) => 'ended' in each)) as { ended: EndedInvocation }).ended;
  return { ...serving, seen, began, ended };
}

const message = {
  messageId: 'm-1',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-west-1:1:orders',
  attributes: { ApproximateReceiveCount: '3', SentTimestamp: '' },
};

describe('a watcher', () => {
  test('gets event and answer byte for byte, with the times at both ends', async () => {
    const { began, ended, pool } = await watched();
    const stub = await world.stub();
    const id = newId();
    const sent = Date.now();
    const attributes = { ...message.attributes, SentTimestamp: String(sent - 5000) };
    const body = JSON.stringify({ Records: [{ ...message, attributes }] });
    await stub.invoke({ id, body, head: { requestId: 'aws-1', instance: 'i-7', arn: 'arn:1', stubMs: 40 } });
    const run = await pool.runs.next();
    run.answer('{ "a": 1.0 }', { codeMs: 2, code: { build: 4, hash: 'abcdef012345' } });

    const start = await began();
    expect(start).toMatchObject({
      key: id,
      invoke: { event: 'invoke', id: 'aws-1', function: 'hello', trigger: 'SQS orders', source_ids: ['m-1'] },
      context: { arn: 'arn:1', instance: 'i-7' },
      source: { kind: 'sqs', attempt: 3, sentMs: sent - 5000 },
      stubMs: 40,
    });
    expect(textOf({ body: start.event })).toBe(body);
    // The stub sent it after `sent`, and had had it for 40 ms by then.
    expect(start.triggerMs).toBeGreaterThanOrEqual(4960);
    expect(start.arrivedMs).toBeGreaterThanOrEqual(start.sentMs);

    const end = await ended();
    expect(end).toMatchObject({
      key: id,
      result: { event: 'result', id: 'aws-1', ok: true, code_ms: 2 },
      bytes: 12,
      contentType: 'application/json',
      build: 4,
      hash: 'abcdef012345',
    });
    expect(textOf(end)).toBe('{ "a": 1.0 }');
    expect(end.answeredMs).toBeGreaterThanOrEqual(start.arrivedMs);
    expect(end.deliveredMs).toBeGreaterThanOrEqual(end.answeredMs);
    expect(end.result.ms).toBe(end.deliveredMs - start.sentMs);
  });

  test('is called before each event about the invocation', async () => {
    const { ended, pool, seen } = await watched();
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    (await pool.runs.next()).answer('1');
    await ended();
    await seen.first((each) => 'event' in each && each.event === 'result');
    const names = seen.all.map((each) => ('event' in each ? each.event : Object.keys(each)[0]));
    expect(names).toEqual(['began', 'invoke', 'ended', 'result']);
  });

  test('gets the error that the code ended with', async () => {
    const { ended, pool } = await watched();
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    (await pool.runs.next()).fail('TypeError', 'no such thing', ['at a.js:1']);
    const end = await ended();
    expect(JSON.parse(textOf(end))).toMatchObject({ errorType: 'TypeError', errorMessage: 'no such thing' });
    expect(end.contentType).toBeUndefined();
    expect(end.build).toBeUndefined();
  });

  test('gets the start of a streamed answer, and its whole length', async () => {
    const { ended, pool } = await watched();
    const stub = await world.stub();
    const id = newId();
    await stub.invoke({ id, head: { streams: true } });
    const run = await pool.runs.next();
    for (let count = 0; count < 5; count++)
      void run.invocation.responseSink?.(Buffer.alloc(300_000, 'x'), 'text/plain');
    run.finish({
      outcome: { ok: true, body: nothing, contentType: 'text/plain' },
      codeMs: 1,
      initMs: 0,
      waitMs: 0,
      logsDrained: Promise.resolve(),
    });
    for (let attempt = 2, parts = 0; ; ) {
      const heard = await stub.heard.next();
      if (typeof heard === 'string' || heard.type === 'result') break;
      if (heard.type !== 'part') continue;
      parts += 1;
      void stub.send({ type: 'ack', id, attempt: attempt++, head: { parts }, body: nothing });
    }
    const end = await ended();
    expect(end.bytes).toBe(1_500_000);
    expect(end.body.length).toBe(mostStreamedBytes);
    expect(end.contentType).toBe('text/plain');
  });
});
