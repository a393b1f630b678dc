// Lines out of a worker's pipes: formats, attribution, bounds, pressure.
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { maxLineLength } from '../../src/worker/process/line-source.ts';
import { parseLine } from '../../src/worker/process/log-format.ts';
import { type LogLine, LogReader } from '../../src/worker/process/log-lines.ts';

const marker = '\u001emark';
const begin = (id: string) => `${marker} begin ${id}\n`;
const end = (id: string) => `${marker} end ${id}\n`;

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
      level: 'warn',
      message: 'two\nlines\twith tab',
    });
    expect(parseLine('2024-07-01T10:00:00.000Z\tundefined\tINFO\tinit').message).toBe('init');
    expect(parseLine('2024-07-01T10:00:00.000Z\t-\tINFO\tinit').message).toBe('init');
  });

  it("reads Lambda's JSON format", () => {
    const line = { timestamp: 't', level: 'ERROR', requestId: 'req-1', message: 'failed' };
    expect(parseLine(JSON.stringify(line))).toEqual({ level: 'error', message: 'failed' });
    expect(parseLine(JSON.stringify({ ...line, message: { a: 1 } })).message).toBe('{"a":1}');
    const stackTrace = ['Error: x', '    at handler (app.js:1:2)'];
    expect(parseLine(JSON.stringify({ ...line, stackTrace })).message).toBe(
      'failed\n    at handler (app.js:1:2)',
    );
  });

  it("reads the text format of Lambda's Python runtime", () => {
    expect(parseLine('[WARNING]\t2024-07-01T10:00:00.000Z\treq-1\ttwo\rlines')).toEqual({
      level: 'warn',
      message: 'two\nlines',
    });
    expect(parseLine('[CRITICAL]\t2024-07-01T10:00:00.000Z\t\tinit')).toEqual({
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
    expect(parseLine(JSON.stringify(line))).toEqual({ level: 'error', message: 'failed' });
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
    expect(parseLine(line)).toEqual({ level: 'warn', message: line });
  });

  it.each(['plain', '', '{not JSON', '{"level":7}', '[1]', '{"level":"toString"}', 'null'])(
    'takes %j as it is',
    (line) => {
      expect(parseLine(line)).toEqual({ level: 'info', message: line });
    },
  );
});

describe('attribution', () => {
  it('goes by the marks of each pipe, whichever is read first', async () => {
    const { stdout, stderr, lines, logs } = reader();
    stderr.write('init\n');
    await turn();
    logs.expect('one');
    stderr.write('init for one\n');
    stdout.write(`${begin('one')}a\nunfinished${end('one')}late\n`);
    await turn();
    logs.expect('two');
    stdout.write(`${begin('two')}b\n${end('two')}`);
    await turn();
    const drained = logs.drained('two');
    stderr.write(`${begin('one')}c\n${end('one')}later\n${begin('two')}d${end('two')}`);
    await drained;
    expect(lines.map(({ id, message, phase }) => [id ?? phase, message])).toEqual([
      ['init', 'init'],
      ['one', 'init for one'],
      ['one', 'a'],
      ['one', 'unfinished'],
      ['idle', 'late'],
      ['two', 'b'],
      ['one', 'c'],
      ['idle', 'later'],
      ['two', 'd'],
    ]);
  });

  it('attributes a line by its place, whatever id it names', async () => {
    const { stdout, stderr, lines, logs } = reader();
    logs.expect('one');
    const line = '2024-07-01T10:00:00.000Z\tanother\tINFO\tm\n';
    stdout.write(`${begin('one')}${line}${end('one')}${line}`);
    stderr.write(begin('one') + end('one'));
    await logs.drained('one');
    await turn();
    expect(lines.map(({ id, phase }) => [id, phase])).toEqual([
      ['one', undefined],
      [undefined, 'idle'],
    ]);
  });

  it.each([
    ['the end of another', end('two')],
    ['the begin of one that nobody sent', begin('two')],
    ['the begin of the same', begin('one')],
    ['no known word', `${marker} stop one\n`],
  ])('takes %s for a line', async (_name, forged) => {
    const { stdout, stderr, lines, logs } = reader();
    logs.expect('one');
    stdout.write(`${begin('one')}${forged}a\n${end('one')}`);
    stderr.write(begin('one') + end('one'));
    await logs.drained('one');
    expect(lines.map(({ id, message }) => [id, message])).toEqual([
      ['one', forged.trimEnd()],
      ['one', 'a'],
    ]);
  });

  it('waits for the marks of both pipes, a second at most', async () => {
    const { clock, logs, stdout } = reader();
    logs.expect('one');
    let drained = false;
    const done = logs.drained('one').then(() => {
      drained = true;
    });
    stdout.write(begin('one') + end('one'));
    await turn();
    clock.advance(999);
    await turn();
    expect(drained).toBe(false);
    clock.advance(1);
    await done;
  });

  it('does not wait for a pipe that the function has closed', async () => {
    const { logs, stderr, stdout } = reader();
    logs.expect('one');
    stderr.end(`${begin('one')}last`);
    stdout.write(begin('one') + end('one'));
    await logs.drained('one');
    logs.expect('two');
    stdout.write(begin('two') + end('two'));
    await logs.drained('two');
  });

  it('without a marker, attributes what can be read before and after an invocation to none', async () => {
    const { stdout, stderr, lines, logs } = reader(false);
    stdout.write('init\n');
    await turn();
    await logs.expect('one');
    stderr.write('a\n');
    await logs.drained('one');
    stdout.write('between\n');
    await logs.expect('two');
    stdout.write('b\n');
    await logs.drained('two');
    expect(lines.map(({ id, message, phase }) => [id ?? phase, message])).toEqual([
      ['init', 'init'],
      ['one', 'a'],
      ['idle', 'between'],
      ['two', 'b'],
    ]);
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
