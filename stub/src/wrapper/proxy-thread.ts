// [1] The thread beside the function's own Node.js runtime: listens as its Runtime API. Started by node-preload.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import { reportBy } from '../report.ts';
import { decideBy } from './decide.ts';
import { logLine } from './log-line.ts';
import { Relayed } from './relayed.ts';
import { RuntimeApi } from './runtime-api.ts';
import { RuntimeProxy } from './runtime-proxy.ts';

/** What the main thread gives. */
export interface ProxyData {
  /** `host:port` of Lambda's Runtime API. */
  readonly runtimeApi: string;
  /** The variables as Lambda set them. */
  readonly environment: Readonly<Record<string, string>>;
  /** The runtime starts with the first invocation that it must answer. */
  readonly isLazy: boolean;
}

/** What it gets: where the proxy listens, or why it doesn't; and of a lazy one, that the runtime is needed. */
export type FromProxy = { readonly port: number } | { readonly failed: string } | { readonly needed: true };

/**
 * The init phase ends when the runtime asks for its first invocation: by then the table has been read, mostly, beside the
 * runtime's own start, and where somebody serves the relay is connected. Milliseconds.
 */
const startMs = 200;
const lazyStartMs = 2000;

const say = (message: FromProxy) => parentPort?.postMessage(message);

const said = new Set<string>();
/** A fault that nothing waited for must not end the thread, and the function with it. */
function survive(error: unknown): void {
  const why = messageOf(error);
  if (said.has(why) || said.size >= 100) return;
  said.add(why);
  logLine(`${JSON.stringify({ liveDebug: 'a fault of the proxy', why })}\n`);
}
process.on('uncaughtException', survive);
process.on('unhandledRejection', survive);

try {
  reportBy(logLine);
  const { environment, isLazy, runtimeApi } = workerData as ProxyData;
  const api = new RuntimeApi(runtimeApi);
  const relayed = new Relayed(environment, systemClock);
  // Nothing else waits for it where the runtime starts later.
  const started = within(systemClock, isLazy ? lazyStartMs : startMs, relayed.start().catch(survive));
  const proxy = new RuntimeProxy(api, decideBy(relayed, api, systemClock), started);
  say({ port: await proxy.listen() });
  if (isLazy) {
    await proxy.untilNeeded();
    say({ needed: true });
  }
} catch (error) {
  say({ failed: messageOf(error) });
}
