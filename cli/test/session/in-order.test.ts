// An event source may learn of a failure before the invocation's end is reported.
import { expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { inOrder } from '../../src/session/in-order.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';

const invoke = (id: string, source_ids: string[] = []): SessionEvent => ({
  event: 'invoke',
  id,
  function: 'f',
  trigger: 't',
  source_ids,
});
const result = (id: string): SessionEvent => ({
  event: 'result',
  id,
  function: 'f',
  ok: false,
  ms: 1,
  code_ms: 1,
});
const of = { function: 'f', source: 'sqs', resource: 'q', reason: 'it failed' } as const;
const retry = (id: string): SessionEvent => ({ event: 'retry', id, ...of, attempt: 1, in_ms: 1 });
const deadLetter = (ids: string[]): SessionEvent => ({ event: 'dead_letter', ids, ...of, attempts: 3 });

function told(...events: SessionEvent[]) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const tell = inOrder(clock, (event) => seen.push(event.event));
  for (const event of events) tell(event);
  return { clock, seen, tell };
}

it('reports a retry after the end of the attempt that failed', () => {
  const { seen } = told(
    invoke('one'),
    retry('one'),
    invoke('two'),
    result('two'),
    result('one'),
    retry('one'),
  );
  expect(seen).toEqual(['invoke', 'invoke', 'result', 'result', 'retry', 'retry']);
});

it('reports a dead letter after the end of the invocation that its message caused', () => {
  const { seen } = told(invoke('one', ['message-1']), deadLetter(['message-1']), result('one'));
  expect(seen).toEqual(['invoke', 'result', 'dead_letter']);
});

it('waits for the last of two runs with one id', () => {
  const { seen } = told(invoke('one'), invoke('one'), result('one'), retry('one'), result('one'));
  expect(seen).toEqual(['invoke', 'invoke', 'result', 'result', 'retry']);
});

it('reports at once if this livectl did not run it, and otherwise after a second at most', () => {
  const { clock, seen } = told(retry('elsewhere'), invoke('one'), retry('one'));
  expect(seen).toEqual(['retry', 'invoke']);
  clock.advance(1000);
  expect(seen).toEqual(['retry', 'invoke', 'retry']);
});
