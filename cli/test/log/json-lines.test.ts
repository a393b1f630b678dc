// `--format json`: one line per event that any reader gets back as it was.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { jsonLines } from '../../src/log/json-lines.ts';
import type { SessionEvent } from '../../src/session/session-event.ts';
import { repository } from '../e2e/livectl-process.ts';
import { written } from './written.ts';

function line(event: SessionEvent): string {
  const output = written(true);
  jsonLines(output, false, { now: () => Date.UTC(2026, 10, 27, 9, 58, 12, 7) })(event);
  expect(output.lines).toHaveLength(1);
  return output.lines[0] ?? '';
}

test('an event is one line of JSON with its fields, those without a value left out', () => {
  expect(line({ event: 'log', id: undefined, function: 'hello', level: 'info', message: 'x' })).toBe(
    '{"event":"log","function":"hello","level":"info","message":"x","time":"2026-11-27T09:58:12.007Z"}',
  );
});

test('text comes back as it was, and nothing in it ends the line or reaches the terminal', () => {
  const message = 'a\nb\r\u001b[2J\u0085\u2028\u2029\u007f\u009b2J "ä" 😀 \ud800';
  const text = line({ event: 'notice', message });
  expect(JSON.parse(text)).toEqual({ event: 'notice', message, time: '2026-11-27T09:58:12.007Z' });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the matter
  expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
  expect(text).toContain('\\u009b2J \\"ä\\" 😀');
});

test('every command writes its objects with their time: nothing else makes lines of them', () => {
  const importers = execFileSync(
    'git',
    ['grep', '-l', 'control/json-line.ts\\|\\./json-line.ts', '--', 'cli/src'],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  );
  expect(importers.trim().split('\n')).toEqual([
    // To other livectls of this machine, and to the inspector's page.
    ...['cli/src/control/control-server.ts', 'cli/src/inspector/event-streams.ts'],
    'cli/src/log/json-lines.ts',
  ]);
});
