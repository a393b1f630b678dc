// A wrapped Python function that nobody serves: everything is as it is unwrapped.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployedClientContext } from '../../../protocol/deployed-request.ts';
import {
  lambdaRuntime,
  layerFolder,
  livectlRuntime,
  theirLog,
  usePythonFunctions,
} from './harness/python-functions.ts';
import type { Recorded } from './harness/recording-runtime-api.ts';

const functions = usePythonFunctions(undefined);

const code = `
import os, sys
print("loaded", os.environ["AWS_LAMBDA_FUNCTION_NAME"], flush=True)
def handler(event, context):
    if event == "fail": raise ValueError("ümlaut")
    if event == "exit": sys.exit(3)
    if event == "die": os._exit(7)
    if event == "crash": os.kill(os.getpid(), 11)
    if event == "bytes": return b"\\x00\\xff raw"
    if event == "headers": return context
    if event == "environment":
        names = ("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "PWD", "LC_CTYPE", "_", "SHLVL", "OLDPWD")
        return {name: value for name, value in os.environ.items() if name not in names}
    if event == "signals":
        import signal
        return [str(signal.getsignal(each)) for each in (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT)]
    if event == "children":
        try: os.waitpid(-1, os.WNOHANG)
        except ChildProcessError: return "none"
        return "some"
    print("did", len(str(event)), flush=True)
    return event
`;

const withoutRoot = (text: string, root: string) => text.replaceAll(root, 'ROOT');

const ending = new Set(['"exit"', '"die"', '"crash"']);

/** All that a run of these events left: what Lambda was told, the log, and how it ended. */
async function run(runtime: string, events: readonly string[], layer: string | undefined | null) {
  const taskRoot = functions.folder({ 'app.py': code });
  const { api, instance } = await functions.start(code, { runtime, taskRoot, layer });
  const ends = events.some((event) => ending.has(event));
  for (const [at, event] of events.entries()) {
    const id = `r${at}`;
    if (ending.has(event)) api.give({ id, event });
    else await api.invoke({ id, event, headers: { 'Lambda-Runtime-Client-Context': '{"custom":{"a":1}}' } });
  }
  if (!ends) {
    await api.until(() => api.isWaiting);
    instance.child.kill('SIGTERM');
  }
  const ended = await instance.ended;
  const told = api.requests.map(({ method, path, headers, body }: Recorded) => [
    method,
    path,
    headers.filter((value) => value !== api.address).map((value) => withoutRoot(value, taskRoot)),
    withoutRoot(body.toString('latin1'), taskRoot),
  ]);
  return { told, ended, log: theirLog(instance), errors: withoutRoot(instance.stderr, taskRoot) };
}

describe.each([
  ['a client as Lambda’s own', lambdaRuntime],
  ['livectl’s client', livectlRuntime],
])('with %s, wrapped and unwrapped are the same', (_name, runtime) => {
  it.each([
    ['answers', ['{"n": 12345678901234567890}', '"ü"', 'null', '"bytes"']],
    ['errors', ['"fail"', '1']],
    ['an end by sys.exit', ['1', '"exit"']],
    ['an end by os._exit', ['"die"']],
    ['a crash', ['1', '"crash"']],
    ['the signals that the code finds', ['"signals"']],
    ['the children that the code finds', ['"children"']],
  ])('in %s', async (_what, events) => {
    const unwrapped = await run(runtime, events, null);
    const wrapped = await run(runtime, events, undefined);
    expect(wrapped).toEqual(unwrapped);
  });
});

it('gives the runtime the headers of the invocation as they came', async () => {
  const run = async (layer: null | undefined) => {
    const { api } = await functions.ready(code, { layer });
    const headers = { 'Lambda-Runtime-Client-Context': '{"custom":{"a":1}}', 'Lambda-Runtime-Of-Later': 'x' };
    return JSON.parse((await api.invoke({ id: 'r', event: '"headers"', headers })).body.toString());
  };
  const wrapped = await run(undefined);
  expect(wrapped).toMatchObject({ 'Lambda-Runtime-Of-Later': 'x' });
  const { Date: _, ...others } = wrapped;
  const { Date: __, ...unwrapped } = await run(null);
  expect(others).toEqual(unwrapped);
});

