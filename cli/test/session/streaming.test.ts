// A streamed response over a real relay: parts as they are written, the window, and a stub that changes its connection.
import { describe, expect, test } from 'vitest';
import type { AnyMessage, Message } from '../../../protocol/message.ts';
import { partBytes, windowBytes } from '../../src/session/outgoing-parts.ts';
import type { PendingRun } from './fake-pool.ts';
import { newId, type StubPeer, textOf } from './stub-peer.ts';
import { useWorld } from './world.ts';

const world = useWorld();
const nothing = new Uint8Array(0);
const plain = 'text/plain';

/** Serves, and has one invocation of a stub that streams running. */
async function streaming() {
  const serving = await world.serve();
  const stub = await world.stub();
  const id = newId();
  await stub.invoke({ id, head: { streams: true } });
  const run = await serving.pool.runs.next();
  return { ...serving, stub, id, run };
}

function write(run: PendingRun, bytes: string | Uint8Array, contentType = plain): Promise<void> | undefined {
  return run.invocation.responseSink?.(Buffer.from(bytes), contentType);
}

function end(run: PendingRun): void {
  run.finish({
    outcome: { ok: true, body: nothing, contentType: plain },
    codeMs: 1,
    initMs: 0,
    waitMs: 0,
    logsDrained: Promise.resolve(),
  });
}

/** The next message that is no ack. */
async function heard(stub: StubPeer): Promise<AnyMessage> {
  for (;;) {
    const message = await stub.heard.next();
    if (typeof message === 'string') throw new Error(message);
    if (message.type !== 'ack') return message;
  }
}

async function part(stub: StubPeer): Promise<Message<'part'>> {
  const message = await heard(stub);
  if (message.type !== 'part') throw new Error(`expected part, heard ${message.type}`);
  return message;
}

function acknowledge(stub: StubPeer, id: string, attempt: number, parts: number) {
  return stub.send({ type: 'ack', id, attempt, head: { parts }, body: nothing });
}

describe('a streamed response', () => {
  test('reaches the stub while it is written, in numbered parts, and ends with the rest', async () => {
    const { stub, run, event } = await streaming();
    write(run, 'one');
    const first = await part(stub);
    expect(first.head).toEqual({ index: 0, contentType: plain });
    expect(textOf(first)).toBe('one');
    write(run, 'two');
    const second = await part(stub);
    expect([second.head.index, textOf(second)]).toEqual([1, 'two']);
    end(run);
    const result = await heard(stub);
    expect(result).toMatchObject({ type: 'result', head: { contentType: plain, parts: 2 } });
    expect(textOf(result)).toBe('');
    expect(await event('result')).toMatchObject({ ok: true, streamed_bytes: 6 });
  });

  test('that fails midway reports after how many parts', async () => {
    const { stub, run, event } = await streaming();
    write(run, 'half');
    run.fail('Broken', 'off');
    const messages = [await heard(stub), await heard(stub)];
    expect(messages.find(({ type }) => type === 'part')).toMatchObject({ head: { index: 0 } });
    const error = messages.find(({ type }) => type === 'error');
    expect(error).toMatchObject({ head: { parts: 1 } });
    expect(JSON.parse(textOf(error ?? { body: nothing }))).toMatchObject({ errorType: 'Broken' });
    expect(await event('result')).toMatchObject({ ok: false, streamed_bytes: 4 });
  });

  test('tells the terminal the status of its prelude', async () => {
    const { run, event } = await streaming();
    const type = 'application/vnd.awslambda.http-integration-response';
    write(run, `{"statusCode":404}${'\0'.repeat(8)}no`, type);
    end(run);
    expect(await event('result')).toMatchObject({ ok: true, status: 404 });
  });

  test('that is empty is an answer like any other', async () => {
    const { stub, run } = await streaming();
    end(run);
    expect(await heard(stub)).toMatchObject({ type: 'result', head: { contentType: plain } });
  });

  test('is whole for a stub that does not stream', async () => {
    const { pool } = await world.serve();
    const stub = await world.stub();
    await stub.invoke({ id: newId() });
    expect((await pool.runs.next()).invocation.responseSink).toBeUndefined();
  });
});

describe('the window', () => {
  test('stops the writer at 1 MB and lets it go on with the stub', async () => {
    const { stub, id, run } = await streaming();
    const full = write(run, Buffer.alloc(windowBytes + 2 * partBytes));
    expect(full).toBeDefined();
    const indexes = new Set<number>();
    while (indexes.size < windowBytes / partBytes) indexes.add((await part(stub)).head.index);
    expect([...indexes].sort((a, b) => a - b)).toEqual([...Array(16).keys()]);
    await acknowledge(stub, id, 2, 4);
    await full;
    expect([(await part(stub)).head.index, (await part(stub)).head.index].sort()).toEqual([16, 17]);
    end(run);
    expect(await heard(stub)).toMatchObject({ type: 'result', head: { parts: 18 } });
  });

  test('does not hold back a run that the stub cancelled', async () => {
    const { stub, id, run, event } = await streaming();
    const full = write(run, Buffer.alloc(2 * windowBytes));
    await stub.cancel(id, 2);
    await full;
    expect(await event('result')).toMatchObject({ ok: false, error: { name: 'Sandbox.Timedout' } });
  });
});

describe('a stub with a new connection', () => {
  test('gets what it lacks, and what follows, there', async () => {
    const { stub, id, run } = await streaming();
    write(run, 'one');
    await part(stub);
    await stub.reconnect();
    write(run, 'two');
    await stub.send({
      type: 'probe',
      id,
      attempt: 2,
      head: { replyTo: stub.connectionId, parts: 1 },
      body: nothing,
    });
    const second = await part(stub);
    expect([second.head.index, textOf(second)]).toEqual([1, 'two']);
    write(run, 'three');
    const third = await part(stub);
    expect([third.head.index, textOf(third)]).toEqual([2, 'three']);
    end(run);
    expect(await heard(stub)).toMatchObject({ type: 'result', head: { parts: 3 } });
  });

  test('gets a response that ended in between', async () => {
    const { stub, id, run, event } = await streaming();
    write(run, 'one');
    await part(stub);
    await stub.reconnect();
    write(run, 'two');
    end(run);
    await event('result');
    const head = { replyTo: stub.connectionId, parts: 0 };
    await stub.send({ type: 'probe', id, attempt: 2, head, body: nothing });
    const parts: string[] = [];
    let whole: string | undefined;
    while (whole === undefined || parts.filter(Boolean).length < 2 - Math.sign(whole.length)) {
      const message = await heard(stub);
      if (message.type === 'part') parts[message.head.index] = textOf(message);
      else whole = textOf(message);
    }
    expect(parts.join('') + whole).toBe('onetwo');
  });
});
