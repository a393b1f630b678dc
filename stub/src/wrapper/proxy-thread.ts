// [1] The thread beside the function's own Node.js runtime: listens as its Runtime API. Started by node-preload.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { logLine } from './log-line.ts';
import { RuntimeProxy } from './runtime-proxy.ts';

/** What the main thread gives. */
export interface ProxyData {
  /** `host:port` of Lambda's Runtime API. */
  readonly runtimeApi: string;
  /** The variables as Lambda set them. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What it gets: where the proxy listens, or why it doesn't. */
export type FromProxy = { readonly port: number } | { readonly failed: string };

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
  const { runtimeApi } = workerData as ProxyData;
  const proxy = new RuntimeProxy(runtimeApi);
  say({ port: await proxy.listen() });
} catch (error) {
  say({ failed: messageOf(error) });
}
