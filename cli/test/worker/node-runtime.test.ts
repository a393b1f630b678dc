// The Node runtime client as a process: how it ends, and what holds where Deno runs it.
import { describe, expect, it } from 'vitest';
import { denoCommand } from './built-runtime.ts';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce, initError } = nodeRuntimes();

it('exits when the Runtime API goes away', async () => {
  const process = await start('echo.handler');
  await process.invoke();
  await process.api.close();
  expect(await process.exited).toBe(1);
});

describe('under Deno', () => {
  const deno = { command: denoCommand };

  it.each([
    ['echo.handler', { a: 'ä' }, { a: 'ä' }],
    ['folder/deeper/app.handler', {}, 'from folder/deeper/app.js'],
    ['dynamic-exports.handler', {}, 'from CommonJS'],
    ['module-package/top-level-await.handler', {}, 'ready'],
    ['callback-waits.handler', {}, { finished: true }],
    ['callback-never.handler', {}, null],
    ['async-throw.handler', {}, expect.objectContaining({ errorType: 'PaymentError' })],
    ['never-settles.handler', {}, expect.objectContaining({ errorType: 'Runtime.NodeJsExit' })],
    [
      'unhandled-rejection.handler',
      {},
      expect.objectContaining({ errorType: 'Runtime.UnhandledPromiseRejection' }),
    ],
    ['uncaught-exception.handler', {}, expect.objectContaining({ errorMessage: 'thrown from a timer' })],
  ])('%s', async (handler, event, answer) => {
    expect(await invokeOnce(handler, event, deno)).toEqual(answer);
  });

  it.each([
    ['sync-return.handler', { returned: 'without a promise' }],
    ['default-export.handler', 'by default'],
    ['dynamic-exports.handler', 'from CommonJS'],
    ['three-parameters.handler', undefined],
  ])('%s, nodejs24.x', async (handler, answer) => {
    if (answer !== undefined) expect(await invokeOnce(handler, {}, { ...deno, ...node24 })).toEqual(answer);
    else
      expect(await initError(handler, { ...deno, ...node24 })).toMatchObject({
        errorType: 'Runtime.CallbackHandlerDeprecated',
      });
  });

  it.each(['unhandled-rejection.handler', 'uncaught-exception.handler'])(
    '%s ends the process with 1, nodejs24.x',
    async (handler) => {
      const process = await start(handler, { ...deno, ...node24 });
      await process.api.initialised;
      void process.dispatch({});
      expect(await process.exited).toBe(1);
    },
  );

  it('reports an init error and leaves when the Runtime API goes away', async () => {
    expect(await initError('nowhere.handler', deno)).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
    });
    const process = await start('echo.handler', deno);
    await process.invoke();
    await process.api.close();
    expect(await process.exited).toBe(1);
  });
});
