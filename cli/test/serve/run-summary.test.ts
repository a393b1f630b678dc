// The summary of a serve: what it counts, and how it reads.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pretty } from '../../src/log/pretty.ts';
import { summaryOf as projectSummary, RunSummary } from '../../src/serve/run-summary.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { written } from '../log/written.ts';

const result = (name: string, ms: number, more: object = {}) =>
  ({ event: 'result', id: 'i', function: name, ok: true, ms, code_ms: 1, ...more }) as const;
const stopped = { event: 'stopped', invocations: 0, failed: 0, abandoned: 0 } as const;

function summaryOf(events: readonly SessionEvent[], recordings?: string) {
  let now = 1000;
  const summary = new RunSummary({ now: () => now, recordings: () => recordings });
  for (const event of events) expect(summary.with(event)).toEqual([event]);
  now += 725_000;
  const [last, end] = summary.with(stopped);
  expect(end).toEqual(stopped);
  expect(summary.end()).toEqual([]);
  return last as Extract<SessionEvent, { event: 'summary' }>;
}

test('counts per function, with the median and the longest; replays do not count', () => {
  const events = [
    ...[30, 10, 20, 40].map((ms) => result('orders', ms)),
    result('mailer', 7, { ok: false }),
    result('mailer', 9000, { replay_of: 'k' }),
  ];
  expect(summaryOf(events, '/p/.livectl/recordings')).toEqual({
    ...{ event: 'summary', served_ms: 725_000, invocations: 5, failed: 1 },
    functions: [
      { name: 'orders', invocations: 4, failed: 0, p50_ms: 20, max_ms: 40 },
      { name: 'mailer', invocations: 1, failed: 1, p50_ms: 7, max_ms: 7 },
    ],
    recordings: '/p/.livectl/recordings',
  });
});

test('names the folder of recordings before the first of this run is written there', () => {
  const root = mkdtempSync(join(tmpdir(), 'livectl-summary-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const ended = (...events: readonly SessionEvent[]) => {
    const summary = projectSummary({ record: true, root });
    for (const event of events) summary.with(event);
    return summary.with(stopped)[0];
  };
  expect(ended()).not.toHaveProperty('recordings');
  expect(ended(result('f', 1))).toMatchObject({
    recordings: join(realpathSync(root), '.livectl/recordings'),
  });
});

test('the median is that of the newest 10,000, the maximum that of all', () => {
  const events = [result('f', 500), ...Array.from({ length: 10_000 }, () => result('f', 3))];
  expect(summaryOf(events).functions).toEqual([
    { name: 'f', invocations: 10_001, failed: 0, p50_ms: 3, max_ms: 500 },
  ]);
});

test('counts what was served before another manifest was taken up, and reports one end', () => {
  const summary = new RunSummary({ now: () => 0, recordings: () => undefined });
  summary.with(result('f', 5));
  const one = { ...stopped, invocations: 1 };
  expect(summary.with({ event: 'stopping', waiting_for: 0 }, true)).toEqual([]);
  expect(summary.with(one, true)).toEqual([]);
  summary.with(result('g', 7));
  const [last, end] = summary.with(one);
  expect(last).toMatchObject({ event: 'summary', invocations: 2 });
  expect(end).toEqual({ ...stopped, invocations: 2 });
});

test('reports the end where livectl was ended while it took up a manifest', () => {
  const summary = new RunSummary({ now: () => 0, recordings: () => undefined });
  expect(summary.end()).toEqual([]);
  summary.with({ ...stopped, invocations: 3 }, true);
  expect(summary.end().map(({ event }) => event)).toEqual(['summary', 'stopped']);
  expect(summary.end()).toEqual([]);
});

test('reads as a short table; nothing where nothing was invoked', () => {
  const output = written();
  const show = pretty(output, { here: '/p' });
  show(summaryOf([]));
  expect(output.lines).toEqual([]);
  show(
    summaryOf(
      [result('orders', 12), result('orders', 340), result('m\u001b[2J', 7, { ok: false })],
      '/p/.livectl/recordings',
    ),
  );
  expect(output.lines.join('\n').split('\n')).toEqual([
    '· served 3 invocations in 12 min, 1 failed',
    '  orders       2  p50 12 ms, max 340 ms',
    '  m␛[2J        1  p50 7.0 ms, max 7.0 ms  1 failed',
    '  recorded in .livectl/recordings',
  ]);
});
