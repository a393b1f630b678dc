// A debugger at Python functions: debugpy itself where it is installed, and that its absence harms nobody.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Debugging } from '../../src/worker/debug/debugging.ts';
import { builtRuntime } from './built-runtime.ts';
import { DapClient } from './dap-client.ts';
import { isAlive, PoolHarness } from './pool-harness.ts';
import { python, skipReason } from './python-interpreter.ts';

const runtime = builtRuntime();

const source = `print("loaded")
def handler(event, context):
    doubled = event * 2
    return doubled
`;
/** Of `return doubled`, from 1. */
const returnLine = 4;

/** Debian's own Python has its package python3-debugpy. */
const debuggable = [python, '/usr/bin/python3'].find(
  (interpreter) => spawnSync(interpreter, ['-c', 'import debugpy'], { timeout: 20_000 }).status === 0,
);

function folder(files: Readonly<Record<string, string>>): string {
  const made = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(made, name), text);
  return made;
}

/** Serves a module as the function `f` under `--inspect`. */
async function serve(interpreter: string, text = source) {
  const taskRoot = folder({ 'app.py': text });
  const debugging = await Debugging.open([{ functionName: 'f', kind: 'python' }], 0);
  onTestFinished(() => debugging.close());
  const clock = new ManualClock(Date.now());
  const harness = new PoolHarness(runtime.file, { clock, debugging });
  const use = () =>
    harness.use(
      'f',
      { kind: 'python', interpreter },
      { taskRoot, handler: 'app.handler', runtime: 'python3.13' },
    );
  use();
  // The process that waits for the first invocation.
  await clock.untilSet(0);
  clock.advance(0);
  const address = debugging.endpoints[0]?.address ?? '';
  const file = join(taskRoot, 'app.py');
  const reload = (next: string) => {
    writeFileSync(file, next);
    use();
  };
  return { harness, clock, debugging, address, file, reload };
}

/** A virtual environment whose debugpy is this text. */
function environmentWith(debugpy: string): string {
  const made = folder({});
  const environment = join(made, 'venv');
  spawnSync(python, ['-m', 'venv', '--without-pip', environment], { timeout: 60_000 });
  const interpreter = join(environment, 'bin', 'python');
  const { stdout } = spawnSync(
    interpreter,
    ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'],
    {
      encoding: 'utf8',
    },
  );
  const packageFolder = join(stdout.trim(), 'debugpy');
  mkdirSync(packageFolder);
  writeFileSync(join(packageFolder, '__init__.py'), debugpy);
  return interpreter;
}

async function resume(client: DapClient): Promise<void> {
  const { threadId } = await client.event('stopped');
  await client.send('continue', { threadId });
}

const noDebugpy = debuggable === undefined ? ': no Python here has it, install python3-debugpy' : '';

describe.skipIf(debuggable === undefined)(`with debugpy${noDebugpy}`, () => {
  const interpreter = debuggable ?? '';

  it('stops at a breakpoint that was set before the first invocation, past the timeout', async () => {
    const { harness, clock, address, file } = await serve(interpreter);
    const client = await DapClient.connect(address);
    await client.attach(file, [returnLine]);
    const answer = harness.answer('f', 21, { deadlineMs: clock.now() + 900_000 });
    const { threadId } = await client.event('stopped');
    const { stackFrames } = await client.send('stackTrace', { threadId });
    expect(stackFrames[0]).toMatchObject({ name: 'handler', line: returnLine, source: { path: file } });
    const value = await client.send('evaluate', { expression: 'doubled', frameId: stackFrames[0].id });
    expect(value.result).toBe('42');
    clock.advance(600_000);
    await client.send('continue', { threadId });
    expect(await answer).toBe(42);
    // Nothing of the debugger's own in the function's log.
    expect(harness.messages()).toEqual(['loaded']);
  });

  it('keeps its address over a reload', async () => {
    const { harness, address, file, reload } = await serve(interpreter);
    expect(await harness.answer('f', 1)).toBe(2);
    const first = await DapClient.connect(address);
    await first.attach(file, []);
    reload(source.replace('* 2', '* 3'));
    // Told by debugpy's adapter, which outlives its process for it; VS Code then attaches again.
    await first.event('terminated');
    await first.closed;
    const second = await DapClient.connect(address);
    await second.attach(file, [returnLine]);
    const answer = harness.answer('f', 21);
    await resume(second);
    expect(await answer).toBe(63);
  });

  it.skipIf(process.platform !== 'linux')('leaves no adapter behind', async () => {
    const { harness, address, file } = await serve(
      interpreter,
      'import os\ndef handler(event, context):\n    return os.environ["AWS_LAMBDA_RUNTIME_API"]\n',
    );
    const runtimeApi = String(await harness.answer('f', 1));
    const client = await DapClient.connect(address);
    await client.attach(file, []);
    const adapters = adaptersOf(runtimeApi);
    expect(adapters.length).toBeGreaterThan(0);
    await harness.pool.close();
    await client.closed;
    const until = Date.now() + 10_000;
    while (adapters.some(isAlive) && Date.now() < until) await turn();
    expect(adapters.filter(isAlive)).toEqual([]);
  });
});

