// Cron expressions of AWS's dialect, by the examples of EventBridge's user guide, and what they refuse.
import { describe, expect, test } from 'vitest';
import { parseCron } from '../../../src/cloud/eventbridge/cron.ts';

function times(expression: string, from: string, count: number): string[] {
  const schedule = parseCron(expression);
  const found: string[] = [];
  let time: number | undefined = Date.parse(from);
  while (found.length < count) {
    time = schedule.next(time);
    if (time === undefined) break;
    found.push(new Date(time).toISOString().slice(0, 16));
  }
  return found;
}

describe('comes next at', () => {
  // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html; 2026-03-01 is a Sunday.
  test.each<[string, string, string[]]>([
    ['0 10 * * ? *', '2026-03-01T12:00:00Z', ['2026-03-02T10:00', '2026-03-03T10:00']],
    ['15 12 * * ? *', '2026-03-01T12:14:59Z', ['2026-03-01T12:15', '2026-03-02T12:15']],
    ['0 18 ? * MON-FRI *', '2026-03-06T18:00:00Z', ['2026-03-09T18:00', '2026-03-10T18:00']],
    ['0 8 1 * ? *', '2026-03-01T12:00:00Z', ['2026-04-01T08:00', '2026-05-01T08:00']],
    ['0/15 * * * ? *', '2026-03-01T12:50:00Z', ['2026-03-01T13:00', '2026-03-01T13:15']],
    ['0/10 * ? * MON-FRI *', '2026-03-01T12:00:00Z', ['2026-03-02T00:00', '2026-03-02T00:10']],
    ['0/5 8-17 ? * MON-FRI *', '2026-03-02T17:50:00Z', ['2026-03-02T17:55', '2026-03-03T08:00']],
    ['0/30 20-2 ? * MON-FRI *', '2026-03-02T02:00:00Z', ['2026-03-02T02:30', '2026-03-02T20:00']],
    ['0 9 ? * 2#1 *', '2026-03-01T12:00:00Z', ['2026-03-02T09:00', '2026-04-06T09:00']],
    ['0 0 ? * 3#5 *', '2026-01-01T00:00:00Z', ['2026-03-31T00:00', '2026-06-30T00:00']],
    ['30 1 L * ? *', '2026-02-01T00:00:00Z', ['2026-02-28T01:30', '2026-03-31T01:30']],
    ['0 0 LW * ? *', '2026-01-01T00:00:00Z', ['2026-01-30T00:00', '2026-02-27T00:00']],
    ['0 0 1W * ? *', '2026-02-01T00:00:00Z', ['2026-02-02T00:00', '2026-03-02T00:00']],
    ['0 0 15W * ? *', '2026-08-01T00:00:00Z', ['2026-08-14T00:00', '2026-09-15T00:00']],
    ['0 0 31W * ? *', '2026-05-01T00:00:00Z', ['2026-05-29T00:00', '2026-07-31T00:00']],
    ['0 0 ? * FRIL *', '2026-03-01T00:00:00Z', ['2026-03-27T00:00', '2026-04-24T00:00']],
    ['0 0 ? * L *', '2026-03-01T00:00:00Z', ['2026-03-07T00:00', '2026-03-14T00:00']],
    ['0 12 ? JAN,jul SUN 2026-2027', '2026-07-20T00:00:00Z', ['2026-07-26T12:00', '2027-01-03T12:00']],
    ['0 0 29 2 ? *', '2026-03-01T00:00:00Z', ['2028-02-29T00:00', '2032-02-29T00:00']],
    [
      '5/20 0 1 1 ? 2027',
      '2026-01-01T00:00:00Z',
      ['2027-01-01T00:05', '2027-01-01T00:25', '2027-01-01T00:45'],
    ],
    ['0 0 ? * FRI-MON *', '2026-03-02T00:00:00Z', ['2026-03-06T00:00', '2026-03-07T00:00']],
  ])('%s', (expression, from, expected) => {
    expect(times(expression, from, expected.length)).toEqual(expected);
  });

  test('never again', () => {
    expect(times('0 0 1 1 ? 2020', '2026-01-01T00:00:00Z', 1)).toEqual([]);
    expect(times('0 0 30 2 ? *', '2026-01-01T00:00:00Z', 1)).toEqual([]);
  });
});

describe('refuses', () => {
  test.each<[string, string]>([
    ['0 10 * * ?', 'cron has six fields'],
    ['0 10 * * * *', 'one of day of month and day of week must be ?'],
    ['0 10 ? * ? *', 'one of day of month and day of week must be ?'],
    ['60 10 * * ? *', 'minute "60" must be 0 to 59'],
    ['0 10 * FOO ? *', 'month "FOO" must be 1 to 12'],
    ['0 10 ? * 0 *', 'day of week "0" must be 1 to 7'],
    ['0 10 ? * 3#6 *', 'day of week "3#6"'],
    ['0/0 10 * * ? *', 'minute "0/0"'],
    ['0 10 L-3 * ? *', 'day of month "L"'],
    ['1-2-3 10 * * ? *', 'minute "1-2-3"'],
    [', 10 * * ? *', 'minute ""'],
  ])('%s', (expression, words) => {
    expect(() => parseCron(expression)).toThrow(words);
  });
});
