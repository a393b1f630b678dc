// `serve --inspect` on the built file: a breakpoint in a TypeScript source stops the function behind an HTTP request.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { InspectorClient, type InspectorEvent } from '../worker/inspector-client.ts';
import { type JsRuntime, Livectl, project } from './livectl-process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const source = `interface Event {
  readonly queryStringParameters?: { readonly name?: string };
}

function greet(name: string): string {
  const greeting: string = \`hello \${name}\`;
  return greeting;
}

export async function handler(event: Event): Promise<string> {
  return greet(event.queryStringParameters?.name ?? 'nobody');
}
`;
/** Of \`return greeting\`, from 0, as source maps and the inspector count. */
const returnLine = 6;

function serve(runtime: JsRuntime, flags: readonly string[]): { livectl: Livectl; root: string } {
  const { root, remove } = project({
    'livectl.json': JSON.stringify({
      functions: {
        hello: { handler: 'src/hello.handler', runtime: 'nodejs20.x', timeout: 1, triggers: { http: {} } },
        tool: { handler: 'tool', runtime: 'provided.al2023', command: ['cat'] },
      },
    }),
    'src/hello.ts': source,
  });
  const args = ['serve', '--local', '--port', '0', '--format', 'json', '--root', root, ...flags];
  const livectl = new Livectl(args, { runtime });
  cleanups.push(remove, () => livectl.dispose());
  return { livectl, root };
}

/** Where a line of a source is in a script that was loaded, by the script's source map. */
function locate({ params }: InspectorEvent, file: string, line: number) {
  const script = fileURLToPath(params.url);
  const map = JSON.parse(readFileSync(resolve(dirname(script), params.sourceMapURL), 'utf8'));
  const sourceMap = new SourceMap(map);
  for (let lineNumber = 0; lineNumber <= params.endLine; lineNumber += 1) {
    const entry = sourceMap.findEntry(lineNumber, 1000) as { originalSource?: string; originalLine?: number };
    if (entry.originalLine !== line) continue;
    expect(resolve(dirname(script), entry.originalSource ?? '')).toBe(file);
    return { scriptId: params.scriptId as string, lineNumber };
  }
  throw new Error(`line ${line} is not in ${params.sourceMapURL}`);
}

test.each(['node', 'deno'] as const)(
  'stops in TypeScript, for longer than the timeout (%s)',
  async (runtime) => {
    const { livectl, root } = serve(runtime, ['--inspect=0']);
    const url = await livectl.url();
    const {
      address,
      kind,
      url: debuggerUrl,
    } = (await livectl.event('debugger')) as {
      address: string;
      kind: string;
      url: string;
    };
    expect(kind).toBe('node');
    // A program by a command has no port of ours.
    expect(livectl.events.filter(({ event }) => event === 'debugger')).toHaveLength(1);
    const [{ webSocketDebuggerUrl }] = (await (await fetch(`http://${address}/json/list`)).json()) as [
      { webSocketDebuggerUrl: string },
    ];
    expect(webSocketDebuggerUrl).toBe(debuggerUrl);

    expect(await (await fetch(`${url}/hello?name=ada`)).text()).toContain('hello ada');
    const client = await InspectorClient.attach(webSocketDebuggerUrl);
    await livectl.event('debugger', ({ state }) => state === 'attached');
    const script = await client.event('Debugger.scriptParsed', ({ params }) =>
      /src\/hello\.[cm]js$/.test(params.url),
    );
    await client.send('Debugger.setBreakpoint', {
      location: locate(script, join(root, 'src', 'hello.ts'), returnLine),
    });
    const answer = fetch(`${url}/hello?name=bob`);
    const { params } = await client.event('Debugger.paused');
    const { callFrameId, functionName } = params.callFrames[0];
    expect(functionName).toBe('greet');
    const seen = await client.send('Debugger.evaluateOnCallFrame', { callFrameId, expression: 'greeting' });
    expect(seen.result.value).toBe('hello bob');
    // Longer than the function's second, on the function's own clock.
    await client.send('Debugger.evaluateOnCallFrame', {
      callFrameId,
      expression: 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)',
    });
    await client.send('Debugger.resume');
    expect(await (await answer).text()).toContain('hello bob');
    await client.detach();
    await livectl.event('debugger', ({ state }) => state === 'detached');
    expect(await livectl.stop()).toBe(0);
  },
);

test('a port that is taken is one error, before anything is served', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  cleanups.push(() => void taken.close());
  const { port } = taken.address() as { port: number };
  const { livectl } = serve('node', [`--inspect=${port}`]);
  expect(await livectl.exited).toBe(2);
  const { code, message, remedy } = await livectl.event('error');
  expect(code).toBe('LD_PORT_IN_USE');
  expect(message).toBe(`port ${port} for the debugger of hello is in use`);
  expect(remedy).toContain('--inspect=PORT');
});

test('an invalid port is a usage error', async () => {
  const { livectl } = serve('node', ['--inspect=70000']);
  expect(await livectl.exited).toBe(2);
  expect(livectl.stderr).toContain('--inspect must be a whole number from 0 to 65535, not 70000');
});
