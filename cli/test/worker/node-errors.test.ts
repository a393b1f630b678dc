// What a caller is told of what a Node handler throws, and how the process ends where nobody catches it: the cases of
// AWS's own tests, and hostile ones.
import { describe, expect, it } from 'vitest';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce } = nodeRuntimes();

const handled = {
  errorType: 'handled',
  errorMessage:
    'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack',
};
const some = expect.any(Array);

/** Errors up to nodejs22, and from nodejs24 on where they differ. */
const cases: readonly [string, object, object?][] = [
  ['string', { errorType: 'string', errorMessage: 'just a string', trace: [] }],
  ['number', { errorType: 'number', errorMessage: '7', trace: [] }],
  ['object', { errorType: 'object', errorMessage: '[object Object]', trace: [] }],
  ['symbol', { errorType: 'symbol', errorMessage: 'Symbol(mark)', trace: [] }],
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
  ['no prototype', handled, { ...handled, trace: [] }],
  ['getter that throws', handled, { ...handled, trace: [] }],
  ['proxy that refuses', handled, { ...handled, trace: [] }],
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

describe('whatever is thrown is described, and the process goes on', () => {
  it('up to nodejs22', async () => {
    const process = await start('throws-anything.handler');
    for (const [thing, error] of cases) expect(await process.invoke({ thing }), thing).toEqual(error);
  });

  it('from nodejs24 on', async () => {
    const process = await start('throws-anything.handler', node24);
    for (const [thing, older, newer = older] of cases)
      expect(await process.invoke({ thing }), thing).toEqual(newer);
  });
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
