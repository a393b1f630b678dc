// [1] Required by /opt/live-debug before anything else of the function's own Node.js runtime: finds the proxy of the Runtime
// API, which that script has started beside it, and has the runtime's client talk to that. Whatever fails leaves the runtime as it is.
import { openSync, readFileSync, unlinkSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { logLine } from './log-line.ts';
import { afterRunning } from './running-time.ts';
import { isGivenUp, isReady, proxyPort, SharedState } from './shared-state.ts';

/** The proxy listens within 60 ms on 2 cores; a function with little memory has a fraction of one. */
const startBoundMs = 2000;

/** How often the proxy's process is checked while it starts, in milliseconds. */
const lookEveryMs = 25;

/** Node's own modules for connections, which a runtime may do without, are loaded after its start. Milliseconds. */
const superviseAfterMs = 50;

const {
  AWS_LAMBDA_RUNTIME_API: address,
  LIVE_DEBUG_CHANNEL: channel,
  LIVE_DEBUG_PROXY_PID: proxy = '',
} = process.env;

/** Resolves when the runtime may start: node.mjs waits for it. Until then Node.js goes on with its own start. Never rejects. */
export const wrapped: Promise<void> =
  // Not in the function's own worker threads, nor in programs that it starts.
  isMainThread && address !== undefined && channel !== undefined
    ? wrap(address, channel).catch((error: unknown) =>
        logLine(`${JSON.stringify({ liveDebug: 'the function runs unwrapped', why: messageOf(error) })}\n`),
      )
    : Promise.resolve();

/** Takes what is ours out of what the function's code sees. */
function removeTraces(): void {
  const { execArgv } = process;
  for (const own of ['node-start.cjs', 'node.mjs']) {
    const at = execArgv.indexOf(join(__dirname, own));
    if (at > 0) execArgv.splice(at - 1, 2);
  }
  for (const name of Object.keys(process.env)) if (name.startsWith('LIVE_DEBUG_')) delete process.env[name];
}

/** Rejects where the proxy does not start in time; nothing is changed then. */
async function wrap(runtimeApi: string, path: string): Promise<void> {
  const isLazy = process.env.LIVE_DEBUG_WRAP_INIT === 'lazy';
  removeTraces();
  let isLate = false;
  const cancel = afterRunning(startBoundMs, () => {
    isLate = true;
  });
  let lookAt = Date.now() + lookEveryMs;
  const pause = async () => {
    if (isLate) throw new Error('the proxy did not start in time');
    if (Date.now() >= lookAt) {
      if (hasEnded(proxy)) throw new Error('the proxy ended before it listened');
      lookAt = Date.now() + lookEveryMs;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const state = await stateOf(path, pause);
  try {
    state.text = runtimeApi;
    while (state.load(isReady) === 0) await pause();
    if (state.load(isReady) !== 1) throw new Error('the proxy did not start');
  } catch (error) {
    state.store(isGivenUp, 1);
    throw error;
  } finally {
    cancel();
  }
  process.env.AWS_LAMBDA_RUNTIME_API = `127.0.0.1:${state.load(proxyPort)}`;
  const supervise = () => {
    const { supervised } = require(join(__dirname, 'node-supervise.cjs')) as typeof import('./supervise.ts');
    return supervised(state, runtimeApi, isLazy);
  };
  if (isLazy) await supervise();
  else setTimeout(supervise, superviseAfterMs).unref();
  // The runtime goes on from here: with frames of a timer or a socket in its traces, were one of these the last.
  await access(__filename).catch(() => undefined);
}

/** Whether a process has ended, also if it is a zombie (proc(5): the state follows the name in parentheses). */
function hasEnded(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return ['Z', 'X'].includes(stat.charAt(stat.lastIndexOf(')') + 2));
  } catch (error) {
    return process.platform === 'linux' && (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** The file has no name from now on. */
async function stateOf(path: string, pause: () => Promise<void>): Promise<SharedState> {
  for (;;) {
    try {
      const state = new SharedState(openSync(path, 'r+'));
      unlinkSync(path);
      return state;
    } catch {
      await pause();
    }
  }
}
