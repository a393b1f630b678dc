// debugpy, attached by the configuration that `livectl init --vscode` writes: breakpoints in the function and in a module beside it, over
// a reload.
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'jsonc-parser';
import { expect, it, onTestFinished } from 'vitest';
import { writeEditorFiles } from '../../../src/init/editors/write-editor-files.ts';
import { Livectl, project } from '../../e2e/livectl-process.ts';
import { DapClient } from '../../worker/dap-client.ts';
import { python } from '../../worker/python-interpreter.ts';

/** Debian's own Python has its package python3-debugpy. */
const debuggable = [python, '/usr/bin/python3'].find(
  (interpreter) => spawnSync(interpreter, ['-c', 'import debugpy'], { timeout: 20_000 }).status === 0,
);

const prices = `def total(amount):
    doubled = amount * 2
    return doubled
`;
/** Of `return doubled`, from 1. */
const priceLine = 3;

it.skipIf(debuggable === undefined)('stops before and after a reload', async () => {
  const { root, remove } = project({
    'livectl.json': JSON.stringify({
      functions: {
        report: {
          handler: 'report.handler',
          runtime: 'python3.12',
          timeout: 3,
          python: debuggable,
          triggers: { http: {} },
        },
      },
    }),
    'report.py': 'from prices import total\n\ndef handler(event, context):\n    return str(total(21))\n',
    'prices.py': prices,
  });
  onTestFinished(remove);
  await writeEditorFiles({ root, editors: ['vscode'], functions: [], yes: true });
  const [entry] = parse(readFileSync(join(root, '.vscode/launch.json'), 'utf8')).configurations;
  // The rest is VS Code's own.
  const { connect, name, preLaunchTask, request, type, ...configuration } = entry;
  expect({ connect, name, preLaunchTask, request, type }).toEqual({
    connect: { host: '127.0.0.1', port: 9229 },
    name: 'livectl: report',
    preLaunchTask: 'livectl: serve',
    request: 'attach',
    type: 'debugpy',
  });
  const livectl = new Livectl([
    'serve',
    ...['--local', '--root', root, '--port', '0', '--format', 'json', '--inspect=0'],
  ]);
  onTestFinished(() => livectl.dispose());
  const listening = await livectl.event('debugger');
  const address = listening.state === 'listening' ? listening.address : '';
  const { functions } = await livectl.event('ready');
  const file = join(root, 'prices.py');
  const attach = async () => {
    const client = await DapClient.connect(address);
    await client.attach(file, [priceLine], configuration);
    return client;
  };
  const passes = async (client: DapClient, answer: Promise<string>, value: string) => {
    const { threadId } = await client.event('stopped');
    const { stackFrames } = await client.send('stackTrace', { threadId });
    expect(stackFrames[0]).toMatchObject({ line: priceLine, source: { path: file } });
    await client.send('continue', { threadId });
    expect(await answer).toContain(value);
  };
  const invoke = async () => (await fetch(functions[0]?.url ?? '')).text();

  const first = await attach();
  await passes(first, invoke(), '42');
  appendFileSync(file, '# saved\n');
  await livectl.event('reload');
  // Before VS Code attaches again, which it does when the event says so.
  const answer = invoke();
  expect(await first.event('terminated')).toEqual({ restart: true });
  await passes(await attach(), answer, '42');
});
