// What the wrapper costs a function: milliseconds of an invocation, memory, init phase, size; and a fault on its way.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDirectoryTable } from '../protocol/test/directory-table.ts';
import { FakeRelay } from '../protocol/test/fake-relay.ts';
import { FakeClient } from '../stub/test/harness/fake-client.ts';
import { stubEnvironment } from '../stub/test/harness/lambda.ts';
import { Instance } from '../stub/test/wrapper/harness/instance.ts';
import { RecordingRuntimeApi } from '../stub/test/wrapper/harness/recording-runtime-api.ts';
import { answerAll } from '../stub/test/wrapper/harness/wrapped-world.ts';
import type { Figure, Measurement } from './measurement.ts';
import { median, percentile } from './percentile.ts';
import { canReadProcesses, processTree, togetherMb } from './process-tree.ts';
import { repository, stubFile } from './repository.ts';

const warmUps = 50;
const invocations = 400;
const starts = 15;

export const wrapper: Measurement = {
  name: 'wrapper',
  title: 'Wrapper',
  method: `dist/wrapper before livectl's Node.js client, at a Runtime API, a relay and a table of this process, on the loopback. \
An invocation is timed from its being handed out until its answer is whole: ${invocations} after ${warmUps}, wrapped and unwrapped (or \
wrapped and the stub) in turn. What costs more is the difference of the two percentiles. Memory is the proportional set size after \
these invocations. Init is from the start of the process until the runtime asks for its first invocation: ${starts} starts of each kind, \
in turn.`,
  run: measure,
};

interface Running {
  readonly api: RecordingRuntimeApi;
  readonly instance: Instance;
  readonly initMs: number;
}

const deployed = 'exports.handler = async (event) => ({ deployed: event });';

async function measure(): Promise<readonly Figure[]> {
  const taskRoot = mkdtempSync(join(tmpdir(), 'wrapper-bench-'));
  writeFileSync(join(taskRoot, 'app.js'), deployed);
  const [relay, table] = [await new FakeRelay().start(), await startDirectoryTable()];
  const running: Running[] = [];
  const start = async (kind: 'wrapped' | 'unwrapped' | 'stub', environment: Record<string, string> = {}) => {
    const api = await new RecordingRuntimeApi().start();
    const beganAt = performance.now();
    const instance = new Instance({
      api,
      command: [process.execPath, join(repository, 'dist/node-runtime.mjs')],
      layer: kind === 'wrapped' ? join(repository, 'dist/wrapper') : undefined,
      taskRoot: kind === 'stub' ? join(stubFile, '..') : taskRoot,
      handler: kind === 'stub' ? 'index.handler' : 'app.handler',
      environment: { ...stubEnvironment(relay.url(), table.endpoint), ...environment },
    });
    await api.until(() => api.isWaiting);
    const one: Running = { api, instance, initMs: performance.now() - beganAt };
    running.push(one);
    return one;
  };
  const stop = async ({ api, instance }: Running) => {
    await instance.stop();
    await api.close();
  };
  let count = 0;
  const invoke = async ({ api }: Running) => {
    count += 1;
    const beganAt = performance.now();
    const { endedAt } = await api.invoke({ id: `id-${count}`, event: '{"n":1}' });
    await api.until(() => api.isWaiting);
    return endedAt - beganAt;
  };
  /** The same number of samples of each, in turn. */
  const inTurn = async (one: Running, other: Running) => {
    const samples: [number[], number[]] = [[], []];
    for (let at = 0; at < warmUps + invocations; at += 1) {
      const pair = [await invoke(one), await invoke(other)] as const;
      if (at < warmUps) continue;
      samples[0].push(pair[0]);
      samples[1].push(pair[1]);
    }
    return samples;
  };
  try {
    const inits: Record<'wrapped' | 'unwrapped', number[]> = { wrapped: [], unwrapped: [] };
    for (let at = 0; at < starts; at += 1)
      for (const kind of ['wrapped', 'unwrapped'] as const) {
        const one = await start(kind);
        inits[kind].push(one.initMs);
        await stop(one);
      }
    const [wrapped, plain] = [await start('wrapped'), await start('unwrapped')];
    const [withUs, without] = await inTurn(wrapped, plain);
    const memory = [wrapped, plain].map(({ instance }) => togetherMb(processTree(instance.child.pid ?? 0)));
    const client = await FakeClient.serve(relay, table);
    answerAll(client, () => '{"local":1}');
    const [served, stub] = [await start('wrapped'), await start('stub')];
    const [relayed, byStub] = await inTurn(served, stub);
    const faultMs = await silentRelayMs(start, invoke);
    client.close();
    const more = (percent: number) => percentile(withUs, percent) - percentile(without, percent);
    return [
      { what: 'an invocation that nobody serves, unwrapped', samples: without },
      { what: 'the same, wrapped', samples: withUs },
      { what: 'more, p50', value: more(50), unit: 'ms', goal: 1 },
      { what: 'more, p95', value: more(95), unit: 'ms', goal: 3 },
      { what: 'an invocation that is relayed, by a stub', samples: byStub },
      { what: 'the same, wrapped', samples: relayed, goal: Number(median(byStub).toFixed(2)) },
      {
        what: 'answered by the deployed code, with a relay that is silent',
        value: faultMs,
        unit: 'ms',
        goal: 300,
      },
      {
        what: 'more init, median',
        value: median(inits.wrapped) - median(inits.unwrapped),
        unit: 'ms',
        goal: 60,
      },
      ...(canReadProcesses
        ? [{ what: 'more memory', value: (memory[0] ?? 0) - (memory[1] ?? 0), unit: 'MB', goal: 25 } as const]
        : []),
      {
        what: 'layer, unpacked and zipped alike',
        value: statSync(join(repository, 'dist/wrapper.zip')).size / 1000,
        unit: 'KB',
        goal: 150,
      },
    ];
  } finally {
    await Promise.all(running.map(stop));
    await relay.close();
    await table.close();
    rmSync(taskRoot, { recursive: true, force: true });
  }
}

/** The first invocation of an instance whose relay accepts connections and sends nothing. */
async function silentRelayMs(
  start: (kind: 'wrapped', environment: Record<string, string>) => Promise<Running>,
  invoke: (running: Running) => Promise<number>,
): Promise<number> {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  try {
    return await invoke(await start('wrapped', { LIVE_DEBUG_RELAY: `http://127.0.0.1:${port}/live` }));
  } finally {
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
}
