// Server-sent events of the inspector: what is sent, and how a reader that was away goes on.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { beatMs, keptMessages, mostStreams, patienceMs } from '../../src/inspector/event-streams.ts';
import { row } from './memory-recordings.ts';
import { messages, next, StartedInspector, token } from './started-inspector.ts';

let started: StartedInspector;
let clock: ManualClock;

beforeEach(async () => {
  clock = new ManualClock();
  started = await StartedInspector.start({ clock });
});
afterEach(() => started.close());

async function open(lastId?: string) {
  const last = lastId === undefined ? {} : { 'last-event-id': lastId };
  const response = await started.open('/api/v1/events', {
    headers: { authorization: `Bearer ${token}`, ...last },
  });
  return { response, stream: messages(response) };
}

test('sends rows, lines, the state and events of serve, in their order', async () => {
  const { response, stream } = await open();
  expect(response.headers).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
  });
  const first = (await stream.next()).value;
  expect(first).toMatchObject({ event: 'reset' });
  expect((await stream.next()).value).toMatchObject({ event: 'state', data: { stage: 'dev-tom' } });
  started.recordings.add(row('a1', { status: 'running' }));
  started.recordings.log('a1', 'one\nline\u2028\u001b[31m');
  started.inspector.take({ event: 'notice', message: 'hello' });
  // What rows and lines have already.
  started.inspector.take({ event: 'invoke', id: 'i', function: 'orders', trigger: 'POST /' });
  started.recordings.add(row('a1'));
  expect((await stream.next()).value).toMatchObject({
    event: 'invocation',
    data: { key: 'a1', status: 'running' },
  });
  expect((await stream.next()).value).toMatchObject({
    event: 'line',
    data: { key: 'a1', level: 'info', message: 'one\nline\u2028\u001b[31m' },
  });
  expect((await stream.next()).value.data).toEqual({ event: 'notice', message: 'hello' });
  expect((await stream.next()).value).toMatchObject({ event: 'invocation', data: { status: 'ok' } });
});

test('sends the state when it has changed, not for each invocation', async () => {
  const { stream } = await open();
  await next(stream, 'state');
  for (let count = 0; count < 50; count++)
    started.inspector.take({ event: 'result', id: 'i', function: 'orders', ok: true, ms: 1, code_ms: 1 });
  clock.advance(1000);
  started.inspector.take({ event: 'notice', message: 'end' });
  expect((await stream.next()).value).toMatchObject({
    event: 'state',
    data: { counts: { orders: { invocations: 50, failed: 0 } } },
  });
  expect((await stream.next()).value).toMatchObject({ event: 'notice' });
});

test('goes on where a reader was, as long as that is known', async () => {
  const first = await open();
  started.recordings.add(row('a1'));
  const { id } = await next(first.stream, 'invocation');
  first.response.destroy();
  started.recordings.add(row('a2'));
  started.recordings.add(row('a3'));
  const second = await open(id);
  expect((await second.stream.next()).value).toMatchObject({ event: 'invocation', data: { key: 'a2' } });
  const last = (await second.stream.next()).value;
  expect(last).toMatchObject({ event: 'invocation', data: { key: 'a3' } });
  expect((await second.stream.next()).value).toMatchObject({ event: 'state' });
  // Nothing was missed.
  const third = await open(last.id);
  expect((await third.stream.next()).value).toMatchObject({ event: 'state' });
  for (let count = 0; count <= keptMessages; count++) started.recordings.add(row('a1'));
  for (const unknown of [id, 'other-1', '', `${id}000000`, `${id.slice(0, -1)}-1`, 'x'.repeat(5000)])
    expect((await (await open(unknown)).stream.next()).value).toMatchObject({ event: 'reset' });
}, 15_000);

test('keeps nothing for nobody', async () => {
  started.recordings.add(row('a1'));
  const first = await open();
  const state = await next(first.stream, 'state');
  started.recordings.add(row('a2'));
  const { id } = await next(first.stream, 'invocation');
  first.response.destroy();
  await clock.untilSet(patienceMs);
  started.recordings.add(row('a3'));
  const back = await open(state.id);
  expect((await back.stream.next()).value).toMatchObject({ data: { key: 'a2' } });
  back.response.destroy();
  await clock.untilSet(patienceMs);
  clock.advance(patienceMs);
  expect((await (await open(id)).stream.next()).value).toMatchObject({ event: 'reset' });
});

test('is refused to more readers than it can hold, until one leaves', async () => {
  const readers = await Promise.all(Array.from({ length: mostStreams }, () => open()));
  const refused = await started.program('/api/v1/events');
  expect(refused.status).toBe(503);
  expect(refused.json()).toMatchObject({ code: 'busy' });
  const [first] = readers;
  first?.response.destroy();
  const isFree = async () => {
    const { response } = await open();
    response.destroy();
    return response.statusCode;
  };
  await expect.poll(isFree).toBe(200);
});

test('disconnects a reader that does not read, and no other', async () => {
  const slow = await open();
  const fast = await open();
  const ended = new Promise((resolve) => slow.response.once('error', resolve).once('close', resolve));
  const read = (async () => {
    let count = 0;
    for await (const { event } of fast.stream) {
      if (event === 'line') count += 1;
      if (event === 'notice') return count;
    }
    return -1;
  })();
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let count = 0; count < 40; count++) {
    started.recordings.log('a1', megabyte);
    await new Promise(setImmediate);
  }
  started.inspector.take({ event: 'notice', message: 'end' });
  expect(await read).toBe(40);
  slow.response.resume();
  await ended;
});

test('says at times that it is still there', async () => {
  const { response } = await open();
  const text: string[] = [];
  const beaten = new Promise<void>((resolve) => {
    response.setEncoding('utf8').on('data', (piece: string) => {
      text.push(piece);
      if (text.join('').endsWith('\n\n:\n\n:\n\n')) resolve();
    });
  });
  clock.advance(beatMs);
  clock.advance(beatMs);
  await beaten;
});

test('ends with the last words of serve', async () => {
  const { stream } = await open();
  started.inspector.take({ event: 'displaced', by: { user: 'eve', host: 'desk' } });
  started.inspector.take({ event: 'stopped', invocations: 1, failed: 0, abandoned: 0 });
  const closed = started.inspector.close();
  const seen: string[] = [];
  for await (const { data, event } of stream) {
    seen.push(event);
    if (event === 'state' && seen.length > 2) expect(data.displaced).toEqual({ by: 'eve on desk' });
  }
  expect(seen).toEqual(['reset', 'state', 'displaced', 'stopped', 'state']);
  await closed;
  expect(started.recordings.listeners).toBe(0);
});
