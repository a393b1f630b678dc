// What a caller receives when a Node handler throws, and how the process ends if nobody catches it: the cases of AWS's own
// tests, and hostile ones.
import { describe, expect, it } from 'vitest';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce } = nodeRuntimes();

describe('what led to an error', () => {
  it.each([
    [
      'with causes',
      [
        { relation: 'cause', name: 'TypeError', message: 'why' },
        { relation: 'cause', name: 'string', message: 'deeper' },
      ],
    ],
    [
      'aggregate',
      [
        { relation: 'part', name: 'Error', message: 'one' },
        { relation: 'part', name: 'Error', message: 'two' },
      ],
    ],
    ['circular cause', undefined],
    ['string', undefined],
  ])('of %s goes to livectl only', async (thing, causes) => {
    const { outcome } = await (await start('throws-anything.handler')).dispatch({ thing });
    const error = outcome.ok ? undefined : outcome.error;
    expect(error?.causes).toEqual(causes?.map((cause) => expect.objectContaining(cause)));
    if (causes?.[0]?.name.endsWith('Error'))
      expect(error?.causes?.[0]?.stack?.join()).toContain('throws-anything.mjs');
    expect(Object.keys(JSON.parse(Buffer.from(error?.body ?? '').toString()))).toEqual([
      'errorType',
      'errorMessage',
      'trace',
    ]);
  });
});

const handled = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
};
const some = expect.any(Array);
/** AWS's newer client meets an error of its own. */
const ends = { exitCode: 1 };