it('removes the request for the deployed code from the client context, and nothing else', async () => {
  const { api } = await functions.ready(code);
  const contexts: [string, string | undefined][] = [
    [deployedClientContext, undefined],
    [
      '{"custom": {"a": 1.50, "LIVE_DEBUG_DEPLOYED": "true", "ü": "\\u007f"}}',
      '{"custom":{"a": 1.50,"ü": "\\u007f"}}',
    ],
    [
      '{"env":{"n":12345678901234567890},"custom":{"LIVE_DEBUG_DEPLOYED":"true"}}',
      '{"env":{"n":12345678901234567890}}',
    ],
    ...[
      '{"custom": {"a": {"LIVE_DEBUG_DEPLOYED": "true"}}}',
      '{"custom": "LIVE_DEBUG_DEPLOYED"}',
      '{"custom": {"LIVE_DEBUG_DEPLOYED": ',
      'LIVE_DEBUG_DEPLOYED',
    ].map((text): [string, string] => [text, text]),
  ];
  for (const [at, [given, seen]] of contexts.entries()) {
    // Bytes of UTF-8, which Node writes and Python reads as Latin-1.
    const latin1 = Buffer.from(given).toString('latin1');
    const headers = { 'Lambda-Runtime-Client-Context': latin1, 'Lambda-Runtime-Of-Later': 'x' };
    const { body } = await api.invoke({ id: `r${at}`, event: '"headers"', headers });
    const got = JSON.parse(body.toString()) as Record<string, string>;
    const context = got['Lambda-Runtime-Client-Context'];
    expect(context && Buffer.from(context, 'latin1').toString()).toBe(seen);
    expect(got).toMatchObject({ 'Lambda-Runtime-Of-Later': 'x', 'Lambda-Runtime-Aws-Request-Id': `r${at}` });
  }
});

it('shows the code the variables that it has unwrapped', async () => {
  const seen = async (layer: null | undefined, environment: Record<string, string>) => {
    const { api } = await functions.ready(code, { layer, environment });
    const { AWS_ENDPOINT_URL_LAMBDA: _, ...rest } = JSON.parse(
      (await api.invoke({ id: 'r', event: '"environment"' })).body.toString(),
    );
    return rest;
  };
  const own = { PYTHONPATH: '/opt/python', LANG: 'C', PYTHONSTARTUP: '/nowhere' };
  expect(await seen(undefined, own)).toEqual(await seen(null, own));
});

it('passes 6 MB both ways', async () => {
  const { api } = await functions.ready(code);
  const event = JSON.stringify('é'.repeat(3_000_000));
  const { body } = await api.invoke({ id: 'r', event });
  expect(body.equals(Buffer.from(event))).toBe(true);
});

it('reports an init error with the same bytes, log and exit code', async () => {
  const run = async (layer: null | undefined) => {
    const { api, instance } = await functions.start('import nothing_of_this_name', { layer });
    const ended = await instance.ended;
    const [request] = api.requests;
    return [
      ended,
      api.requests.length,
      request?.path,
      request?.body.toString().replace(/wrapper-test-\w+/g, ''),
    ];
  };
  const wrapped = await run(undefined);
  expect(wrapped[0]).toBe(1);
  expect(wrapped[2]).toBe('/2018-06-01/runtime/init/error');
  expect(wrapped).toEqual(await run(null));
});

it('passes on what the runtime sent just before its process ended', async () => {
  const { api, instance } = await functions.start(`
import os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
body = b"x" * 100000
s = socket.create_connection((host, int(port)))
s.sendall(b"POST /2018-06-01/runtime/init/error HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
os._exit(9)
`);
  expect(await instance.ended).toBe(9);
  await api.until(() => api.requests.length > 0);
  expect(api.requests[0]?.body.length).toBe(100_000);
});

