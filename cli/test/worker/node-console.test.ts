// What a Node handler prints, as Lambda's log has it: text and JSON, levels, request ids. The cases of AWS's own tests.
import { describe, expect, it } from 'vitest';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';
import type { RuntimeProcess, RuntimeProcessOptions } from './runtime-process.ts';

const { start } = nodeRuntimes();
const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
const json = { AWS_LAMBDA_LOG_FORMAT: 'JSON' };

/** A process whose one invocation is over. */
async function printed(
  handler: string,
  options: Partial<RuntimeProcessOptions> = {},
  more: { tenantId?: string } = {},
): Promise<RuntimeProcess> {
  const process = await start(handler, options);
  await process.invoke({}, more);
  await process.stop();
  return process;
}

function jsonLines({ stdout }: RuntimeProcess): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
}

function expectLines(text: string, patterns: readonly string[]): void {
  const lines = text.split('\n');
  for (const [index, pattern] of patterns.entries())
    expect(lines[index]).toMatch(new RegExp(`^${pattern}$`, 's'));
  expect(lines).toHaveLength(patterns.length);
}

describe('as text', () => {
  it('is a line with time, request id and level, in order', async () => {
    expectLines((await printed('prints.handler')).stdout, [
      `${time}\tundefined\tINFO\tin the init phase`,
      `${time}\trequest-1\tINFO\thello ada { nested: { deep: \\[ 1 \\] } }`,
      `${time}\trequest-1\tWARN\ttwo\rlines`,
      `${time}\trequest-1\tERROR\tError: printed\r    at .*prints\\.mjs.*`,
      `${time}\trequest-1\tDEBUG\tdetails`,
      `${time}\trequest-1\tTRACE\ttraced`,
      `${time}\trequest-1\tFATAL\tthe end`,
      'plain',
      'unfinished ünïcödé',
    ]);
  });

  it('has another mark for the init phase from nodejs24 on', async () => {
    const { stdout } = await printed('prints.handler', node24);
    expect(stdout).toMatch(new RegExp(`^${time}\t-\tINFO\tin the init phase\n`));
    expect(stdout).toContain('\trequest-1\tINFO\thello');
  });

  it('formats as the console does, and every other method ends up in these lines', async () => {
    const process = await printed('console-methods.handler');
    const line = (level: string, message: string) => `${time}\trequest-1\t${level}\t${message}`;
    expectLines(process.stdout, [
      line('INFO', 'undefined'),
      line('INFO', 'ada is 36.5 years and 12 days, {"a":1} \\[ 1, \\[length\\]: 1 \\] %'),
      line('INFO', '1 two Symbol\\(three\\) 4n null undefined'),
      line('INFO', 'Error: outer\r    at .* \\{\r  \\[cause\\]: TypeError: inner\r      at .*\r\\}'),
      line('INFO', '\\{ nested: \\{ deep: \\{ deeper: \\[Object\\] \\} \\} \\}'),
      line('INFO', "┌─.*\\(index\\).*\r.*│ +1 +│ +'ada' +│\r└─.*"),
      "\\{ written: 'directly' \\}",
      line('INFO', 'a group'),
      line('INFO', 'is not indented'),
      line('WARN', 'Assertion failed: asserted wrongly'),
      line('INFO', 'things: 1'),
      line('TRACE', 'without a stack'),
      'raw to stdout',
      '',
    ]);
    expect(process.stderr).toBe('raw to stderr\n');
  });

  it.each([
    ['TRACE', 'DEBUG INFO WARN ERROR FATAL TRACE'],
    ['debug', 'DEBUG INFO WARN ERROR FATAL'],
    ['INFO', 'INFO WARN ERROR FATAL'],
    ['WARN', 'WARN ERROR FATAL'],
    ['ERROR', 'ERROR FATAL'],
    ['FATAL', 'FATAL'],
    ['unknown', 'DEBUG INFO WARN ERROR FATAL TRACE'],
  ])('at AWS_LAMBDA_LOG_LEVEL=%s has %s, as JSON does', async (level, expected) => {
    const text = await printed('prints.handler', { env: { AWS_LAMBDA_LOG_LEVEL: level } });
    const levels = text.stdout.split('\n').flatMap((line) => /\t([A-Z]+)\t/.exec(line)?.[1] ?? []);
    expect(new Set(levels)).toEqual(new Set(expected.split(' ')));
    const asJson = await printed('prints.handler', { env: { ...json, AWS_LAMBDA_LOG_LEVEL: level } });
    expect(new Set(jsonLines(asJson).map((line) => line.level))).toEqual(new Set(expected.split(' ')));
  });
});

