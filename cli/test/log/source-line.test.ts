// The terminal's lines about the local cloud's event sources.
import { describe, expect, test } from 'vitest';
import { pretty } from '../../src/log/pretty.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { written } from './written.ts';

const id = '8f5e4d3c-0000-4000-8000-000000000000';
const orders = { source: 'sns', resource: 'orders' } as const;
const jobs = { source: 'sqs', resource: 'jobs', function: 'worker' } as const;

function shown(event: SessionEvent): readonly string[] {
  const output = written();
  pretty(output)(event);
  return output.lines;
}

describe('one line each', () => {
  test.each<[string, SessionEvent, readonly string[]]>([
    [
      'a message that a function gets',
      { event: 'published', ...orders, id: 'm1', functions: ['worker'] },
      [],
    ],
    [
      'a message that nobody wants',
      { event: 'published', ...orders, id: 'm1', functions: [] },
      ['! SNS orders: no function accepts m1; check its filter or pattern in livectl.json'],
    ],
    [
      'another attempt',
      {
        event: 'retry',
        ...orders,
        id,
        function: 'worker',
        attempt: 1,
        attempts: 3,
        in_ms: 1000,
        reason: 'Error: no',
      },
      ['8f5e4d ↺ worker SNS orders: attempt 2 of 3 in 1 s'],
    ],
    [
      'another attempt of any number',
      { event: 'retry', ...jobs, source: 'kinesis', id, attempt: 4, in_ms: 8000, reason: 'Error: no' },
      ['8f5e4d ↺ worker Kinesis jobs: attempt 5 in 8 s'],
    ],
    [
      'another attempt after part of a visibility timeout',
      { event: 'retry', ...jobs, id, attempt: 1, in_ms: 17_987, reason: 'Error: no' },
      ['8f5e4d ↺ worker SQS jobs: attempt 2 in 18 s'],
    ],
    [
      'the end',
      { event: 'dead_letter', ...orders, function: 'worker', ids: ['m1'], attempts: 3, reason: 'Error: no' },
      ['✗ worker SNS orders: gives up on m1 after 3 attempts: Error: no'],
    ],
    [
      'the end in a queue',
      {
        event: 'dead_letter',
        ...jobs,
        ids: ['1', '2', '3', '4', '5'],
        attempts: 1,
        reason: 'Error: no',
        queue: 'jobs-dlq',
      },
      ['✗ worker SQS jobs: moves to jobs-dlq: 1, 2, 3 and 2 more after 1 attempt: Error: no'],
    ],
    [
      'the end before an attempt',
      { event: 'dead_letter', ...orders, function: 'worker', ids: ['m1'], attempts: 0, reason: 'a loop' },
      ['✗ worker SNS orders: gives up on m1: a loop'],
    ],
  ])('%s', (_, event, lines) => {
    expect(shown(event)).toEqual(lines);
  });

  test('whatever is in an id or an error', () => {
    const [line = ''] = shown({
      event: 'dead_letter',
      ...orders,
      function: 'worker',
      ids: ['\u001b[2Jm1'],
      attempts: 3,
      reason: 'Error: one\ntwo\u001b[31m',
    });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there.
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  });
});
