import { describe, expect, it } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { mostRows, Rows } from '../src/state/rows.ts';

function row(number: number, fields: Partial<InvocationSummary> = {}): InvocationSummary {
  return {
    key: `k${String(number).padStart(8, '0')}`,
    id: `id-${number}`,
    function: 'orders',
    trigger: 'POST /orders',
    source: 'http',
    status: 'ok',
    at: new Date(1_700_000_000_000 + number).toISOString(),
    ms: 12,
    event_bytes: 10,
    result_bytes: 10,
    logs: 0,
    ...fields,
  };
}

function rows(): { list: Rows; publish: () => void; keys: () => string[] } {
  let pending: (() => void) | undefined;
  const list = new Rows((run) => {
    pending = run;
  });
  return { list, publish: () => pending?.(), keys: () => list.value.items.map(({ key }) => key) };
}

describe('rows', () => {
  it('are newest first, whatever order they arrive in, and replaced by key', () => {
    const { list, publish, keys } = rows();
    list.upsertAll([row(2), row(3), row(1), row(2, { ms: 99 })]);
    publish();
    expect(keys()).toEqual([row(3).key, row(2).key, row(1).key]);
    expect(list.get(row(2).key)?.ms).toBe(99);
  });

  it('do not run again once they have ended', () => {
    const { list, publish } = rows();
    list.upsert(row(1, { status: 'error' }));
    list.upsert(row(1, { status: 'running' }));
    publish();
    expect(list.value.items[0]?.status).toBe('error');
  });

  it('publish many changes at once', () => {
    const { list, publish } = rows();
    let published = 0;
    list.subscribe(() => {
      published++;
    });
    list.upsertAll([row(1), row(2), row(3)]);
    expect([published, list.value.items.length]).toEqual([0, 0]);
    publish();
    expect([published, list.value.items.length]).toEqual([1, 3]);
  });

  it('keep the newest 10,000', () => {
    const { list, publish, keys } = rows();
    for (let number = 0; number < mostRows + 5; number++) list.upsert(row(number));
    list.upsert(row(0));
    publish();
    expect(keys()).toHaveLength(mostRows);
    expect(keys()[0]).toBe(row(mostRows + 4).key);
    expect(keys().at(-1)).toBe(row(5).key);
  });

  it('wait while the list is paused, and those that are listed stay up to date', () => {
    const { list, publish, keys } = rows();
    list.upsert(row(1, { status: 'running' }));
    list.pause();
    list.upsertAll([row(1), row(3, { status: 'running' }), row(2), row(3)]);
    publish();
    expect(keys()).toEqual([row(1).key]);
    expect(list.value).toMatchObject({ waiting: 2, isPaused: true, items: [{ status: 'ok' }] });
    expect(list.get(row(3).key)?.status).toBe('ok');
    list.resume();
    publish();
    expect(keys()).toEqual([row(3).key, row(2).key, row(1).key]);
    expect(list.value).toMatchObject({ waiting: 0, isPaused: false });
  });

  it('that are no longer recorded go', () => {
    const { list, publish, keys } = rows();
    list.upsertAll([row(1), row(2), row(3)]);
    list.keepOnly(new Set([row(2).key]));
    publish();
    expect(keys()).toEqual([row(2).key]);
  });
});
