// Which module and which function the Node runtime client takes for a handler string, and its init errors: the cases
// of AWS's own tests of this, in our words.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { handlersFolder } from './built-runtime.ts';
import { node24, nodeRuntimes } from './node-runtime-harness.ts';

const { start, invokeOnce, initError } = nodeRuntimes();

/** A task root with these files, for what can't lie in the repository. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const bothModels = [
  ['nodejs22.x', {}],
  ['nodejs24.x', node24],
] as const;

describe.each(bothModels)('where a handler may be, %s', (_runtime, options) => {
  it.each([
    ['echo.handler', { a: 'ä' }],
    ['folder/deeper/app.handler', 'from folder/deeper/app.js'],
    [join(handlersFolder, 'folder/deeper/app.handler'), 'from folder/deeper/app.js'],
    ['nested-export.api.users.list', ['ada', 'grace']],
    ['dynamic-exports.handler', 'from CommonJS'],
    ['default-function.default', 'the default'],
    ['imports-commonjs.handler', 'from folder/deeper/app.js'],
    ['esm-package/app.handler', 'a module: true'],
    ['module-package/top-level-await.handler', 'ready'],
    ['module-package/nested/app.handler', 'nested'],
    ['precedence/both.handler', 'no extension'],
    ['precedence/js-first.handler', '.js'],
    ['precedence/mjs-first.handler', '.mjs'],
  ])('%s', async (handler, answer) => {
    expect(await invokeOnce(handler, { a: 'ä' }, options)).toEqual(answer);
  });

  it('an installed package', async () => {
    const taskRoot = folderWith({
      'node_modules/wrapped/package.json': '{"main": "lib/main.js"}',
      'node_modules/wrapped/lib/main.js': 'exports.handler = async () => "from a package";',
    });
    expect(await invokeOnce('wrapped.handler', {}, { ...options, taskRoot })).toBe('from a package');
  });

  it('is CommonJS where package.json names no type that Node knows, and in node_modules', async () => {
    const taskRoot = folderWith({
      'odd/package.json': '{"type": "something else"}',
      'odd/app.js': 'exports.handler = async () => typeof require;',
      'module/package.json': '{"type": "module"}',
      'module/node_modules/app.js': 'exports.handler = async () => typeof require;',
    });
    expect(await invokeOnce('odd/app.handler', {}, { ...options, taskRoot })).toBe('function');
    expect(await invokeOnce('module/node_modules/app.handler', {}, { ...options, taskRoot })).toBe(
      'function',
    );
  });
});

it('a file without an extension is CommonJS up to nodejs22, also in a package of modules', async () => {
  expect(await invokeOnce('module-package/extensionless.handler')).toBe('common');
  expect(await initError('module-package/extensionless.handler', node24)).toMatchObject({
    errorType: 'ReferenceError',
  });
});

describe('the default export', () => {
  it('is looked into from nodejs24 on only', async () => {
    expect(await invokeOnce('default-export.handler', {}, node24)).toBe('by default');
    expect(await initError('default-export.handler')).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: 'default-export.handler is undefined or not exported',
    });
  });

  it('of CommonJS is a name like any other up to nodejs22', async () => {
    expect(await invokeOnce('default-property.default')).toBe('the default');
    expect(await initError('default-property.default', node24)).toMatchObject({
      errorType: 'Runtime.HandlerNotFound',
      errorMessage: 'default-property.default is not a function',
    });
  });
});

describe.each(bothModels)('init errors, %s', (_runtime, options) => {
  it.each([
    ['nowhere.handler', 'Runtime.ImportModuleError', "Error: Cannot find module 'nowhere'"],
    ['folder/nowhere.handler', 'Runtime.ImportModuleError', "Error: Cannot find module 'nowhere'"],
    [
      'imports-missing.handler',
      // The .mjs is found first: an import that fails has another code than a require.
      'Error',
      /^Cannot find package 'a-package-nobody-installed' imported from .*imports-missing\.mjs$/,
    ],
    ['echo.other', 'Runtime.HandlerNotFound', 'echo.other is undefined or not exported'],
    ['nested-export.api.nothing.list', 'Runtime.HandlerNotFound', /is undefined or not exported$/],
    ['nested-export.api.version', 'Runtime.HandlerNotFound', 'nested-export.api.version is not a function'],
    ['echo.', 'Runtime.HandlerNotFound', 'echo. is undefined or not exported'],
    ['../handlers/echo.handler', 'Runtime.MalformedHandlerName', /is not a valid handler name/],
    ['echo..handler', 'Runtime.MalformedHandlerName', /is not a valid handler name/],
    ['nodots', 'Runtime.MalformedHandlerName', 'Bad handler'],
    ['no/such/folder/nodots', 'Runtime.MalformedHandlerName', 'Bad handler'],
    [
      'streams-quirks.malformed',
      'Runtime.MalformedStreamingHandler',
      'Only response streaming is supported.',
    ],
    ['init-throws.handler', 'TypeError', 'no database'],
    ['init-rejects.handler', 'NoDatabaseError', 'rejected while it was imported'],
    ['fixtures/broken/syntax-error.handler', 'Runtime.UserCodeSyntaxError', /^SyntaxError: Unexpected token/],
    [
      'fixtures/broken/import-statement.handler',
      'Runtime.UserCodeSyntaxError',
      'SyntaxError: Cannot use import statement outside a module',
    ],
    ['module-package/common.handler', 'ReferenceError', /^exports is not defined in ES module scope/],
    ['requires-in-module.handler', 'ReferenceError', /^require is not defined in ES module scope/],
  ])('%s: %s', async (handler, errorType, errorMessage) => {
    expect(await initError(handler, options)).toMatchObject({
      errorType,
      errorMessage: typeof errorMessage === 'string' ? errorMessage : expect.stringMatching(errorMessage),
    });
  });

  it('reports a module that a required one could not find', async () => {
    const taskRoot = folderWith({ 'app.js': "require('a-package-nobody-installed');" });
    expect(await initError('app.handler', { ...options, taskRoot })).toMatchObject({
      errorType: 'Runtime.ImportModuleError',
      errorMessage: expect.stringMatching(/^Error: Cannot find module 'a-package-nobody-installed'/),
    });
  });

  it('names the file and line of a syntax error in its trace', async () => {
    const { trace } = (await initError('fixtures/broken/syntax-error.handler', options)) as {
      trace: string[];
    };
    expect(trace.join('\n')).toContain('syntax-error.cjs:2');
  });

  it('exits after posting the error', async () => {
    expect(await (await start('init-throws.handler', options)).exited).toBe(1);
  });
});

it('posts an unhandled rejection of the init phase and exits with 128 up to nodejs22', async () => {
  const process = await start('init-unhandled-rejection.handler');
  const result = await process.api.initialised;
  expect(result).toMatchObject({
    ok: false,
    error: {
      errorType: 'Runtime.UnhandledPromiseRejection',
      errorMessage: 'Error: nobody catches this',
    },
  });
  expect(await process.exited).toBe(128);
});
