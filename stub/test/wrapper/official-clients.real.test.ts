// AWS's own runtime clients for Node.js, wrapped and not: the same requests to the Runtime API, log and exit code.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import { changedLayer } from './harness/changed-layer.ts';
import { type Instance, repository } from './harness/instance.ts';
import type { GivenInvocation, RecordingRuntimeApi } from './harness/recording-runtime-api.ts';
import { answerAll, useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();
const modules = join(repository, 'test-real', 'node_modules');
const nodeOf = (name: string) => join(modules, name, 'bin', 'node');
if (!existsSync(nodeOf('node22'))) throw new Error('the runtime clients are missing: run make test-real');

/** As Lambda starts them, with options of the interpreter's own. */
const client3 =
  (node: string, ...options: string[]) =>
  (handler: string) => [
    ...[node, '--max-semi-space-size=8', ...options],
    ...[join(modules, 'ric3', 'bin', 'index.mjs'), handler],
  ];
const client4 = (node: string) => () => [node, '--max-semi-space-size=8', join(modules, 'ric4', 'index.mjs')];

const runtimes: [string, string, (handler: string) => string[]][] = [
  ['client 3 under Node.js 20', 'nodejs20.x', client3(process.execPath)],
  ['client 4 under Node.js 22', 'nodejs22.x', client4(nodeOf('node22'))],
  ['client 4 under Node.js 24', 'nodejs24.x', client4(nodeOf('node24'))],
];

const files = {
  'app.js': `
    exports.returns = async (event, context) => {
      console.log('called with', event);
      return { event, id: context.awsRequestId, arn: context.invokedFunctionArn, client: context.clientContext };
    };
    exports.callsBack = (event, context, callback) => setTimeout(() => callback(null, { event }), 1);
    exports.throws = async () => { throw new RangeError('thrown'); };
    exports.streams = awslambda.streamifyResponse(async (event, stream) => {
      stream.setContentType('text/plain');
      stream.write('first,');
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (event.fails) throw new TypeError('half-way');
      stream.end('last');
    });
    exports.exits = async (event) => process.exit(event.code);
    exports.rejects = async () => { Promise.reject(new Error('nobody catches it')); await new Promise((r) => setTimeout(r, 50)); return 1; };
    exports.traced = async () => [process.env._X_AMZN_TRACE_ID, process.env._LAMBDA_TELEMETRY_LOG_FD];
    exports.large = async (event) => event;
    exports.options = async () => ({ options: process.env.NODE_OPTIONS, preloaded: globalThis.preloaded, execArgv: process.execArgv });
  `,
  'module.mjs': `
    import { basename } from 'node:path';
    const ready = await Promise.resolve(basename(import.meta.url));
    export const handler = async (event) => ({ ready, event });
  `,
  'ends.js':
    "process.on('SIGTERM', () => { console.log('ends'); process.exit(7); }); exports.handler = async () => 1;",
  'broken.js': 'throw new SyntaxError("at the start")',
  'preload.cjs': 'globalThis.preloaded = "required";',
};

interface Case {
  readonly shape: string;
  readonly handler: string;
  readonly events?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The process ends, by itself or by the signal once it waits. */
  readonly ends?: true;
  readonly signal?: NodeJS.Signals;
  readonly framesLog?: true;
}

const large = JSON.stringify('x'.repeat(6 * 1024 * 1024 - 1000));
const cases: Case[] = [
  { shape: 'an async handler', handler: 'app.returns', events: ['{"a":[1]}', '"ü"', 'null'] },
  { shape: 'a callback', handler: 'app.callsBack', events: ['1'] },
  { shape: 'an ES module', handler: 'module.handler', events: ['1'] },
  { shape: 'an error', handler: 'app.throws', events: ['1', '2'] },
  { shape: 'a streamed response', handler: 'app.streams', events: ['{}', '{}'] },
  { shape: 'a streamed response that ends half-way', handler: 'app.streams', events: ['{"fails":true}'] },
  { shape: 'a module that throws', handler: 'broken.handler', ends: true },
  { shape: 'a module that does not exist', handler: 'absent.handler', ends: true },
  { shape: 'an export that does not exist', handler: 'app.absent', ends: true },
  { shape: 'process.exit(0)', handler: 'app.exits', events: ['{"code":0}'], ends: true },
  { shape: 'process.exit(3)', handler: 'app.exits', events: ['{"code":3}'], ends: true },
  { shape: 'an unhandled rejection', handler: 'app.rejects', events: ['1'], ends: true },
  { shape: '6 MB both ways', handler: 'app.large', events: [large] },
  { shape: 'the trace id', handler: 'app.traced', events: ['1', '2'] },
  { shape: 'a log of frames', handler: 'app.returns', events: ['1', '"two\\nlines"'], framesLog: true },
  { shape: 'a log of frames, with an error', handler: 'app.throws', events: ['1'], framesLog: true },
  { shape: 'SIGTERM', handler: 'app.returns', events: ['1'], signal: 'SIGTERM', ends: true },
  { shape: 'a handler of SIGTERM', handler: 'ends.handler', events: ['1'], signal: 'SIGTERM', ends: true },
  { shape: 'NODE_OPTIONS of the team', handler: 'app.options', events: ['1'] },
];

/** Times and ports differ between two runs. */
const comparable = (text: string, api: RecordingRuntimeApi) =>
  text
    .replaceAll(api.address, 'API')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/node:\d+\) |\(node:\d+\)/g, '(node:PID) ');

