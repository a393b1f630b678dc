// What counts as one Ctrl-C, and what as two.
import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { onePressMs, stopSignals } from '../../src/run/stop-signals.ts';

function listen() {
  const [clock, source] = [new ManualClock(), new EventEmitter()];
  let ended = 0;
  const stop = stopSignals(() => (ended += 1), clock, source);
  const send = (signal: string) => source.emit(signal);
  return { clock, source, stop, send, ended: () => ended };
}

it('asks for an orderly end once, and ends at once the second time', async () => {
  const { clock, ended, send, stop } = listen();
  send('SIGINT');
  await stop.first;
  clock.advance(onePressMs);
  expect(ended()).toBe(0);
  send('SIGINT');
  expect(ended()).toBe(1);
});

it('counts a signal that arrives in two ways once', () => {
  const { clock, ended, send } = listen();
  send('SIGINT');
  clock.advance(onePressMs - 1);
  send('SIGINT');
  expect(ended()).toBe(0);
});

it('ends at once by another signal', () => {
  const { ended, send } = listen();
  send('SIGINT');
  send('SIGTERM');
  expect(ended()).toBe(1);
});

it('leaves no handler behind', () => {
  const { source, stop } = listen();
  stop.dispose();
  expect(source.eventNames()).toEqual([]);
});
