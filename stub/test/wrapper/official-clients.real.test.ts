// AWS's own runtime clients for Node.js, wrapped and not: the same requests to the Runtime API, log and exit code.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
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
    exports.large = async (event) => event;
    exports.options = async () => ({ options: process.env.NODE_OPTIONS, preloaded: globalThis.preloaded, execArgv: process.execArgv });
  `,
  'module.mjs': `
    import { basename } from 'node:path';
    const ready = await Promise.resolve(basename(import.meta.url));
    export const handler = async (event) => ({ ready, event });
  `,
  'broken.js': 'throw new SyntaxError("at the start")',
  'preload.cjs': 'globalThis.preloaded = "required";',
};

interface Case {
  readonly shape: string;
  readonly handler: string;
  readonly events?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The process ends by itself. */
  readonly ends?: true;
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
  { shape: 'NODE_OPTIONS of the team', handler: 'app.options', events: ['1'] },
];

/** Times and ports differ between two runs. */
const comparable = (text: string, api: RecordingRuntimeApi) =>
  text
    .replaceAll(api.address, 'API')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/node:\d+\) |\(node:\d+\)/g, '(node:PID) ');

async function run(wrapped: boolean, runtime: string, command: string[], one: Case, taskRoot: string) {
  const environment = {
    AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`,
    ...(one.handler === 'app.options' ? { NODE_OPTIONS: `--require ${taskRoot}/preload.cjs` } : {}),
  };
  const options = { command, taskRoot, handler: one.handler, environment };
  const { api, instance } = await world.start(wrapped ? options : { ...options, layer: null });
  const given: GivenInvocation[] = (one.events ?? []).map((event, at) => ({ id: `id-${at}`, event }));
  const ended = instance.ended.then(() => undefined);
  for (const invocation of given) {
    api.give(invocation);
    await Promise.race([api.answerTo(invocation.id), ended]);
  }
  if (!one.ends) await api.until(() => api.isWaiting);
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
  };
}

describe.each(runtimes)('%s', (_name, runtime, commandOf) => {
  it.each(cases)('$shape: $handler', async (given) => {
    // Client 4 refuses a handler that takes a callback, and ends.
    const isRefused = given.handler === 'app.callsBack' && runtime !== 'nodejs20.x';
    const one: Case = isRefused ? { ...given, ends: true } : given;
    const taskRoot = world.folder(files);
    const command = commandOf(one.handler);
    const unwrapped = await run(false, runtime, command, one, taskRoot);
    const wrapped = await run(true, runtime, command, one, taskRoot);
    expect(unwrapped.requests.length + (one.ends ? 1 : 0)).toBeGreaterThan(0);
    expect(wrapped).toEqual(unwrapped);
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
});
