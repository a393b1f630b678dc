// What is listed and shown of the invocations of a running serve, while they run and afterwards.
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { MemoryStore } from '../../src/recordings/memory-store.ts';
import { Recorder } from '../../src/recordings/recorder.ts';
import type { InvocationSummary, LogLine } from '../../src/recordings/recording.ts';
import type { LogLevel } from '../../src/worker/contract.ts';
import { begun, begunAtMs, ended } from './invocations.ts';

function recording() {
  const clock = new ManualClock(begunAtMs);
  const notices: string[] = [];
  const recorder = new Recorder({
    store: new MemoryStore(),
    clock,
    onNotice: (message) => notices.push(message),
  });
  const rows: InvocationSummary[] = [];
  const lines: [string, LogLine][] = [];
  recorder.onChange((row) => rows.push(row));
  recorder.onLine((key, line) => lines.push([key, line]));
  const log = (id: string, message: string, level: LogLevel = 'info') =>
    recorder.take({ event: 'log', id, function: 'hello', level, message });
  return { recorder, clock, notices, rows, lines, log };
}

async function textOf(recorder: Recorder, key: string, part: 'event' | 'result'): Promise<string> {
  const body = await recorder.body(key, part);
  return Buffer.from(body?.bytes ?? []).toString();
}

