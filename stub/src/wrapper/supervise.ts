// [1] Watches the proxy from the runtime's process: ends one that hangs, and never leaves the runtime with a port where nobody
// answers. Loaded by node-start.ts.
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type FromProxy, onLines, sendLine } from './control.ts';
import { logLine } from './log-line.ts';
import {
  beatMs,
  beats,
  controlPort,
  hasStopped,
  proxyPid,
  proxyPort,
  runtimeWaits,
  type SharedState,
  token,
} from './shared-state.ts';
import type { TunnelData } from './tunnel-thread.ts';

/** Beats that are missed before the proxy counts as hanging. A frozen instance misses one. */
const missedBeats = 5;

/** Lambda gives a runtime 300 ms after SIGTERM; a post takes tens of milliseconds. */
const stopWithinMs = 200;

/** For the start of a small thread; a function with little memory has a fraction of a processor. Milliseconds. */
const listensWithinMs = 1000;

/** Watches the proxy from now on. Resolves when the runtime may start: with lazy init, once it is needed. */
export async function supervised(state: SharedState, runtimeApi: string, isLazy: boolean): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port: state.load(controlPort) });
  socket.on('error', () => undefined);
  watchOver(socket, runtimeApi, state);
  const relays = onRelays(socket, state);
  sendLine(socket, { token: state.load(token) });
  await new Promise<void>((resolve) => {
    // The runtime then finds that the proxy is gone.
    socket.once('close', () => resolve());
    onLines(socket, (message: FromProxy) => {
      if ('relays' in message) relays(message.relays);
      else resolve();
    });
    if (!isLazy) resolve();
  });
  // Until now, with lazy init, only the socket kept this process alive.
  socket.unref();
}

function watchOver(socket: Socket, runtimeApi: string, state: SharedState): void {
  const [pid, port] = [state.load(proxyPid), state.load(proxyPort)];
  const say = (liveDebug: string) => logLine(`${JSON.stringify({ liveDebug })}\n`);
  let [last, missed] = [0, 0];
  const watch = setInterval(() => {
    const now = state.load(beats);
    missed = now === last ? missed + 1 : 0;
    last = now;
    if (missed < missedBeats) return;
    say('the proxy hangs, and is ended');
    clearInterval(watch);
    endProcess(pid);
  }, beatMs);
  watch.unref();
  socket.once('close', () => {
    clearInterval(watch);
    // The process may still hold its port.
    endProcess(pid);
    // The runtime's connection has broken, and some runtimes would retry forever. Lambda starts another.
    if (state.load(runtimeWaits) === 1) {
      say('the proxy has ended: the runtime ends, and Lambda starts it again');
      process.exit(1);
    }
    say('the proxy has ended: the deployed code goes on without it');
    const listens = new Int32Array(new SharedArrayBuffer(4));
    const workerData: TunnelData = { port, runtimeApi, listens };
    const tunnel = new Worker(join(__dirname, 'node-tunnel.cjs'), {
      workerData,
      env: {},
      execArgv: [],
      name: 'live-debug',
    });
    tunnel.on('error', () => process.exit(1));
    tunnel.unref();
    // Until the tunnel listens, what the runtime sends would be refused.
    Atomics.wait(listens, 0, 0, listensWithinMs);
  });
}

/**
 * While a client has an invocation, SIGTERM is reported to it first; then the function's own handlers run, or without any the
 * default action. Where the runtime blocks this thread while it waits, the signal acts as in an unwrapped function.
 */
function onRelays(socket: Socket, state: SharedState): (relays: boolean) => void {
  const stop = () => {
    process.off('SIGTERM', stop);
    sendLine(socket, { stop: true });
    // The function's handlers, which come next, may end the process.
    state.waitFor(hasStopped, stopWithinMs);
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  return (relays) => {
    process.off('SIGTERM', stop);
    if (relays) process.prependListener('SIGTERM', stop);
  };
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
