// What the wrapper costs a Python function: milliseconds of an invocation, memory, init phase, processor time; and faults.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
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
import { canReadProcesses, togetherMb } from './process-tree.ts';
import { repository } from './repository.ts';

const warmUps = 50;
const invocations = 400;
const starts = 15;
const faults = 5;

export const pythonWrapper: Measurement = {
  name: 'python-wrapper',
  title: 'Wrapper of Python functions',
  method: `dist/wrapper before a runtime client that talks as AWS's for Python does, at a Runtime API, a relay, a table and a \
Lambda API of this process, on the loopback and without TLS. Invocations, memory and init are measured as for the Wrapper. Processor \
time is that of the function's processes until the runtime asks for its first invocation, the mean of the same starts; an instance with \
one processor has it to spend in its init phase. Relayed is by the stub beside the function, through an Invoke that takes no time of its own.`,
  run: measure,
};

interface Running {
  readonly api: RecordingRuntimeApi;
  readonly instance: Instance;
  readonly initMs: number;
}

type Kind = 'wrapped' | 'unwrapped' | 'stub' | 'beside';

async function measure(): Promise<readonly Figure[]> {
  const harness = await import('../stub/test/wrapper/harness/python-functions.ts');
  const taskRoot = mkdtempSync(join(tmpdir(), 'wrapper-bench-'));
  writeFileSync(join(taskRoot, 'app.py'), 'def handler(event, context):\n    return {"deployed": event}\n');
  const [relay, table] = [await new FakeRelay().start(), await startDirectoryTable()];
  const invokeApi = new harness.InvokeApi();
  await invokeApi.start();
  const running: Running[] = [];
  const start = async (kind: Kind, environment: Record<string, string> = {}) => {
    const api = await new RecordingRuntimeApi().start();
    const isStub = kind === 'stub' || kind === 'beside';
    const node = [process.execPath, join(repository, 'dist/node-runtime.mjs')];
    const beganAt = performance.now();
    const instance = new Instance({
      api,
      command: isStub
        ? node
        : [harness.python, join(repository, 'stub/test/wrapper/fixtures/lambda-runtime.py')],
      layer: kind === 'wrapped' ? join(repository, 'dist/wrapper') : undefined,
      taskRoot: isStub ? join(repository, 'dist', kind) : taskRoot,
      handler: isStub ? 'index.handler' : 'app.handler',
      environment: {
        ...stubEnvironment(relay.url(), table.endpoint),
        ...{ LIVE_DEBUG_STUB_FUNCTION: harness.stubName, AWS_ENDPOINT_URL_LAMBDA: invokeApi.url },
        ...environment,
      },
    });
    const ended = instance.ended.then((how) => {
      throw new Error(`the ${kind} function ended with ${how}: ${instance.stdout}${instance.stderr}`);
    });
    ended.catch(() => undefined);
    await Promise.race([api.until(() => api.isWaiting), ended]);
    const one: Running = { api, instance, initMs: performance.now() - beganAt };
    running.push(one);
    return one;
  };
  const stop = async ({ api, instance }: Running) => {
    await instance.stop();
    await api.close();
  };
  let count = 0;
  const invoke = async ({ api }: Running, event = '{"n":1}') => {
    count += 1;
    const beganAt = performance.now();
    const recorded = await api.invoke({ id: `id-${count}`, event });
    await api.until(() => api.isWaiting);
    return { ms: recorded.endedAt - beganAt, recorded };
  };
  const inTurn = async (one: Running, other: Running) => {
    const samples: [number[], number[]] = [[], []];
    for (let at = 0; at < warmUps + invocations; at += 1) {
      const pair = [await invoke(one), await invoke(other)] as const;
      if (at < warmUps) continue;
      samples[0].push(pair[0].ms);
      samples[1].push(pair[1].ms);
    }
    return samples;
  };
  /** The median first invocation of an instance with a fault. */
  const faultMs = async (environment: Record<string, string>) => {
    const samples: number[] = [];
    for (let at = 0; at < faults; at += 1) {
      const one = await start('wrapped', environment);
      samples.push((await invoke(one)).ms);
      await stop(one);
    }
    return median(samples);
  };
  const silent = await silentServer();
  let client: FakeClient | undefined;
  try {
    const inits: Record<'wrapped' | 'unwrapped', number[]> = { wrapped: [], unwrapped: [] };
    const processor: Record<'wrapped' | 'unwrapped', number[]> = { wrapped: [], unwrapped: [] };
    for (let at = 0; at < starts; at += 1)
      for (const kind of ['wrapped', 'unwrapped'] as const) {
        const one = await start(kind);
        inits[kind].push(one.initMs);
        if (canReadProcesses) processor[kind].push(sum(processesOf(one).map(processorMs)));
        await stop(one);
      }
    const [wrapped, plain] = [await start('wrapped'), await start('unwrapped')];
    const [withUs, without] = await inTurn(wrapped, plain);
    const memory = canReadProcesses ? [wrapped, plain].map((one) => togetherMb(processesOf(one))) : [];
    const silentTable = await faultMs({ AWS_ENDPOINT_URL_DYNAMODB: silent.url });
    client = await FakeClient.serve(relay, table);
    answerAll(client, () => '{"local":1}');
    const beside = await start('beside');
    invokeApi.instead = (_request, response, body) => {
      void invoke(beside, body.toString()).then(({ recorded }) => {
        const failed = recorded.path.endsWith('/error') ? { 'X-Amz-Function-Error': 'Unhandled' } : {};
        response.writeHead(200, failed).end(recorded.body);
      });
      return true;
    };
    const [relayed, byStub] = await inTurn(await start('wrapped'), await start('stub'));
    const silentApi = await faultMs({ AWS_ENDPOINT_URL_LAMBDA: silent.secureUrl });
    const more = (percent: number) => percentile(withUs, percent) - percentile(without, percent);
    const mean = (samples: readonly number[]) => sum(samples) / samples.length;
    return [
      { what: 'an invocation that nobody serves, unwrapped', samples: without },
      { what: 'the same, wrapped', samples: withUs },
      { what: 'more, p50', value: more(50), unit: 'ms', goal: 1 },
      { what: 'more, p95', value: more(95), unit: 'ms', goal: 3 },
      { what: 'an invocation that is relayed, by a stub', samples: byStub },
      { what: 'the same, wrapped', samples: relayed },
      {
        what: 'answered by the deployed code: the table is silent',
        value: silentTable,
        unit: 'ms',
        goal: 300,
      },
      { what: 'the same: the Lambda API is silent', value: silentApi, unit: 'ms', goal: 300 },
      {
        what: 'more init, median',
        value: median(inits.wrapped) - median(inits.unwrapped),
        unit: 'ms',
        goal: 60,
      },
      ...(canReadProcesses
        ? ([
            {
              what: 'more processor time of the init phase, mean',
              value: mean(processor.wrapped) - mean(processor.unwrapped),
              unit: 'ms',
            },
            { what: 'more memory', value: (memory[0] ?? 0) - (memory[1] ?? 0), unit: 'MB', goal: 25 },
          ] as const)
        : []),
    ];
  } finally {
    await Promise.all(running.map(stop));
    client?.close();
    silent.close();
    invokeApi.close();
    await relay.close();
    await table.close();
    rmSync(taskRoot, { recursive: true, force: true });
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The runtime and the proxy, which is not its child. */
function processesOf({ api, instance }: Running): number[] {
  const marked = readdirSync('/proc').filter((pid) => {
    try {
      const mark = `AWS_LAMBDA_RUNTIME_API=${api.address}\0`;
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
    } catch {
      return false;
    }
  });
  return [...new Set([...marked.map(Number), instance.child.pid ?? 0])];
}

/** What a process has used of a processor, with all its threads. The kernel counts it in ticks of 10 ms. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Accepts connections and sends nothing; with TLS, not even the handshake. */
async function silentServer(): Promise<{ url: string; secureUrl: string; close: () => void }> {
  const sockets = new Set<import('node:net').Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    secureUrl: `https://127.0.0.1:${port}`,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
