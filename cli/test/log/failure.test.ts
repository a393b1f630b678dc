// How a command's last error is written.
import { expect, test } from 'vitest';
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import { reportFailure } from '../../src/log/failure.ts';
import { written } from './written.ts';

const known = new LiveDebugError('LD_DISPLACED', 'bob\u001b[2J on bob-laptop is serving', {
  remedy: 'ask them',
});

test('for a person: what happened and what to do, on stderr, without a stack', () => {
  const output = written();
  reportFailure(known, output, { format: 'pretty', verbose: false });
  expect(output.lines).toEqual([]);
  expect(output.errorLines).toEqual(['livectl: bob␛[2J on bob-laptop is serving\n  ask them']);
});

test('for a program: an error event on stdout', () => {
  const output = written();
  reportFailure(known, output, { format: 'json', verbose: false });
  expect(JSON.parse(output.lines[0] ?? '')).toEqual({
    event: 'error',
    code: 'LD_DISPLACED',
    message: known.message,
    remedy: 'ask them',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  });
  expect(output.errorLines).toEqual([]);
});

test('a bug in livectl is reported as one, and --verbose shows where and why', () => {
  const fault = new RangeError('oops', { cause: new Error('deeper') });
  const brief = written();
  reportFailure(fault, brief, { format: 'pretty', verbose: false });
  expect(brief.errorLines).toEqual(['livectl: oops', '  This is a bug in livectl; --verbose shows where.']);
  const verbose = written();
  reportFailure(fault, verbose, { format: 'pretty', verbose: true });
  expect(verbose.errorLines.join('\n')).toMatch(
    /RangeError: oops\n\s+at [\s\S]*caused by Error: deeper\n\s+at /,
  );
});