describe('the recorder', () => {
  test('lists an invocation while it runs, with its event and the lines so far', async () => {
    const { recorder, lines, log } = recording();
    recorder.began(begun('a'));
    log('request-a', 'hello');
    const [row] = await recorder.list({});
    expect(row).toEqual({
      key: expect.stringMatching(/^[0-9a-z-]{1,64}$/),
      id: 'request-a',
      function: 'hello',
      trigger: 'GET /hello',
      source: 'http',
      status: 'running',
      at: '2026-03-01T10:00:00.000Z',
      ms: 0,
      event_bytes: 21,
      result_bytes: 0,
      logs: 0,
    });
    const key = row?.key ?? '';
    const line = { at: '2026-03-01T10:00:00.000Z', level: 'info', message: 'hello' };
    expect(await recorder.get(key)).toMatchObject({ status: 'running', lines: [line], hops: [] });
    expect(lines).toEqual([[key, line]]);
    expect(await textOf(recorder, key, 'event')).toBe('{"rawPath": "/hello"}');
    expect(await recorder.body(key, 'result')).toBeUndefined();
  });

  test('has everything of one that has ended', async () => {
    const { recorder, log, rows } = recording();
    recorder.began(begun('a', { source: { kind: 'sqs', attempt: 2 } }));
    log('request-a', 'one', 'warn');
    recorder.ended(
      ended('a', {
        result: {
          ok: false,
          status: 502,
          init_ms: 9,
          error: { name: 'TypeError', message: 'no', stack: ['at a.ts:1'] },
        },
        body: Buffer.from('{"errorType":"TypeError"}'),
        contentType: undefined,
      }),
    );
    expect(rows.map(({ status }) => status)).toEqual(['running', 'error']);
    const [row] = await recorder.list({});
    expect(row).toEqual(rows[1]);
    expect(row).toMatchObject({
      status: 'error',
      http_status: 502,
      attempt: 2,
      ms: 100,
      code_ms: 50,
      init_ms: 9,
      logs: 1,
      result_bytes: 25,
      error: { name: 'TypeError', message: 'no' },
      code: { build: 1, hash: '0123456789ab' },
    });
    const detail = await recorder.get(row?.key ?? '');
    expect(detail).toMatchObject({
      key: row?.key,
      context: { arn: 'arn:hello', instance: 'i-1', remaining_ms: 10_000 },
      error: { stack: ['at a.ts:1'] },
      lines: [{ level: 'warn', message: 'one' }],
    });
    expect(detail?.hops.map(({ name }) => name)).toEqual(['relay', 'queue', 'start', 'code', 'back']);
    expect(await textOf(recorder, row?.key ?? '', 'result')).toBe('{"errorType":"TypeError"}');
  });

  test('gives the lines of a retry, which has the same request id, to the run that logs them', async () => {
    const { recorder, log } = recording();
    const { invoke } = begun('a');
    recorder.began(begun('a'));
    recorder.ended(ended('a'));
    recorder.began(begun('b', { invoke }));
    log(invoke.id, 'again');
    recorder.ended(ended('b'));
    expect((await recorder.list({})).map(({ logs }) => logs)).toEqual([1, 0]);
  });

  test('marks a replay, and keeps the event of each as it came', async () => {
    const { recorder } = recording();
    recorder.began(begun('a'));
    const [first] = await recorder.list({});
    recorder.began(begun('b', { replayOf: first?.key, edited: true }));
    expect((await recorder.list({ limit: 1 }))[0]).toMatchObject({ replay_of: first?.key, edited: true });
    expect(Buffer.from(recorder.original(first?.key ?? '') ?? []).toString()).toBe('{"rawPath": "/hello"}');
  });

  test('takes copies of what the deployed code answered', async () => {
    const { recorder, rows } = recording();
    recorder.take({
      event: 'invoke',
      observed: true,
      id: 'request-1',
      function: 'hello',
      trigger: 'invoke',
      answered_by: 'deployed',
      at: '2026-03-01T09:59:59.000Z',
      ok: true,
      ms: 12.5,
      event_bytes: 10,
      result_bytes: 5000,
      result_cut: true,
      bodies: { event: Buffer.from('{"a": "b"}'), result: Buffer.from('{"c'), contentType: undefined },
    });
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      observed: true,
      status: 'ok',
      ms: 12.5,
      source: 'custom',
      result_cut: true,
    });
    const key = rows[0]?.key ?? '';
    expect(await recorder.body(key, 'result')).toMatchObject({ isCut: true });
    expect(await textOf(recorder, key, 'event')).toBe('{"a": "b"}');
  });

  test('finds rows by function, status, source, text and time, and pages by key', async () => {
    const { clock, recorder } = recording();
    for (let count = 0; count < 10; count++) {
      const key = `k${count}`;
      const invoke = { ...begun(key).invoke, function: count % 2 ? 'odd' : 'even', trigger: `GET /${count}` };
      recorder.began(begun(key, { invoke, source: { kind: count < 5 ? 'http' : 'sqs' } }));
      if (count < 8) recorder.ended(ended(key, { result: { ok: count !== 3 } }));
      clock.advance(1000);
    }
    const triggers = async (query: Parameters<Recorder['list']>[0]) =>
      (await recorder.list(query)).map(({ trigger }) => trigger.slice(5)).join('');
    expect(await triggers({})).toBe('9876543210');
    expect(await triggers({ function: 'odd' })).toBe('97531');
    expect(await triggers({ status: 'running' })).toBe('98');
    expect(await triggers({ status: 'error' })).toBe('3');
    expect(await triggers({ source: 'http', limit: 2 })).toBe('43');
    expect(await triggers({ text: 'get /7' })).toBe('7');
    expect(await triggers({ text: 'REQUEST-K1' })).toBe('1');
    expect(await triggers({ since: '2026-03-01T10:00:02.000Z', until: '2026-03-01T10:00:04Z' })).toBe('32');
    const page = await recorder.list({ limit: 4 });
    expect(await triggers({ before: page.at(-1)?.key, limit: 4 })).toBe('5432');
  });

  test('holds at most 10,000 rows', async () => {
    const { recorder } = recording();
    for (let count = 0; count < 10_100; count++) {
      recorder.began(begun(String(count)));
      recorder.ended(ended(String(count)));
    }
    const rows = await recorder.list({ limit: 20_000 });
    expect(rows).toHaveLength(10_000);
    expect([rows[0]?.id, rows.at(-1)?.id]).toEqual(['request-10099', 'request-100']);
    expect(new Set(rows.map(({ key }) => key)).size).toBe(10_000);
    expect(rows.map(({ key }) => key)).toEqual([...rows.map(({ key }) => key)].sort().reverse());
  });

  test('keeps the start of a flood of lines, and counts the rest', async () => {
    const { lines, log, recorder } = recording();
    recorder.began(begun('a'));
    for (let count = 0; count < 7000; count++) log('request-a', `line ${count}`);
    log('request-a', 'x'.repeat(1_000_000));
    recorder.ended(ended('a'));
    const [row] = await recorder.list({});
    expect(row?.logs).toBe(7001);
    expect(await recorder.get(row?.key ?? '')).toMatchObject({ lines_left_out: 2001 });
    expect(lines).toHaveLength(5000);
  });

  test('reports once that it cannot record, and throws nothing', () => {
    const { notices, recorder } = recording();
    recorder.onChange(() => {
      throw new Error('broken');
    });
    recorder.began(begun('a'));
    recorder.ended(ended('a'));
    expect(notices).toEqual(['an invocation could not be recorded: broken']);
  });
});
