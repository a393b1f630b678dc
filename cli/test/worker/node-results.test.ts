// How a Node handler may answer, and what becomes of the result: promises, callbacks, context methods and JSON, in the
// words of AWS's own tests.
import { describe, expect, it } from 'vitest';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce, initError } = nodeRuntimes();

describe('up to nodejs22, an answer is', () => {
  it.each([
    ['undefined-result.handler', {}, null],
    ['callback.handler', { n: 1 }, { called: 'back', event: { n: 1 } }],
    ['callback-waits.handler', {}, { finished: true }],
    ['callback-does-not-wait.handler', {}, { finished: false }],
    ['callback-never.handler', {}, null],
    ['callback-twice.handler', {}, 'first'],
    ['callback-and-promise.handler', {}, 'by promise'],
    ['thenables.handler', { returns: 'promise' }, 'answered'],
    ['thenables.handler', { returns: 'at once' }, 'at once'],
    // A plain return value is not an answer, nor is a promise that stays open, unless the function is async.
    ['sync-return.handler', {}, null],
    ['pending-promise.handler', {}, null],
    ['throws-at-once.handler', 'undefined', null],
    ['context-methods.handler', { method: 'succeed', argument: ['well'] }, 'well'],
    ['context-methods.handler', { method: 'done', argument: [null, 'done'] }, 'done'],
    ['context-methods.handler', { method: 'succeed', argument: [] }, null],
  ])('%s %j', async (handler, event, answer) => {
    expect(await invokeOnce(handler, event)).toEqual(answer);
  });

  it.each([
    ['sync-throw.handler', {}, { errorType: 'RangeError', errorMessage: 'thrown at once' }],
    ['throws-at-once.handler', 'words', { errorType: 'string', errorMessage: 'words' }],
    ['callback-error.handler', {}, { errorType: 'TypeError', errorMessage: 'called back with an error' }],
    [
      'thenables.handler',
      { returns: 'promise', rejects: true },
      { errorType: 'Error', errorMessage: 'rejected' },
    ],
    [
      'thenables.handler',
      {},
      { errorType: 'TypeError', errorMessage: "Cannot read properties of undefined (reading 'catch')" },
    ],
    [
      'callback-circular.handler',
      {},
      { errorType: 'Error', errorMessage: 'Unable to stringify response body' },
    ],
    [
      'context-methods.handler',
      { method: 'fail', argument: ['why'] },
      { errorType: 'string', errorMessage: 'why' },
    ],
    [
      'context-methods.handler',
      { method: 'fail', argument: [] },
      { errorType: 'string', errorMessage: 'handled' },
    ],
    [
      'never-settles.handler',
      {},
      {
        errorType: 'Runtime.NodeJsExit',
        errorMessage:
          'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes',
      },
    ],
  ])('the error of %s %j', async (handler, event, error) => {
    expect(await invokeOnce(handler, event)).toMatchObject(error);
  });

  it('given again after an event loop that ran empty', async () => {
    const process = await start('callback-never.handler');
    expect(await process.invoke()).toBeNull();
    expect(await process.invoke()).toBeNull();
  });

  it('given after the function’s own listeners of an empty event loop', async () => {
    const process = await start('before-exit.handler');
    expect(await process.invoke()).toBe('after the event loop');
    await process.stop();
    expect(process.stdout).toMatch(/\trequest-1\tINFO\tnext tick\n/);
  });
});

describe('from nodejs24 on', () => {
  it('a plain return value is an answer', async () => {
    expect(await invokeOnce('sync-return.handler', {}, node24)).toEqual({ returned: 'without a promise' });
    expect(await invokeOnce('sync-throw.handler', {}, node24)).toMatchObject({ errorType: 'RangeError' });
  });

  it('a handler with a callback is refused', async () => {
    expect(await initError('three-parameters.handler', node24)).toMatchObject({
      errorType: 'Runtime.CallbackHandlerDeprecated',
      errorMessage: expect.stringMatching(
        /^ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24\./,
      ),
    });
    expect(await invokeOnce('three-parameters.handler')).toBe('called back');
  });

  it('any object with a `then` is waited for', async () => {
    expect(await invokeOnce('thenables.handler', {}, node24)).toBe('answered');
  });

  it.each(['never-settles.handler', 'pending-promise.handler'])('%s ends the process', async (handler) => {
    const process = await start(handler, node24);
    await process.api.initialised;
    void process.dispatch({});
    expect(await process.exited).toBe(0);
  });
});

describe('the JSON of a result', () => {
  const text = async (name: string, options = {}): Promise<string> => {
    const { outcome } = await (await start('results.handler', options)).dispatch(name);
    return outcome.ok ? Buffer.from(outcome.body).toString() : outcome.error.errorMessage;
  };

  it('is null for undefined, and without what JSON can not hold', async () => {
    expect(await text('undefined')).toBe('null');
    expect(await text('what JSON can hold')).toBe(
      '["1970-01-01T00:00:00.000Z",{},null,null,{},{"type":"Buffer","data":[195,169]}]',
    );
  });

  it('has numbers as JavaScript holds them', async () => {
    expect(await text('large number')).toBe('[9007199254740992,null]');
  });

  it.each(['bigint', 'circular', 'toJSON throws'])('is refused: %s', async (name) => {
    const refused = { errorMessage: 'Unable to stringify response body' };
    expect(await invokeOnce('results.handler', name)).toMatchObject({ ...refused, errorType: 'Error' });
    expect(await invokeOnce('results.handler', name, node24)).toMatchObject({
      ...refused,
      errorType: 'Runtime.JSONStringifyError',
    });
  });

  it('passes 6 MB of event and answer through unchanged', async () => {
    const process = await start('echo.handler');
    const sixMegabytes = 6 * 1024 * 1024;
    const mixed = 'äöü€😀 "quoted" \\ \u0000 ';
    let long = mixed.repeat(sixMegabytes / Buffer.byteLength(JSON.stringify(mixed)));
    long += 'x'.repeat(sixMegabytes - Buffer.byteLength(JSON.stringify(long)));
    const body = Buffer.from(JSON.stringify(long));
    expect(body.length).toBe(sixMegabytes);
    const { outcome } = await process.api.dispatch({
      id: 'big',
      event: body,
      deadlineMs: Date.now() + 10_000,
      invokedFunctionArn: 'arn',
    });
    expect(outcome.ok && Buffer.from(outcome.body).equals(body)).toBe(true);
  });

  it('is too large above 6 MB', async () => {
    const process = await start('large-response.handler');
    expect(await process.invoke({ bytes: 6 * 1024 * 1024 + 101 })).toMatchObject({
      errorType: 'Function.ResponseSizeTooLarge',
      errorMessage:
        'Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes).',
    });
    expect(await process.invoke({ bytes: 10 })).toHaveLength(8);
  });
});
