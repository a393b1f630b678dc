// [1] The thread beside the function's own Node.js runtime: listens as its Runtime API. Started by node-preload.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import { reportBy } from '../report.ts';
import { decideBy } from './decide.ts';
import { reportFault } from './guarded.ts';
import { logLine } from './log-line.ts';
import { Relayed } from './relayed.ts';
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

try {
  reportBy(logLine);
  const { environment, isLazy, runtimeApi, state } = workerData as ProxyData;
  setInterval(() => Atomics.add(state, beats, 1), beatMs).unref();
  const api = new RuntimeApi(runtimeApi);
  const relayed = new Relayed(environment, systemClock);
  relayed.onRelays = (relays) => say({ relays });
  // Lambda ends the instance. The main thread waits for it.
  parentPort?.on('message', async () => {
    await relayed.stop();
    Atomics.store(state, hasStopped, 1);
    Atomics.notify(state, hasStopped);
  });
  // Nothing else waits for it where the runtime starts later.
  const started = within(systemClock, isLazy ? lazyStartMs : startMs, relayed.start().catch(reportFault));
  const proxy = new RuntimeProxy(api, decideBy(relayed, api, systemClock), started);
  proxy.onWait = (waits) => Atomics.store(state, runtimeWaits, Number(waits));
  say({ port: await proxy.listen() });
  if (isLazy) {
    await proxy.untilNeeded();
    say({ needed: true });
  }
} catch (error) {
  say({ failed: messageOf(error) });
}
