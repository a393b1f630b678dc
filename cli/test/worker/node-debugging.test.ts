// A debugger at Node functions: breakpoints, time that doesn't count, one address over reloads, exits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../protocol/test/manual-clock.ts';
import { Debugging } from '../../src/worker/debug/debugging.ts';
import { builtRuntime, denoCommand } from './built-runtime.ts';
import { InspectorClient } from './inspector-client.ts';
import { PoolHarness } from './pool-harness.ts';

const runtime = builtRuntime();

const source = `console.log('loaded');
export const handler = async (event) => {
  const doubled = event * 2;
  return doubled;
};
`;
/** Of `return doubled`, from 0. */
const returnLine = 3;

interface Served {
  readonly harness: PoolHarness;
  readonly clock: ManualClock;
  readonly debugging: Debugging;
  /** Where a debugger attaches. */
  readonly url: string;
  /** Serves another text as the next build. */
  reload(text: string): void;
}

/** Serves a module as the function `f` under `--inspect`. */
async function serve(text = source, nodeCommand?: readonly string[]): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const debugging = await Debugging.open([{ functionName: 'f', kind: 'node' }], 0);
  onTestFinished(() => debugging.close());
  const clock = new ManualClock(Date.now());
  const harness = new PoolHarness(runtime.file, { clock, debugging, ...(nodeCommand && { nodeCommand }) });
  let build = 0;
  const reload = (next: string) => {
    build += 1;
    const moduleFile = join(folder, `${build}.mjs`);
    writeFileSync(moduleFile, next);
    harness.use('f', { kind: 'node', moduleFile, exportPath: 'handler' }, { taskRoot: folder });
  };
  reload(text);
  // The process that waits for the first invocation.
  await clock.untilSet(0);
  clock.advance(0);
  return { harness, clock, debugging, url: debugging.endpoints[0]?.url ?? '', reload };
}

function states(harness: PoolHarness): string[] {
  return harness.ofType('debugger').map(({ state }) => state);
}

function breakAt(client: InspectorClient, lineNumber = returnLine): Promise<unknown> {
  return client.send('Debugger.setBreakpointByUrl', { lineNumber, urlRegex: '/\\d+\\.mjs$' });
}

it.each([
  ['node', undefined],
  ['deno', denoCommand],
])('stops at a breakpoint that was set before the first invocation (%s)', async (_name, nodeCommand) => {
  const { harness, clock, url } = await serve(source, nodeCommand);
  const client = await InspectorClient.attach(url);
  await breakAt(client);
  const answer = harness.answer('f', 21, { deadlineMs: clock.now() + 900_000 });
  const { params } = await client.event('Debugger.paused');
  const [frame] = params.callFrames;
  expect(frame).toMatchObject({ functionName: 'handler', location: { lineNumber: returnLine } });
  const value = await client.send('Debugger.evaluateOnCallFrame', {
    callFrameId: frame.callFrameId,
    expression: 'doubled',
  });
  expect(value.result.value).toBe(42);
  // Far past the function's 3 seconds.
  clock.advance(600_000);
  await client.send('Debugger.resume');
  expect(await answer).toBe(42);
});

describe('the function’s timeout', () => {
  it('restarts when the debugger detaches, and is not visible to the function before', async () => {
    const { harness, clock, url } = await serve(
      'export const handler = async (_e, context) => { console.log(context.getRemainingTimeInMillis()); await new Promise(() => setInterval(() => {}, 1000)); };',
    );
    const client = await InspectorClient.attach(url);
    const answer = harness.answer('f', 21, { deadlineMs: clock.now() + 900_000 });
    const line = await harness.event((event) => event.type === 'log');
    expect(Number(line.type === 'log' && line.message)).toBeGreaterThan(800_000);
    clock.advance(60_000);
    await client.detach();
    await harness.event((event) => event.type === 'debugger' && event.state === 'detached');
    clock.advance(2999);
    expect(harness.ofType('worker_ended')).toEqual([]);
    clock.advance(1);
    expect(await answer).toMatchObject({
      errorMessage: 'RequestId: request-1 Error: Task timed out after 3.00 seconds',
    });
  });

  it('counts while nobody is attached', async () => {
    const { harness, clock } = await serve('export const handler = () => { console.log(1); for (;;); };');
    const answer = harness.answer('f', 21, { deadlineMs: clock.now() + 900_000 });
    await harness.event((event) => event.type === 'log');
    clock.advance(3000);
    expect(await answer).toMatchObject({ errorType: 'Sandbox.Timedout' });
  });
});

