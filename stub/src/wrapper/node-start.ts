// [1] Required by /opt/live-debug before anything else of the function's own Node.js runtime: starts the proxy of the Runtime
// API in a worker thread, and has the runtime's client talk to that. Whatever fails here leaves the runtime as it is.
import { join } from 'node:path';
import { isMainThread, Worker } from 'node:worker_threads';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { logLine } from './log-line.ts';
import type { FromProxy, ProxyData } from './proxy-thread.ts';
import { afterRunning } from './running-time.ts';
import { newState } from './shared-state.ts';
import { onRelays, supervise } from './supervise.ts';

/** The proxy's thread listens within 40 ms on 2 cores; a function with little memory has a fraction of one. */
const startBoundMs = 2000;

const address = process.env.AWS_LAMBDA_RUNTIME_API;

/**
 * Resolves when the runtime may start: node.mjs waits for it. Until then Node.js goes on with its own start, beside the
 * thread's. Never rejects.
 */
export const wrapped: Promise<void> =
  // Not in the function's own worker threads, nor in programs that it starts.
  isMainThread && address !== undefined && process.env.LIVE_DEBUG_STAGE !== undefined
    ? wrap(address, withoutTraces()).catch((error: unknown) =>
        logLine(`${JSON.stringify({ liveDebug: 'the function runs unwrapped', why: messageOf(error) })}\n`),
      )
    : Promise.resolve();

/** Takes what is ours out of what the function's code sees; the variables as they were. */
function withoutTraces(): Record<string, string> {
  const { execArgv } = process;
  for (const own of ['node-start.cjs', 'node.mjs']) {
    const at = execArgv.indexOf(join(__dirname, own));
    if (at > 0) execArgv.splice(at - 1, 2);
  }
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined) environment[name] = value;
    if (name.startsWith('LIVE_DEBUG_')) delete process.env[name];
  }
  // The wrapper script found none of the function's own, before another script set some.
  if (environment.LIVE_DEBUG_NODE_OPTIONS === '') {
    delete environment.LIVE_DEBUG_NODE_OPTIONS;
    delete environment.NODE_OPTIONS;
  }
  return environment;
}

/** Rejects where the proxy does not start in time; nothing is changed then. */
async function wrap(runtimeApi: string, environment: Record<string, string>): Promise<void> {
  const isLazy = environment.LIVE_DEBUG_WRAP_INIT === 'lazy';
  const state = newState();
  const workerData: ProxyData = { runtimeApi, environment, isLazy, state };
  // Without the function's options and preloads, which are none of the proxy's.
  const thread = new Worker(join(__dirname, 'node-proxy.cjs'), {
    workerData,
    env: {},
    execArgv: [],
    name: 'live-debug',
  });
  // An error of the thread that nobody listens for would end the function.
  thread.on('error', (error) =>
    logLine(`${JSON.stringify({ liveDebug: 'the proxy failed', why: messageOf(error) })}\n`),
  );
  const port = await new Promise<number>((resolve, reject) => {
    const late = () => reject(new Error('the proxy did not start in time'));
    const cancel = afterRunning(startBoundMs, late);
    const end = (error: Error) => {
      cancel();
      reject(error);
    };
    thread.once('error', end);
    thread.once('exit', () => end(new Error('the proxy ended')));
    thread.once('message', (message: FromProxy) => {
      cancel();
      if ('port' in message) resolve(message.port);
      else reject(new Error('failed' in message ? message.failed : 'the proxy did not listen'));
    });
  }).catch(async (error: unknown) => {
    void thread.terminate();
    throw error;
  });
  process.env.AWS_LAMBDA_RUNTIME_API = `127.0.0.1:${port}`;
  supervise(thread, port, runtimeApi, state);
  const relays = onRelays(thread, state);
  await new Promise<void>((resolve) => {
    thread.on('message', (message: FromProxy) => {
      if ('relays' in message) relays(message.relays);
      else resolve();
    });
    if (!isLazy) resolve();
  });
  thread.unref();
}
