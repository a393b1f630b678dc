// [1] The thread beside the function's own Node.js runtime: listens as its Runtime API. Started by node-start.ts.
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import type { Decide } from './decide.ts';
import { reportFault } from './guarded.ts';
import { logLine } from './log-line.ts';
import type { RelayPart } from './relay-part.ts';
import { RuntimeApi } from './runtime-api.ts';
import { RuntimeProxy } from './runtime-proxy.ts';
import { beatMs, beats, hasStopped, runtimeWaits, type SharedState } from './shared-state.ts';

/** What the main thread gives. */
export interface ProxyData {
  /** `host:port` of Lambda's Runtime API. */
  readonly runtimeApi: string;
  /** The variables as Lambda set them. */
  readonly environment: Readonly<Record<string, string>>;
  /** The runtime starts with the first invocation that it must answer. */
  readonly isLazy: boolean;
  readonly state: SharedState;
}

/**
 * What it gets: where the proxy listens, or why it doesn't; of a lazy one, that the runtime is needed; and whether a client
 * has an invocation.
 */
export type FromProxy =
  | { readonly port: number }
  | { readonly failed: string }
  | { readonly needed: true }
  | { readonly relays: boolean };

/**
 * The init phase ends when the runtime asks for its first invocation: by then the table has been read, mostly, beside the
 * runtime's own start, and where somebody serves the relay is connected. Milliseconds.
 */
const startMs = 200;
const lazyStartMs = 2000;

const say = (message: FromProxy) => parentPort?.postMessage(message);

// A fault that nothing waited for must not end the thread, and the function with it.
process.on('uncaughtException', reportFault);
process.on('unhandledRejection', reportFault);

let relays: RelayPart | undefined;

/** Without the relay part, the deployed code answers. */
function load({ environment }: ProxyData, api: RuntimeApi): void {
  try {
    const { relayPart } = require(join(__dirname, 'node-relay.cjs')) as typeof import('./relay-part.ts');
    relays = relayPart(environment, api, (isRelaying) => say({ relays: isRelaying }));
  } catch (error) {
    const line = { liveDebug: 'the deployed code answers', because: 'the relay part did not load' };
    logLine(`${JSON.stringify({ ...line, why: messageOf(error) })}\n`);
  }
}

/** Nothing else waits for it where the runtime starts later. */
async function start(data: ProxyData, api: RuntimeApi): Promise<void> {
  load(data, api);
  const started = relays?.start().catch(reportFault) ?? Promise.resolve();
  await within(systemClock, data.isLazy ? lazyStartMs : startMs, started);
}

async function run(data: ProxyData): Promise<void> {
  const { isLazy, state } = data;
  setInterval(() => Atomics.add(state, beats, 1), beatMs).unref();
  // Lambda ends the instance. The main thread waits for it.
  parentPort?.on('message', async () => {
    await relays?.stop();
    Atomics.store(state, hasStopped, 1);
    Atomics.notify(state, hasStopped);
  });
  const api = new RuntimeApi(data.runtimeApi);
  const decide: Decide = async (taken) => (await relays?.decide(taken)) ?? false;
  let begin: () => void = () => undefined;
  const listens = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const proxy = new RuntimeProxy(api, decide, listens.then(() => start(data, api)).catch(reportFault));
  proxy.onWait = (waits) => Atomics.store(state, runtimeWaits, Number(waits));
  say({ port: await proxy.listen() });
  // Not before the runtime may start: it takes longer than all above.
  begin();
  if (isLazy) {
    await proxy.untilNeeded();
    say({ needed: true });
  }
}

run(workerData as ProxyData).catch((error: unknown) => say({ failed: messageOf(error) }));