it('takes a response that is streamed, with its trailers, piece by piece', async () => {
  const client = `
import os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
s = socket.create_connection((host, int(port)))
s.sendall(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
s.recv(65536)
s.sendall(b"POST /2018-06-01/runtime/invocation/r/response HTTP/1.1\\r\\nHost: x\\r\\nTransfer-Encoding: chunked\\r\\n"
          b"Lambda-Runtime-Function-Response-Mode: streaming\\r\\nTrailer: Lambda-Runtime-Function-Error-Type\\r\\n\\r\\n3\\r\\nabc\\r\\n")
while not os.path.exists("go"): pass
s.sendall(b"2\\r\\nde\\r\\n0\\r\\nLambda-Runtime-Function-Error-Type: Late\\r\\n\\r\\n")
s.recv(65536)
`;
  const taskRoot = functions.folder({ 'app.py': client });
  const { api } = await functions.start(client, { taskRoot });
  const first = new Promise<string>((resolve) => {
    api.onPiece = (_path, piece) => resolve(piece.toString());
  });
  const answered = api.invoke({ id: 'r', event: '1' });
  expect(await first).toBe('abc');
  writeFileSync(join(taskRoot, 'go'), '');
  const { body, headers, trailers } = await answered;
  expect(body.toString()).toBe('abcde');
  expect(headers.join()).toContain('Lambda-Runtime-Function-Response-Mode,streaming');
  expect(trailers).toEqual(['Lambda-Runtime-Function-Error-Type', 'Late']);
}, 20_000);

describe('the function’s own wrapper script', () => {
  const chained = '#!/bin/sh\necho "theirs $AWS_LAMBDA_EXEC_WRAPPER|$LIVE_DEBUG_STAGE" ; exec "$@"\n';

  it('is run behind the proxy, under the name that Lambda gives it', async () => {
    const theirs = join(functions.folder({ theirs: chained }), 'theirs');
    const { api, instance } = await functions.ready(code, {
      environment: { LIVE_DEBUG_EXEC_WRAPPER: theirs },
    });
    await api.invoke({ id: 'r', event: '1' });
    expect(instance.stdout).toContain(`theirs ${theirs}|\n`);
  });

  it('that is missing costs a line of the log', async () => {
    const environment = { LIVE_DEBUG_EXEC_WRAPPER: '/nowhere/theirs' };
    const { api, instance } = await functions.ready(code, { environment });
    expect((await api.invoke({ id: 'r', event: '1' })).body.toString()).toBe('1');
    expect(instance.stdout).toContain('/nowhere/theirs does not start');
  });
});

describe('whatever is broken, the deployed code answers', () => {
  it.each([
    ['without the variables of ours', { LIVE_DEBUG_TABLE: '' }, 'the function runs unwrapped'],
    ['without a region', { AWS_REGION: '' }, 'the function runs unwrapped'],
    ['with an invalid secret', { LIVE_DEBUG_SECRET: '?' }, undefined],
    ['with the table out of reach', {}, "the directory can't be read: the deployed code answers"],
  ])('%s', async (_what, environment, line) => {
    const { api, instance } = await functions.ready(code, { environment });
    expect((await api.invoke({ id: 'r', event: '5' })).body.toString()).toBe('5');
    if (line !== undefined) expect(instance.ownLines.map(({ liveDebug }) => liveDebug)).toContain(line);
  });

  it.each(['wire', 'aws', 'deployed', 'directory', 'relay', 'report', 'proxy'])(
    'with a fault in %s.py',
    async (name) => {
      const layer = functions.folder({});
      cpSync(layerFolder, layer, { recursive: true });
      const file = join(layer, `live-debug-wrapper/python/${name}.py`);
      const broken = `raise RuntimeError("injected")\n${readFileSync(file, 'utf8')}`;
      const folder = functions.folder({ broken });
      cpSync(join(folder, 'broken'), file);
      const { api, instance } = await functions.ready(code, { layer });
      for (const id of ['a', 'b'])
        expect((await api.invoke({ id, event: `"${id}"` })).body.toString()).toBe(`"${id}"`);
      expect(JSON.stringify(instance.ownLines)).toContain('injected');
      instance.child.kill('SIGTERM');
      expect(await instance.ended).toBe('SIGTERM');
    },
  );
});
