// Which of a serve's invocations was caused by a message, and how long to wait for it.
import { expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { type SeenInvocation, seenInvocation } from '../../src/control/outcome.ts';
import type { WatchedEvent } from '../../src/control/watch.ts';

const sought = { functionName: 'worker', traces: ['m-1'] };
const invoke = (id: string, source_ids: string[], name = 'worker'): WatchedEvent => ({
  event: 'invoke',
  id,
  function: name,
  trigger: 'SNS orders',
  source_ids,
});
const log = (id: string, message: string): WatchedEvent => ({
  event: 'log',
  id,
  function: 'worker',
  level: 'info',
  message,
});
const result = (id: string): WatchedEvent => ({
  event: 'result',
  id,
  function: 'worker',
  ok: true,
  ms: 2,
  code_ms: 1,
});

const bounds = { begunMs: 500, endedMs: 1000 };

/** A manual watch. */
class HandWatch {
  end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => {
    this.end = resolve;
  });
  tell: (event: WatchedEvent) => void = () => undefined;
  follow(listener: (event: WatchedEvent) => void): void {
    this.tell = listener;
  }
}

function seek(): {
  watch: HandWatch;
  clock: ManualClock;
  told: WatchedEvent[];
  seen: Promise<SeenInvocation | undefined>;
} {
  const watch = new HandWatch();
  const clock = new ManualClock();
  const told: WatchedEvent[] = [];
  const seen = seenInvocation(watch, sought, bounds, clock, (event) => told.push(event));
  return { watch, clock, told, seen };
}

test('the one with the id of its cause, its log and its end, and none of the others', async () => {
  const { clock, seen, told, watch } = seek();
  const events = [
    invoke('a', ['m-0']),
    invoke('b', ['m-1'], 'other'),
    log('a', 'of another'),
    invoke('c', ['m-0', 'm-1']),
    log('a', 'of another'),
    log('c', 'mine'),
    invoke('d', ['m-1']),
    result('a'),
    result('c'),
    log('c', 'too late'),
  ];
  for (const event of events) watch.tell(event);
  expect(await seen).toEqual({
    invoke: invoke('c', ['m-0', 'm-1']),
    logs: [log('c', 'mine')],
    result: result('c'),
  });
  expect(told).toEqual([invoke('c', ['m-0', 'm-1']), log('c', 'mine'), result('c')]);
  expect(clock.pending).toEqual([]);
});

test('the one with the invocation’s own id', async () => {
  const { seen, watch } = seek();
  watch.tell({ event: 'invoke', id: 'm-1', function: 'worker', trigger: 'invoke' });
  watch.tell(result('m-1'));
  expect(await seen).toMatchObject({ invoke: { id: 'm-1' }, result: { ok: true } });
});

test('nothing began within the bound', async () => {
  const { clock, seen } = seek();
  clock.advance(500);
  expect(await seen).toBeUndefined();
});

test('still running at the bound', async () => {
  const { clock, seen, watch } = seek();
  watch.tell(invoke('c', ['m-1']));
  clock.advance(1000);
  expect(await seen).toMatchObject({ invoke: { id: 'c' }, result: undefined });
});

test('serve ended before', async () => {
  const { seen, watch } = seek();
  watch.tell(invoke('c', ['m-1']));
  watch.end();
  expect(await seen).toMatchObject({ invoke: { id: 'c' }, result: undefined });
});

test('a message that only goes to other functions is not waited for', async () => {
  const { seen, told, watch } = seek();
  const published = (id: string, functions: string[]): WatchedEvent => ({
    event: 'published',
    source: 'sns',
    resource: 'orders',
    id,
    functions,
  });
  const unwanted = published('m-1', ['other']);
  watch.tell(published('m-2', []));
  watch.tell(unwanted);
  expect(await seen).toBeUndefined();
  expect(told).toEqual([unwanted]);
});

test('a message that the function receives is waited for', async () => {
  const { seen, told, watch } = seek();
  watch.tell({ event: 'published', source: 'sns', resource: 'orders', id: 'm-1', functions: ['worker'] });
  const events = [invoke('r-1', ['m-1']), result('r-1')];
  for (const event of events) watch.tell(event);
  expect(await seen).toMatchObject({ invoke: { id: 'r-1' }, result: { ok: true } });
  expect(told).toEqual(events);
});