/** Process ids of debugpy's adapters whose worker has that Runtime API; they leave its process group. */
function adaptersOf(runtimeApi: string): number[] {
  const entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return entries.map(Number).filter((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return command.includes('adapter') && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(runtimeApi);
    } catch {
      return false;
    }
  });
}

/** As much of debugpy as the runtime client uses: it says back in capitals what a debugger says. */
const listeningDebugpy = `import socket, threading
def listen(address):
    server = socket.create_server(address)
    def serve():
        while True:
            client, _ = server.accept()
            client.sendall(client.recv(100).upper())
    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()
`;

it.skipIf(skipReason)(
  'a debugger gets to where debugpy listens, before and after the first invocation',
  async () => {
    const { harness, address } = await serve(environmentWith(listeningDebugpy));
    const says = async (text: string) => {
      const socket = connect({ host: '127.0.0.1', port: Number(address.split(':')[1]) });
      socket.on('error', () => undefined);
      socket.write(text);
      const [heard] = await once(socket, 'data');
      socket.destroy();
      return String(heard);
    };
    expect(await says('Content-Length: 1')).toBe('CONTENT-LENGTH: 1');
    expect(await harness.answer('f', 21)).toBe(42);
    expect(await says('Content-Length: 2')).toBe('CONTENT-LENGTH: 2');
    await harness.event((event) => event.type === 'debugger' && event.state === 'detached');
  },
);

describe.skipIf(skipReason)(`without debugpy${skipReason ? `: ${skipReason}` : ''}`, () => {
  const missing = 'import sys\nraise ImportError("not here")\n';

  it('the function runs, and what to do is reported once', async () => {
    const interpreter = environmentWith(missing);
    const { debugging, harness, reload } = await serve(interpreter);
    expect(await harness.answer('f', 21)).toBe(42);
    reload(source.replace('* 2', '* 3'));
    expect(await harness.answer('f', 21)).toBe(63);
    expect(harness.ofType('debugger')).toEqual([
      {
        type: 'debugger',
        functionName: 'f',
        state: 'unavailable',
        reason: `debugpy is not installed for ${interpreter}; run: ${interpreter} -m pip install debugpy`,
      },
    ]);
    expect(harness.messages()).toEqual(['loaded', 'loaded']);
    expect(debugging.endpoints).toEqual([]);
  });

  it.each([
    ['raise RuntimeError("two\\nlines")', "debugpy can't be imported: two lines"],
    ['def listen(address): raise OSError("no port")', "debugpy can't listen: no port"],
  ])('a debugpy that fails is told, too: %s', async (debugpy, reason) => {
    const { harness } = await serve(environmentWith(debugpy));
    expect(await harness.answer('f', 21)).toBe(42);
    expect(harness.ofType('debugger')).toMatchObject([{ state: 'unavailable', reason }]);
  });
});
