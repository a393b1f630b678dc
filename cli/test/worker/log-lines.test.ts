// Lines out of a worker's pipes: formats, attribution, bounds, pressure.
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { parseLine } from '../../src/worker/log-format.ts';
import { type LogLine, LogReader, maxLineLength } from '../../src/worker/log-lines.ts';

const marker = '\u001emark';

function reader(withMarker = true) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const logs = new LogReader(stdout, stderr, {
    onLine: (line) => lines.push(line),
    clock,
    marker: withMarker ? marker : undefined,
  });
  return { stdout, stderr, clock, lines, logs };
}

describe('formats', () => {
  it("reads Lambda's text format, line breaks included", () => {
    expect(parseLine('2024-07-01T10:00:00.000Z\treq-1\tWARN\ttwo\rlines\twith tab')).toEqual({
      id: 'req-1',
      level: 'warn',
      message: 'two\nlines\twith tab',
    });
    expect(parseLine('2024-07-01T10:00:00.000Z\tundefined\tINFO\tinit')).toMatchObject({ id: undefined });
    expect(parseLine('2024-07-01T10:00:00.000Z\t-\tINFO\tinit')).toMatchObject({ id: undefined });
  });

  it("reads Lambda's JSON format", () => {
    const line = { timestamp: 't', level: 'ERROR', requestId: 'req-1', message: 'failed' };
    expect(parseLine(JSON.stringify(line))).toEqual({ id: 'req-1', level: 'error', message: 'failed' });
    expect(parseLine(JSON.stringify({ ...line, message: { a: 1 } })).message).toBe('{"a":1}');
    const stackTrace = ['Error: x', '    at handler (app.js:1:2)'];
    expect(parseLine(JSON.stringify({ ...line, stackTrace })).message).toBe(
      'failed\n    at handler (app.js:1:2)',
    );
  });

  it("reads the text format of Lambda's Python runtime", () => {
    expect(parseLine('[WARNING]\t2024-07-01T10:00:00.000Z\treq-1\ttwo\rlines')).toEqual({
      id: 'req-1',
      level: 'warn',
      message: 'two\nlines',
    });
    expect(parseLine('[CRITICAL]\t2024-07-01T10:00:00.000Z\t\tinit')).toEqual({
      id: undefined,
      level: 'fatal',
      message: 'init',
    });
    expect(parseLine('[Level 25]\t2024-07-01T10:00:00.000Z\treq-1\tits own')).toMatchObject({
      level: 'info',
      message: 'its own',
    });
  });

  it("reads the JSON format of Lambda's Python runtime, with the error as Python prints it", () => {
    const line = { timestamp: 't', level: 'ERROR', message: 'failed', logger: 'orders', requestId: 'req-1' };
    expect(parseLine(JSON.stringify(line))).toEqual({ id: 'req-1', level: 'error', message: 'failed' });
    const error = {
      errorType: 'ValueError',
      errorMessage: 'no',
      stackTrace: ['  File "app.py", line 1, in f\n    g()\n'],
      location: 'app.py:f:1',
    };
    expect(parseLine(JSON.stringify({ ...line, ...error })).message).toBe(
      'failed\nTraceback (most recent call last):\n  File "app.py", line 1, in f\n    g()\nValueError: no',
    );
  });

  it('keeps a line of another logger whole, with its level', () => {
    const line = '{"level":"warning","message":"m","service":"orders"}';
    expect(parseLine(line)).toEqual({ id: undefined, level: 'warn', message: line });
  });

  it.each(['plain', '', '{not JSON', '{"level":7}', '[1]', '{"level":"toString"}', 'null'])(
    'takes %j as it is',
    (line) => {
      expect(parseLine(line)).toEqual({ id: undefined, level: 'info', message: line });
    },
  );
});

describe('attribution', () => {
  it('gives lines to the invocation whose marker has not come yet', async () => {
    const { stdout, lines, logs } = reader();
    stdout.write('init\n');
    await turn();
    logs.expect('one');
    logs.expect('two');
    stdout.write(`a\nunfinished${marker} one\nb\n${marker} two\nafter\n`);
    await logs.drained('two');
    await turn();
    expect(lines.map(({ id, message }) => [id, message])).toEqual([
      [undefined, 'init'],
      ['one', 'a'],
      ['one', 'unfinished'],
      ['two', 'b'],
      [undefined, 'after'],
    ]);
  });

  it('waits 100 ms for a marker at most', async () => {
    const { clock, logs } = reader();
    logs.expect('one');
    let drained = false;
    const done = logs.drained('one').then(() => {
      drained = true;
    });
    clock.advance(99);
    await turn();
    expect(drained).toBe(false);
    clock.advance(1);
    await done;
  });

  it('without a marker, waits until what is in the pipes has been read', async () => {
    const { stdout, stderr, lines, logs } = reader(false);
    logs.expect('one');
    stdout.write('out\n'.repeat(1000));
    stderr.write('err\n');
    await logs.drained('one');
    expect(lines).toHaveLength(1001);
    expect(new Set(lines.map(({ id }) => id))).toEqual(new Set(['one']));
  });
});

describe('bytes', () => {
  it('reads any text in any pieces', async () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 50 }).filter((text) => !/[\r\n]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(40)), async (texts, cuts) => {
        const { stdout, lines, logs } = reader(false);
        logs.expect('x');
        const bytes = Buffer.from(texts.map((text) => `plain ${text}\n`).join(''));
        let at = 0;
        for (const cut of cuts) {
          stdout.write(bytes.subarray(at, at + cut));
          at += cut;
        }
        stdout.end(bytes.subarray(at));
        await logs.drained('x');
        expect(lines.map(({ message }) => message)).toEqual(texts.map((text) => `plain ${text}`));
      }),
      { numRuns: 50 },
    );
  });

  it('passes a line that never ends on in pieces, losing nothing', async () => {
    const { stdout, lines, logs } = reader(false);
    logs.expect('x');
    const text = 'äx'.repeat(maxLineLength);
    stdout.end(text);
    await logs.drained('x');
    logs.close();
    expect(lines.every(({ message }) => message.length <= maxLineLength)).toBe(true);
    expect(lines.map(({ message }) => message).join('')).toBe(text);
  });

  it('handles a bounded number of lines per turn and does not read on meanwhile', async () => {
    const { stdout, lines, logs } = reader(false);
    logs.expect('x');
    stdout.write('line\n'.repeat(1000));
    await turn();
    const afterOneTurn = lines.length;
    expect(afterOneTurn).toBeGreaterThan(0);
    expect(afterOneTurn).toBeLessThanOrEqual(400);
    expect(stdout.isPaused()).toBe(true);
    await logs.drained('x');
    expect(lines).toHaveLength(1000);
  });
});