/** Errors up to nodejs22, and from nodejs24 on where they differ. */
const cases: readonly [string, object, object?][] = [
  ['string', { errorType: 'string', errorMessage: 'just a string', trace: [] }],
  ['number', { errorType: 'number', errorMessage: '7', trace: [] }],
  ['object', { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
  [
    'symbol',
    { errorType: 'TypeError', errorMessage: 'Cannot convert a Symbol value to a string', trace: some },
    { errorType: 'symbol', errorMessage: 'Symbol(mark)', trace: [] },
  ],
  ['function', { errorType: 'function', errorMessage: 'function named() {}', trace: [] }],
  [
    'undefined',
    { errorType: 'string', errorMessage: 'handled', trace: [] },
    { errorType: 'undefined', errorMessage: 'undefined', trace: [] },
  ],
  [
    'null',
    { errorType: 'string', errorMessage: 'handled', trace: [] },
    { errorType: 'object', errorMessage: 'null', trace: [] },
  ],
  [
    'no prototype',
    { errorType: 'TypeError', errorMessage: 'Cannot convert object to primitive value', trace: some },
    ends,
  ],
  ['getter that throws', handled, { ...handled, trace: [] }],
  ['proxy that refuses', { errorType: 'Error', errorMessage: 'no', trace: some }, ends],
  [
    'like an error',
    { errorType: 'Made', errorMessage: 'by hand', trace: ['Made: by hand', '    at here'] },
    { errorType: 'object', errorMessage: '[object Object]', trace: [] },
  ],
  [
    'of another realm',
    { errorType: 'RangeError', errorMessage: 'elsewhere', trace: some },
    { errorType: 'object', errorMessage: 'RangeError: elsewhere', trace: [] },
  ],
  ['no stack', handled, { errorType: 'Error', errorMessage: 'stackless', trace: [] }],
  ['number as message', handled, { ...handled, trace: [] }],
  ['delete character', { errorType: 'Name%7F', errorMessage: 'a%7Fb', trace: ['x%7F'] }],
  ['line breaks in the name', { errorType: 'Bad\r\nX-Header: 1', errorMessage: 'ok', trace: some }],
  ['more fields', { errorType: 'NamedError', errorMessage: 'with fields', trace: some }],
  ['frozen', { errorType: 'NamedError', errorMessage: 'frozen', trace: some }],
  ['circular cause', { errorType: 'Error', errorMessage: 'its cause is itself', trace: some }],
  ['aggregate', { errorType: 'AggregateError', errorMessage: 'both failed', trace: some }],
  ['huge', { errorType: 'Error', errorMessage: 'm'.repeat(1024 * 1024), trace: some }],
];

describe('anything thrown is described, and the process keeps running', () => {
  it('up to nodejs22', async () => {
    const process = await start('throws-anything.handler');
    for (const [thing, error] of cases) expect(await process.invoke({ thing }), thing).toEqual(error);
  });

  it('from nodejs24 on', async () => {
    const process = await start('throws-anything.handler', node24);
    for (const [thing, older, newer = older] of cases)
      if (newer !== ends) expect(await process.invoke({ thing }), thing).toEqual(newer);
  });

  it.each(cases.filter(([, , newer]) => newer === ends).map(([thing]) => [thing]))(
    'except that nodejs24 ends, without an answer, for: %s',
    async (thing) => {
      const process = await start('throws-anything.handler', node24);
      await process.api.initialised;
      void process.dispatch({ thing });
      expect(await process.exited).toBe(ends.exitCode);
    },
  );

  it.each([['throws'], ['calls back'], ['fails']])(
    'up to nodejs22 it ends with 129 where a handler %s a symbol',
    async (how) => {
      const process = await start('throws-a-symbol.handler');
      expect(await process.invoke({ how })).toMatchObject({
        errorType: 'TypeError',
        errorMessage: 'Cannot convert a Symbol value to a string',
      });
      expect(await process.exited).toBe(129);
    },
  );
});

it.each([['nodejs22.x'], ['nodejs24.x']])('has a trace that leads to the handler, %s', async (runtime) => {
  const { trace } = (await invokeOnce('async-throw.handler', {}, { runtime })) as { trace: string[] };
  expect(trace[0]).toBe('PaymentError: thrown later: ümläut');
  expect(trace[1]).toMatch(/at .*async-throw\.mjs:6/);
});

describe('up to nodejs22, the error is answered and the process ends', () => {
  it('with 128 on an unhandled rejection', async () => {
    const process = await start('unhandled-rejection.handler');
    expect(await process.invoke()).toMatchObject({
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: nobody catches this',
    });
    expect(await process.exited).toBe(128);
  });

  it('with 129 on an uncaught exception', async () => {
    const process = await start('uncaught-exception.handler');
    expect(await process.invoke()).toMatchObject({ errorType: 'Error', errorMessage: 'thrown from a timer' });
    expect(await process.exited).toBe(129);
  });

  it.each([
    ['uncaughtException', 129],
    ['unhandledRejection', 128],
  ])('whatever listeners for %s come after the runtime’s', async (event, code) => {
    const process = await start('own-listeners.handler');
    const { outcome } = await process.dispatch({ event });
    expect(outcome.ok).toBe(false);
    expect(await process.exited).toBe(code);
    expect(process.stdout.match(/first|second/g)).toEqual(['first']);
  });

  it('unless the function takes the runtime’s listeners away', async () => {
    const process = await start('own-listeners.handler');
    expect(await process.invoke({ event: 'uncaughtException', alone: true })).toBe('answered');
    expect(process.stdout.match(/first|second/g)).toEqual(['second']);
  });

  it('after an answer that was given before, which counts', async () => {
    const process = await start('rejects-beside-answer.handler');
    expect(await process.invoke({ bytes: 5_000_000 })).toHaveLength(5_000_000);
    expect(await process.exited).toBe(128);
    expect(process.stderr).toContain('Error: left behind');
  });
});

describe('from nodejs24 on, the process ends with 1, its stack in the log and without an answer', () => {
  it.each([
    ['unhandled-rejection.handler', 'nobody catches this'],
    ['uncaught-exception.handler', 'thrown from a timer'],
    ['rejects-beside-answer.handler', 'left behind'],
  ])('%s', async (handler, words) => {
    const process = await start(handler, node24);
    await process.api.initialised;
    let answered = false;
    void process.dispatch({ bytes: 1 }).then(() => {
      answered = true;
    });
    expect(await process.exited).toBe(1);
    expect(process.stderr).toContain(`Error: ${words}\n    at `);
    expect(answered).toBe(false);
  });
});
