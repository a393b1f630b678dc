// Warm invocations, one after the other: over the whole loop, in-process, and over serverless-offline, in one run.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { SessionEvent } from '../cli/src/session/session-event.ts';
import { HttpCaller } from './http-caller.ts';
import type { Figure, Measurement } from './measurement.ts';
import { median } from './percentile.ts';
import { benchFolder, repository } from './repository.ts';
import type { Workspace } from './workspace.ts';

const warmUp = 200;
const rounds = 5;
const perRound = 200;
const path = '/hello?name=ada';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;
type Result = Extract<SessionEvent, { event: 'result' }>;

/** One way to call; resolves when the answer is there. */
type Call = () => Promise<unknown>;

export const warm: Measurement = {
  name: 'warm',
  title: 'Warm invocation',
  method: `${warmUp} calls to warm up, then ${rounds} rounds of ${perRound} calls for each way in turn, one call at a time \
over one kept-alive connection. The handler is the one of examples/quickstart; the trivial one returns an empty object. \
"In-process" calls the same bundle, with the event livectl handed to it, inside the bench (its console goes nowhere). \
serverless-offline runs without the Serverless Framework, with its default settings: handlers in worker threads, the same \
bundle. "Bare Node HTTP server" answers at once, and so shows what any local HTTP call costs this caller. \`ms\` and \
\`code_ms\` are those of livectl's result events; \`ms\` starts and ends in two processes and has a resolution of 1 ms.`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const root = quickstartAndMore(workspace);
  const { livectl, url } = await workspace.serve(root);
  const livectlCaller = callerOf(workspace, url);
  const bundle = await bundled(workspace, root);
  const event = JSON.parse((await livectlCaller.getOk('/event?name=ada')).body.toString()) as unknown;
  const offlineCaller = callerOf(workspace, await startServerlessOffline(workspace, bundle));
  const bareCaller = callerOf(
    workspace,
    await workspace.startHelper(join(benchFolder, 'bare-http-server.mjs')),
  );
  const handler = await handlerOf(bundle);

  const calls = {
    livectl: () => livectlCaller.getOk(path),
    trivial: () => livectlCaller.getOk('/trivial'),
    offline: () => offlineCaller.getOk(path),
    inProcess: () => handler(event, { getRemainingTimeInMillis: () => 10_000 }),
    bare: () => bareCaller.getOk('/'),
  };
  const results: Result[] = [];
  livectl.listen((each) => {
    if (each.event === 'result' && each.function === 'hello') results.push(each);
  });
  const samples = await inTurns(calls, () => results.splice(0));

  const p50 = {
    livectl: median(samples.livectl),
    offline: median(samples.offline),
    inProcess: median(samples.inProcess),
  };
  return [
    { what: 'livectl, quickstart handler', samples: samples.livectl },
    {
      what: 'of it: from the stub’s sending to the answer’s delivery (`ms`)',
      samples: results.map(({ ms }) => ms),
    },
    { what: 'of it: in the worker (`code_ms`)', samples: results.map(({ code_ms }) => code_ms) },
    { what: 'livectl, trivial handler', samples: samples.trivial },
    { what: 'same handler in-process', samples: samples.inProcess },
    { what: 'same handler, serverless-offline', samples: samples.offline },
    { what: 'bare Node HTTP server', samples: samples.bare },
    {
      what: 'livectl adds to the in-process call (p50)',
      value: p50.livectl - p50.inProcess,
      unit: 'ms',
      goal: 3,
    },
    { what: 'livectl : serverless-offline (p50)', value: p50.livectl / p50.offline, unit: '×' },
    { what: 'livectl : in-process (p50)', value: p50.livectl / p50.inProcess, unit: '×' },
  ];
}

/** Interleaved, so that a slow minute of the machine affects all. `onWarm` is called once, before the samples that count. */
async function inTurns<Name extends string>(
  calls: Readonly<Record<Name, Call>>,
  onWarm: () => void,
): Promise<Record<Name, number[]>> {
  const all = Object.entries(calls) as [Name, Call][];
  for (const [, call] of all) {
    for (let count = 0; count < warmUp; count += 1) await call();
  }
  onWarm();
  const samples = Object.fromEntries(all.map(([name]) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, call] of all) {
      for (let count = 0; count < perRound; count += 1) {
        const startedAt = performance.now();
        await call();
        samples[name].push(performance.now() - startedAt);
      }
    }
  }
  return samples;
}

function callerOf(workspace: Workspace, url: string): HttpCaller {
  const caller = new HttpCaller(url);
  workspace.defer(() => caller.close());
  return caller;
}

/** The example, and beside its function a trivial one and one that answers with its event. */
function quickstartAndMore(workspace: Workspace): string {
  const root = workspace.folder();
  cpSync(join(repository, 'examples', 'quickstart'), root, { recursive: true });
  const file = join(root, 'livectl.json');
  const { functions } = JSON.parse(readFileSync(file, 'utf8')) as { functions: Record<string, object> };
  const common = { runtime: 'nodejs22.x', timeout: 10 };
  Object.assign(functions, {
    trivial: { ...common, handler: 'src/trivial.handler' },
    event: { ...common, handler: 'src/event.handler' },
  });
  writeFileSync(file, JSON.stringify({ functions }));
  writeFileSync(join(root, 'src', 'trivial.ts'), 'export const handler = async () => ({});\n');
  writeFileSync(join(root, 'src', 'event.ts'), 'export const handler = async (event: object) => event;\n');
  return root;
}

/** Bundles the quickstart's handler as livectl does; returns the bundle's folder. */
async function bundled(workspace: Workspace, root: string): Promise<string> {
  const folder = workspace.folder();
  const entryPoints = [join(root, 'src', 'hello.ts')];
  await build({
    entryPoints,
    outfile: join(folder, 'hello.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  return folder;
}

async function handlerOf(bundle: string): Promise<Handler> {
  const module = (await import(pathToFileURL(join(bundle, 'hello.mjs')).href)) as { handler: Handler };
  return async (event, context) => {
    const { log } = console;
    console.log = () => undefined;
    try {
      return await module.handler(event, context);
    } finally {
      console.log = log;
    }
  };
}

function startServerlessOffline(workspace: Workspace, folder: string): Promise<string> {
  const hello = {
    name: 'hello',
    handler: 'hello.handler',
    runtime: 'nodejs20.x',
    timeout: 10,
    memorySize: 256,
    environment: { GREETING: 'hi' },
    events: [{ httpApi: 'GET /hello' }],
  };
  const args = [folder, JSON.stringify({ hello })];
  return workspace.startHelper(join(benchFolder, 'serverless-offline-server.mjs'), args);
}
