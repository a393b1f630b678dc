// The proxy fails, ends or hangs: the deployed code goes on, or the runtime ends so that Lambda starts it again.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Change, changedLayer } from './harness/changed-layer.ts';
import type { Started } from './harness/instances.ts';
import { useWrappedWorld } from './harness/wrapped-world.ts';

const world = useWrappedWorld();

const proxy = 'stub/src/wrapper/runtime-proxy.ts';
/** What the proxy does at requests for these paths. */
const ways = `
  if (incoming.url === '/throws') {
    setImmediate(() => { throw new Error('injected') });
    void Promise.reject(new Error('injected too'));
  }
  if (incoming.url === '/exits') process.exit(3);
  if (incoming.url === '/grows') for (const kept: unknown[] = [];;) kept.push(new Array(100_000).fill(kept.length));
  if (incoming.url === '/hangs') for (;;);
`;
const changes: Change[] = [
  { file: proxy, line: 'ServerResponse): void {\n    try {', code: ways },
  { file: 'stub/src/wrapper/shared-state.ts', line: 'beatMs = 1000', code: 'beatMs = 200', replaces: true },
];

/** A runtime that asks for ever, over a connection for each request, as AWS's client 3 does. */
const runtime = `
  import http from 'node:http';
  const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(':');
  const call = (method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, path: '/2018-06-01/runtime/invocation/' + path, agent: false }, async (answer) => {
      let text = '';
      for await (const piece of answer) text += piece;
      resolve({ id: answer.headers['lambda-runtime-aws-request-id'], text });
    });
    request.on('error', reject);
    request.end(body);
  });
  for (;;) {
    try {
      const { id, text } = await call('GET', 'next');
      const { gate, path } = JSON.parse(text);
      if (path) http.get({ host, port, path }).on('error', () => {});
      if (gate) await new Promise((resolve) => http.get(gate, resolve));
      await call('POST', id + '/response', JSON.stringify(port));
    } catch {}
  }
`;
const goesOn = 'the proxy has ended: the deployed code goes on without it';
const isStarted = 'the proxy has ended: the runtime ends, and Lambda starts it again';

/** Answers once the log of the instance has this. */
async function gateOf({ instance }: Started, words: string): Promise<string> {
  const server = createServer(
    (_request, response) => void instance.untilOutput(words).then(() => response.end()),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

describe('a process of the proxy', () => {
  let layer: string;
  beforeAll(async () => {
    layer = await changedLayer(mkdtempSync(join(tmpdir(), 'wrapper-test-')), changes);
    const script = join(layer, 'live-debug');
    // Far less than a test's machine would give it.
    const limited = readFileSync(script, 'utf8').replace(
      / (?=\S+node-proxy.cjs" 9)/,
      ' --max-old-space-size=32 ',
    );
    writeFileSync(script, limited);
  });
  afterAll(() => rmSync(layer, { recursive: true, force: true }));
  const start = () => {
    const taskRoot = world.folder({ 'runtime.mjs': runtime });
    return world.wrapped({ layer, taskRoot, command: [process.execPath, join(taskRoot, 'runtime.mjs')] });
  };
  const textOf = async ({ api }: Started, id: string, event: object) =>
    JSON.parse((await api.invoke({ id, event: JSON.stringify(event), timeoutMs: 60_000 })).body.toString());

  it('in which nobody catches an error keeps running', async () => {
    const started = await start();
    const gate = await gateOf(started, 'injected too');
    const port = await textOf(started, 'a', { path: '/throws', gate });
    expect(await textOf(started, 'b', {})).toBe(port);
    expect(started.instance.ownLines).toContainEqual({ liveDebug: 'a fault of the proxy', why: 'injected' });
  });

  it.each(['/exits', '/grows', '/hangs'])('that %s leaves the deployed code to answer', async (path) => {
    const started = await start();
    const port = await textOf(started, 'a', { path, gate: await gateOf(started, goesOn) });
    for (const id of ['b', 'c']) expect(await textOf(started, id, {})).toBe(port);
  });

  it.each(['/exits', '/grows', '/hangs'])(
    'that %s while the runtime waits ends the runtime, and the log says why',
    async (path) => {
      const started = await start();
      const { api, instance } = started;
      const port = await textOf(started, 'a', {});
      await api.until(() => api.isWaiting);
      request(`http://127.0.0.1:${port}${path}`)
        .on('error', () => undefined)
        .end();
      expect(await instance.ended).toBe(1);
      expect(instance.ownLines).toContainEqual({ liveDebug: isStarted });
    },
  );
});