describe('the address', () => {
  it('stays the same over a reload; the debugger is cut off and attaches to the new code', async () => {
    const { harness, url, reload } = await serve();
    expect(await harness.answer('f', 1)).toBe(2);
    const first = await InspectorClient.attach(url);
    reload(source.replace('* 2', '* 3'));
    await first.closed;
    // Invoked before the debugger is back: it must not be passed by.
    const answer = harness.answer('f', 21);
    await harness.event((event) => event.type === 'queued' && event.reason === 'debugger');
    const second = await InspectorClient.attach(url);
    await breakAt(second);
    await second.send('Runtime.runIfWaitingForDebugger');
    await second.event('Debugger.paused');
    await second.send('Debugger.resume');
    expect(await answer).toBe(63);
    expect(states(harness)).toEqual(['attached', 'detached', 'attached']);
  });

  it('stays with a paused invocation until it has finished, also when the code changes', async () => {
    const { harness, url, reload } = await serve();
    const client = await InspectorClient.attach(url);
    await breakAt(client);
    const old = harness.answer('f', 21);
    await client.event('Debugger.paused');
    reload(source.replace('* 2', '* 3'));
    const next = harness.answer('f', 21);
    await harness.event((event) => event.type === 'queued' && event.reason === 'one_at_a_time');
    await client.send('Debugger.resume');
    expect(await old).toBe(42);
    await client.closed;
    const second = await InspectorClient.attach(url);
    await second.send('Runtime.runIfWaitingForDebugger');
    expect(await next).toBe(63);
  });
});

it('runs one invocation at a time, of all stub instances', async () => {
  const { harness } = await serve(
    'let n = 0; export const handler = async () => { n += 1; await null; return [process.pid, n]; };',
  );
  const answers = (await Promise.all(
    ['i-1', 'i-2', 'i-3'].map((instance) => harness.answer('f', {}, { instance })),
  )) as [number, number][];
  expect(new Set(answers.map(([pid]) => pid)).size).toBe(1);
  expect(answers.map(([, count]) => count)).toEqual([1, 2, 3]);
  expect(harness.ofType('queued').map(({ reason }) => reason)).toEqual(['one_at_a_time', 'one_at_a_time']);
});

it('a process that exits does not wait for its debugger', async () => {
  const { harness, url } = await serve('export const handler = async () => process.exit(3);');
  const client = await InspectorClient.attach(url);
  expect(await harness.answer('f', 1)).toMatchObject({
    errorMessage: 'RequestId: request-1 Error: Runtime exited with error: exit status 3',
  });
  await client.closed;
});

it('logs none of Node’s messages about its debugger', async () => {
  const { harness, url } = await serve(
    'export const handler = async () => { console.error("mine"); return 1; };',
  );
  const client = await InspectorClient.attach(url);
  await harness.answer('f', 1);
  await client.detach();
  const { logsDrained } = await harness.run('f', 1);
  await logsDrained;
  expect(harness.messages()).toEqual(['mine', 'mine']);
});

it('an inspector that the function opens itself by NODE_OPTIONS is used', async () => {
  const { harness, url } = await serve();
  const environment = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
  expect(await harness.answer('f', 1, { environment })).toBe(2);
  const client = await InspectorClient.attach(url);
  await breakAt(client);
  const answer = harness.answer('f', 2, { environment });
  await client.event('Debugger.paused');
  await client.send('Debugger.resume');
  expect(await answer).toBe(4);
});