/** Type and text of each: 4 bytes of type, 4 of length, 8 of the time, and the text. */
function framesOf(bytes: Buffer): [string, string][] {
  const frames: [string, string][] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const end = at + 16 + bytes.readUInt32BE(at + 4);
    frames.push([bytes.toString('hex', at, at + 4), bytes.toString('utf8', at + 16, end)]);
    at = end;
  }
  return frames;
}

async function run(wrapped: boolean, runtime: string, command: string[], one: Case, taskRoot: string) {
  const environment = {
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    ...(one.handler === 'app.options' ? { NODE_OPTIONS: `--require ${taskRoot}/preload.cjs` } : {}),
  };
  const { framesLog = false, handler } = one;
  const options = { command, taskRoot, handler, environment, framesLog };
  const { api, instance } = await world.start(wrapped ? options : { ...options, layer: null });
  const given: GivenInvocation[] = (one.events ?? []).map((event, at) => ({ id: `id-${at}`, event }));
  const ended = instance.ended.then(() => undefined);
  for (const invocation of given) {
    api.give(invocation);
    await Promise.race([api.answerTo(invocation.id), ended]);
  }
  if (!one.ends || one.signal) await api.until(() => api.isWaiting);
  if (one.signal) instance.child.kill(one.signal);
  const code = one.ends ? await instance.ended : undefined;
  const requests = api.requests.map(({ body, headers, method, path, trailers }) => ({
    method,
    path,
    headers: comparable(JSON.stringify(headers), api),
    body: body.toString(),
    trailers,
  }));
  return {
    code,
    requests,
    // The wrapper's one line: why the deployed code answers.
    stdout: comparable(instance.stdout.replace(/^\{"liveDebug":[^\n]*"nobody serves"[^\n]*\n/m, ''), api),
    stderr: comparable(instance.stderr, api),
    frames: framesOf(instance.frames).map(([type, text]) => [type, comparable(text, api)]),
  };
}

describe.each(runtimes)('%s', (_name, runtime, commandOf) => {
  // Client 3 does not end by process.exit while it waits; wrapped it does.
  const isComparable = ({ handler }: Case) => handler !== 'ends.handler' || runtime !== 'nodejs20.x';
  it.each(cases.filter(isComparable))('$shape: $handler', async (given) => {
    // Client 4 refuses a handler that takes a callback, and ends.
    const isRefused = given.handler === 'app.callsBack' && runtime !== 'nodejs20.x';
    // It also blocks the thread in which the handler of a signal would run: the signal has no effect.
    const isDeaf = given.handler === 'ends.handler' && runtime !== 'nodejs20.x';
    const { signal: _, ends: __, ...waits } = given;
    const one: Case = isRefused ? { ...given, ends: true } : isDeaf ? waits : given;
    const taskRoot = world.folder(files);
    const command = commandOf(one.handler);
    const unwrapped = await run(false, runtime, command, one, taskRoot);
    const wrapped = await run(true, runtime, command, one, taskRoot);
    expect(unwrapped.requests.length + (one.ends ? 1 : 0)).toBeGreaterThan(0);
    expect(wrapped).toEqual(unwrapped);
    if (one.framesLog) expect(wrapped.frames.length).toBeGreaterThan(0);
  });

  it('200 invocations in a row, every second one relayed', async () => {
    const client = await world.serve();
    answerAll(client, (event) => `{"local":${event}}`);
    const handler = 'app.returns';
    const environment = { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` };
    const options = { command: commandOf(handler), taskRoot: world.folder(files), handler, environment };
    const { api, instance }: { api: RecordingRuntimeApi; instance: Instance } = await world.wrapped(options);
    const deployed = { 'Lambda-Runtime-Client-Context': deployedClientContext };
    const answers: string[] = [];
    for (let at = 0; at < 200; at += 1) {
      const headers = at % 2 === 0 ? {} : deployed;
      const { body } = await api.invoke({ id: `id-${at}`, event: String(at), headers, timeoutMs: 30_000 });
      answers.push(body.toString());
    }
    for (const [at, answer] of answers.entries())
      expect(JSON.parse(answer)).toMatchObject(at % 2 === 0 ? { local: at } : { event: at, id: `id-${at}` });
    expect(api.requests).toHaveLength(200);
    expect(instance.ownLines).toEqual([]);
  });

  const onCall = `
    if (incoming.url === '/exits') process.exit(3);
    if (incoming.url === '/hangs') for (;;);
  `;
  const layers = () =>
    changedLayer(world.folder({}), [
      { file: 'stub/src/wrapper/runtime-proxy.ts', line: 'ServerResponse): void {\n    try {', code: onCall },
      {
        file: 'stub/src/wrapper/shared-state.ts',
        line: 'beatMs = 1000',
        code: 'beatMs = 200',
        replaces: true,
      },
    ]);
  const taskRoot = () =>
    world.folder({
      'app.js': `
        const http = require('node:http');
        exports.calls = async ({ path, ms }) => {
          const url = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API;
          if (path) await new Promise((resolve) => http.get(url + path).on('error', resolve).on('response', resolve));
          await new Promise((resolve) => setTimeout(resolve, ms));
          return url;
        };`,
    });
  const start = async () => {
    const environment = { AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}` };
    const command = commandOf('app.calls');
    return world.wrapped({
      layer: await layers(),
      taskRoot: taskRoot(),
      command,
      handler: 'app.calls',
      environment,
    });
  };

  it('a proxy that ends while the code works leaves it to go on', async () => {
    const { api, instance } = await start();
    const { body } = await api.invoke({ id: 'a', event: '{"path":"/exits","ms":500}' });
    for (const id of ['b', 'c'])
      expect((await api.invoke({ id, event: '{"ms":0}' })).body.toString()).toBe(body.toString());
    expect(JSON.stringify(instance.ownLines)).toContain('goes on without it');
  });

  it('a proxy that ends while the runtime waits ends it, with a few lines of the log', async () => {
    const { api, instance } = await start();
    const url = JSON.parse((await api.invoke({ id: 'a', event: '{"ms":0}' })).body.toString()) as string;
    await api.until(() => api.isWaiting);
    await fetch(`${url}/exits`).catch(() => undefined);
    expect(await instance.ended).not.toBe(0);
    expect(instance.stdout.split('\n').length).toBeLessThan(100);
  });
});
