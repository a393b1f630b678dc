// What is run by AWS's runtime clients and by ours: a handler, its events, and the row of docs/fidelity.md that speaks of it.

/** The runtimes compared: client 3 of AWS under Node.js 22, client 4 under Node.js 24. */
export type ComparedRuntime = 'nodejs22.x' | 'nodejs24.x';

export interface Case {
  /** The first cell of a row of docs/fidelity.md, in a section about Node.js. */
  readonly shape: string;
  /** As in the manifest, a file of cli/test/handlers. */
  readonly handler: string;
  /** JSON values; each is one invocation. Default: one empty object. */
  readonly events?: readonly unknown[];
  /** Default: both. */
  readonly runtimes?: readonly ComparedRuntime[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Compare only these: the log of a process that crashes is cut off anywhere. Default: both. */
  readonly compare?: readonly ('answer' | 'log')[];
  /** Why the answers are not the same; then they must differ, so that the row stays true. */
  readonly differs?: string;
  /** A line of the log that is not compared: AWS's client keeps text without a line break until the next one. */
  readonly unfinished?: string;
}

const upTo22 = ['nodejs22.x'] as const;
const from24 = ['nodejs24.x'] as const;
const json = { AWS_LAMBDA_LOG_FORMAT: 'JSON' };
const answer = ['answer'] as const;
const unfinished = 'info unfinished ünïcödé';

const things = (...names: string[]) => names.map((thing) => ({ thing }));

export const cases: readonly Case[] = [
  {
    shape: '`file.export`, `folder/file.export`, `file.a.b`',
    handler: 'echo.handler',
    events: [1, 'two', null, { three: [3] }],
  },
  { shape: '`file.export`, `folder/file.export`, `file.a.b`', handler: 'folder/deeper/app.handler' },
  { shape: '`file.export`, `folder/file.export`, `file.a.b`', handler: 'nested-export.api.users.list' },
  { shape: '`export default { handler }`', handler: 'default-export.handler', runtimes: from24 },
  { shape: '`file.default`', handler: 'default-function.default' },
  { shape: '`file.default`', handler: 'default-property.default' },
  { shape: '`type` in `package.json`; `node_modules` above it', handler: 'esm-package/app.handler' },
  {
    shape: '`type` in `package.json`; `node_modules` above it',
    handler: 'module-package/nested/app.handler',
  },
  { shape: '`type` in `package.json`; `node_modules` above it', handler: 'imports-commonjs.handler' },
  { shape: '`type` in `package.json`; `node_modules` above it', handler: 'dynamic-exports.handler' },
  { shape: 'top-level await', handler: 'module-package/top-level-await.handler' },
  {
    shape: 'a `.js` file of module syntax without `type`',
    handler: 'untyped/module-syntax.handler',
    runtimes: from24,
  },
  {
    shape: 'a syntax error',
    handler: 'untyped/module-syntax.handler',
    runtimes: upTo22,
    differs: 'the trace names file and line',
  },
  { shape: '`require` of an ES module', handler: 'untyped/requires-module.handler' },
  { shape: 'a module that throws or rejects', handler: 'init-throws.handler' },
  { shape: 'a module that throws or rejects', handler: 'init-rejects.handler' },
  { shape: 'an async function, or one that returns a promise', handler: 'undefined-result.handler' },
  {
    shape: 'an async function, or one that returns a promise',
    handler: 'callback-and-promise.handler',
    runtimes: upTo22,
  },
  { shape: 'a plain return value', handler: 'sync-return.handler' },
  { shape: 'a callback', handler: 'callback.handler', runtimes: upTo22 },
  { shape: 'a callback', handler: 'callback-twice.handler', runtimes: upTo22 },
  { shape: 'a callback', handler: 'callback-error.handler', runtimes: upTo22 },
  { shape: 'a handler with three parameters', handler: 'three-parameters.handler' },
  { shape: '`callbackWaitsForEmptyEventLoop`', handler: 'callback-waits.handler', runtimes: upTo22 },
  { shape: '`callbackWaitsForEmptyEventLoop`', handler: 'callback-does-not-wait.handler', runtimes: upTo22 },
  {
    shape: '`beforeExit` listeners of the function',
    handler: 'before-exit.handler',
    events: [1, 2],
    runtimes: upTo22,
  },
  {
    shape: '`context.succeed`, `fail`, `done`',
    handler: 'context-methods.handler',
    events: [
      { method: 'succeed', argument: ['fine'] },
      { method: 'done', argument: [null, 'done'] },
      { method: 'done', argument: ['failed'] },
      { method: 'fail', argument: ['failed'] },
      { method: 'fail', argument: [] },
    ],
    runtimes: upTo22,
  },
  { shape: 'no answer at all, up to `nodejs22.x`', handler: 'callback-never.handler', runtimes: upTo22 },
  {
    shape: 'no answer at all, up to `nodejs22.x`',
    handler: 'never-settles.handler',
    runtimes: upTo22,
    differs: 'client 3.3.0 of npm answers null; Runtime.NodeJsExit is in the newer source that the row names',
  },
  { shape: 'no answer at all, up to `nodejs22.x`', handler: 'pending-promise.handler', runtimes: upTo22 },
  {
    shape: 'no answer at all, from `nodejs24.x` on',
    handler: 'never-settles.handler',
    runtimes: from24,
    compare: answer,
  },
  {
    shape: 'a result that is not JSON (circular, BigInt, a `toJSON` that throws)',
    handler: 'results.handler',
    events: ['undefined', 'bigint', 'circular', 'toJSON throws', 'what JSON can hold'],
  },
  {
    shape: 'the same by a callback that waits for the event loop',
    handler: 'callback-circular.handler',
    runtimes: upTo22,
    differs: 'the process goes on',
  },
  { shape: 'numbers beyond 2^53', handler: 'results.handler', events: ['large number'] },
  {
    shape: 'an `Error` with more fields, a cause, or several errors',
    handler: 'throws-anything.handler',
    events: things('more fields', 'circular cause', 'aggregate', 'frozen', 'line breaks in the name'),
  },
  { shape: 'an `Error` with more fields, a cause, or several errors', handler: 'async-throw.handler' },
  { shape: 'an `Error` with more fields, a cause, or several errors', handler: 'sync-throw.handler' },
  {
    shape: 'a string, number, function or object; a symbol from `nodejs24.x` on',
    handler: 'throws-anything.handler',
    events: things('string', 'number', 'function', 'object'),
  },
  {
    shape: '`throw undefined`, `throw null`',
    handler: 'throws-anything.handler',
    events: things('null', 'undefined'),
  },
  {
    shape: 'an object like an error, or an error of another realm',
    handler: 'throws-anything.handler',
    events: things('like an error', 'of another realm'),
  },
  {
    shape: 'an error that can’t be read: getters that throw, no stack, a message that is not text',
    handler: 'throws-anything.handler',
    events: things('getter that throws', 'no stack', 'number as message'),
  },
  {
    shape: 'what can’t be made an `Error`',
    handler: 'throws-anything.handler',
    events: things('no prototype', 'proxy that refuses', 'symbol'),
    compare: answer,
  },
  {
    shape: 'what can’t be made an `Error`',
    handler: 'throws-a-symbol.handler',
    events: [{ how: 'throws' }, { how: 'fails' }, { how: 'calls back' }],
    runtimes: upTo22,
    compare: answer,
  },
  {
    shape: 'the function’s own listeners for rejections and exceptions, up to `nodejs22.x`',
    handler: 'own-listeners.handler',
    events: [
      { event: 'uncaughtException' },
      { event: 'uncaughtException', alone: true },
      { event: 'unhandledRejection', alone: true },
    ],
    runtimes: upTo22,
    compare: answer,
  },
  {
    shape: 'an unhandled rejection, up to `nodejs22.x`',
    handler: 'own-listeners.handler',
    events: [{ event: 'unhandledRejection' }],
    runtimes: upTo22,
    differs: 'the trace is that of the rejection',
  },
  {
    shape: 'an object with a `then` that is not a promise',
    handler: 'thenables.handler',
    events: [
      {},
      { rejects: true },
      { returns: 'promise' },
      { returns: 'promise', rejects: true },
      { returns: 'at once' },
    ],
  },
  { shape: 'a file without an extension', handler: 'module-package/extensionless.handler', runtimes: upTo22 },
  {
    shape: 'a DEL character in the error',
    handler: 'throws-anything.handler',
    events: things('delete character'),
  },
  {
    shape: 'an unhandled rejection, up to `nodejs22.x`',
    handler: 'unhandled-rejection.handler',
    runtimes: upTo22,
    differs: 'the trace is that of the rejection',
  },
  {
    shape: 'an uncaught exception, up to `nodejs22.x`',
    handler: 'uncaught-exception.handler',
    runtimes: upTo22,
  },
  {
    shape:
      'an unhandled rejection, an uncaught exception, a rejection beside an answer, from `nodejs24.x` on',
    handler: 'unhandled-rejection.handler',
    runtimes: from24,
    compare: answer,
  },
  {
    shape:
      'an unhandled rejection, an uncaught exception, a rejection beside an answer, from `nodejs24.x` on',
    handler: 'uncaught-exception.handler',
    runtimes: from24,
    compare: answer,
  },
  {
    shape: '`process.exit`, a signal, a crash',
    handler: 'exits.handler',
    events: [{ code: 0 }, { code: 3 }, { signal: 'SIGKILL' }],
  },
  { shape: '`console.log` and the like', handler: 'prints.handler', unfinished },
  { shape: '`%s` and other formats, errors with causes, nested objects', handler: 'console-methods.handler' },
  { shape: '`table`, `dir`, `group`, `assert`, `count`, `trace`', handler: 'console-methods.handler' },
  { shape: '`process.stdout.write`, `process.stderr.write`', handler: 'console-methods.handler' },
  { shape: '`AWS_LAMBDA_LOG_FORMAT=JSON`', handler: 'console-methods.handler', environment: json },
  { shape: 'values that JSON can’t hold', handler: 'console-values.handler', environment: json },
  { shape: 'an error as the first of several values', handler: 'console-values.handler', environment: json },
  {
    shape: '`AWS_LAMBDA_LOG_LEVEL`',
    handler: 'prints.handler',
    unfinished,
    environment: { ...json, AWS_LAMBDA_LOG_LEVEL: 'WARN' },
  },
  ...[
    'streams.handler',
    'streams-quirks.objects',
    'streams-quirks.endOnly',
    'streams-quirks.returns',
    'streams-quirks.nothing',
    'streams-quirks.waterMark',
  ].map((handler) => ({ shape: 'a streamed response', handler })),
  {
    shape: 'a write after the end of a streamed response',
    handler: 'streams-quirks.writesAfterEnd',
    differs: 'the response was whole before',
  },
  // The error comes after the end of the stream: livectl logs it, AWS's clients drop it.
  { shape: 'a streamed response', handler: 'streams-quirks.notAsync', compare: answer },
];

/** Rows about Node.js that this comparison leaves to their own tests, each with the reason. */
export const notCompared: Readonly<Record<string, string>> = {
  'an absolute path': 'the manifest of a comparison names files below its root',
  'several files of one name': 'differs by design: sources come before what a compiler made of them',
  '`.ts` and the like': 'differs by design: TypeScript is bundled first',
  'an installed package, `name.export`': 'differs by design: a file is asked for',
  'a folder with an `index.js`, up to `nodejs22.x`': 'differs by design: refused at the start',
  '`..` in the handler; no dot in it': 'differs by design: refused at the start',
  'a missing module': 'refused when it is built, before there is an invocation',
  'a missing export, or one that is not a function':
    'reported when it is built, before there is an invocation',
  'an unhandled rejection of the init phase': 'ends the process while nobody waits for an answer',
  'a warning about callbacks in `nodejs24.x`': 'differs by design: left out',
  'a rejection beside an answer, up to `nodejs22.x`':
    'which of the two wins is a race in AWS’s client as well',
  'the error in the log, too (`Invoke Error`)': 'differs by design: left out',
  '`Lambda-Runtime-Function-XRay-Error-Cause`': 'differs by design: not sent',
  'its fields': 'names of log streams and instances differ by nature',
  '`xRayTraceId`, `w3c()`': 'a trace is new for each invocation',
  '`tenantId`': 'the local cloud has no tenants',
  '`getRemainingTimeInMillis()`': 'times differ by nature',
  'a client context that is not JSON': 'the caller’s SDK sends none',
  '`_X_AMZN_TRACE_ID`': 'a trace is new for each invocation',
  '`@aws/lambda-invoke-store`': 'has ids that are new for each invocation',
  'before the first invocation': 'lines of the init phase belong to no invocation here',
  'loggers that look for the request id': 'has ids that are new for each invocation',
  'a flood before an exit': 'how much of a flood AWS’s client loses differs from run to run',
};
