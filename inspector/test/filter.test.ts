import { describe, expect, it } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { type Filter, filterRows, isEmptyFilter } from '../src/state/filter.ts';
import { formatHash, parseHash } from '../src/state/place.ts';

const now = Date.parse('2026-03-01T12:00:00.000Z');

function row(key: string, fields: Partial<InvocationSummary>): InvocationSummary {
  return {
    key,
    id: `request-${key}`,
    function: 'orders',
    trigger: 'POST /orders',
    source: 'http',
    status: 'ok',
    at: '2026-03-01T11:59:00.000Z',
    ms: 1,
    event_bytes: 1,
    result_bytes: 1,
    logs: 0,
    ...fields,
  };
}

const rows = [
  row('e', {}),
  row('d', { function: 'mail', source: 'sqs', trigger: 'SQS Jobs, 3 records' }),
  row('c', { status: 'error', error: { name: 'TypeError', message: 'Cannot read x' } }),
  row('b', { at: '2026-03-01T11:40:00.000Z', status: 'running' }),
  row('a', { at: '2026-02-27T23:00:00.000Z' }),
];

describe('a filter', () => {
  const keys = (filter: Filter) =>
    filterRows(rows, filter, now)
      .map(({ key }) => key)
      .join('');

  it.each<[Filter, string]>([
    [{}, 'edcba'],
    [{ function: 'mail' }, 'd'],
    [{ status: 'error' }, 'c'],
    [{ source: 'http', status: 'ok' }, 'ea'],
    [{ text: 'JOBS' }, 'd'],
    [{ text: 'typeerror' }, 'c'],
    [{ text: 'cannot READ' }, 'c'],
    [{ text: 'request-b' }, 'b'],
    [{ text: 'nothing' }, ''],
    [{ last: 5 }, 'edc'],
    [{ last: 60 }, 'edcb'],
    [{ since: '2026-03-01T12:30:00+01:00' }, 'edcb'],
    [{ until: '2026-03-01T11:59:00.000Z' }, 'ba'],
    [{ since: '2026-02-27T23:00:00Z', until: '2026-02-28' }, 'a'],
  ])('%j shows %s', (filter, expected) => {
    expect(keys(filter)).toBe(expected);
  });

  it('that is empty copies nothing', () => {
    expect(filterRows(rows, {}, now)).toBe(rows);
    expect(isEmptyFilter({ text: '' })).toBe(true);
    expect(isEmptyFilter({ last: 5 })).toBe(false);
  });
});

describe('the hash of the address', () => {
  it('keeps filter, selection and view', () => {
    const place = {
      view: 'map',
      key: '20260301-7',
      tab: 'logs',
      filter: { function: 'a&b=c', status: 'error', source: 'sqs', text: '#ü', last: 5 },
    } as const;
    expect(parseHash(formatHash(place))).toEqual(place);
  });

  it('is empty for the whole list', () => {
    expect(formatHash({ view: 'list', filter: {} })).toBe('');
    expect(parseHash('')).toEqual({ view: 'list', filter: {} });
  });

  it('with anything else is left out', () => {
    expect(
      parseHash('#status=great&source=mail&last=-5&since=yesterday&until=&token=secret&text=&function=x'),
    ).toEqual({ view: 'list', filter: { function: 'x' } });
    expect(parseHash('#last=1e99').filter).toEqual({});
    expect(parseHash(`#text=${'x'.repeat(9999)}`).filter.text).toHaveLength(500);
  });
});