describe('as JSON', () => {
  const stackTrace = expect.arrayContaining([expect.stringContaining('console-values.mjs')]);
  const declined = { errorType: 'PaymentError', errorMessage: 'declined', stackTrace, code: 'E_PAY' };
  const common = [
    { message: { order: 7, lines: [1, 2] } },
    { message: 'text with\na line break' },
    {},
    { message: '10n' },
    { message: expect.stringMatching(/^<ref \*1> \{ key: 'value', self: \[Circular \*1\] \}$/) },
    { message: {} },
    { level: 'WARN', message: { outer: { inner: declined } } },
    { level: 'ERROR', message: { ...declined, errorMessage: 'alone' } },
    {
      level: 'ERROR',
      message: expect.stringMatching(/^it failed: PaymentError: behind words\n/),
      errorType: 'PaymentError',
      errorMessage: 'behind words',
      stackTrace,
    },
  ];
  const first = { errorType: 'PaymentError', errorMessage: 'before words', stackTrace };
  const last = [
    {
      level: 'ERROR',
      message: expect.stringMatching(/^no stack: /),
      errorType: 'Error',
      errorMessage: 'bare',
      stackTrace: [],
    },
    { message: 'text and 42' },
  ];

  it.each([
    ['nodejs22.x', first],
    ['nodejs24.x', {}],
  ])('is an object with the value, and what an error says, %s', async (runtime, firstArgument) => {
    const lines = jsonLines(await printed('console-values.handler', { env: json, runtime }));
    const before = { level: 'ERROR', message: expect.stringMatching(/^PaymentError: before words\n/) };
    const timestamp = expect.stringMatching(new RegExp(`^${time}$`));
    expect(lines).toEqual(
      [...common, { ...before, ...firstArgument }, ...last].map((line) => ({
        timestamp,
        level: 'INFO',
        requestId: 'request-1',
        ...line,
      })),
    );
  });

  it('has no request id in the init phase, and a dash from nodejs24 on', async () => {
    const [older] = jsonLines(await printed('prints.handler', { env: json }));
    expect(older).not.toHaveProperty('requestId');
    const [newer] = jsonLines(await printed('prints.handler', { env: json, ...node24 }));
    expect(newer).toMatchObject({ requestId: '-', message: 'in the init phase' });
  });

  it('has the tenant if there is one', async () => {
    const lines = jsonLines(await printed('prints.handler', { env: json }, { tenantId: 'blue' }));
    expect(lines.at(-1)).toMatchObject({ tenantId: 'blue' });
    expect(lines[0]).not.toHaveProperty('tenantId');
  });
});

it('loses nothing of a handler that floods and exits', async () => {
  const process = await start('floods-and-exits.handler');
  await process.api.initialised;
  void process.dispatch({ lines: 20_000 });
  expect(await process.exited).toBe(5);
  expect(process.stdout.split('\n').filter((line) => line.includes('line '))).toHaveLength(20_000);
  expect(process.stdout).toContain('line 19999');
});

it('passes the request id to other loggers', async () => {
  const process = await start('logger-symbol.handler');
  expect([await process.invoke(), await process.invoke()]).toEqual(['request-1', 'request-2']);
});
