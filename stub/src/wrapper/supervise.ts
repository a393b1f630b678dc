// [1] The main thread's eye on the proxy's thread: one that hangs is ended, and one that has ended never leaves the runtime
// before a port where nobody answers.
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { logLine } from './log-line.ts';
import { beatMs, beats, hasStopped, runtimeWaits, type SharedState, tunnelListens } from './shared-state.ts';
import type { TunnelData } from './tunnel-thread.ts';

/** Beats that are missed before the thread counts as hanging. A frozen instance misses one. */
const missedBeats = 5;

/** Lambda gives a runtime 300 ms from SIGTERM on; a post takes tens of them. Milliseconds. */
const stopWithinMs = 200;

/** A thread of a few lines; a function with little memory has a fraction of a processor. Milliseconds. */
const listensWithinMs = 1000;

/** From here on the thread's end is looked after. `port`: where it listens. */
export function supervise(thread: Worker, port: number, runtimeApi: string, state: SharedState): void {
  const say = (liveDebug: string) => logLine(`${JSON.stringify({ liveDebug })}\n`);
  let [last, missed] = [0, 0];
  const watch = setInterval(() => {
    const now = Atomics.load(state, beats);
    missed = now === last ? missed + 1 : 0;
    last = now;
    if (missed < missedBeats) return;
    say('the proxy hangs, and is ended');
    clearInterval(watch);
    void thread.terminate();
  }, beatMs);
  watch.unref();
  thread.once('exit', () => {
    clearInterval(watch);
    // Its connection has broken: some runtimes would ask for ever. Lambda starts another.
    if (Atomics.load(state, runtimeWaits) === 1) {
      say('the proxy has ended: the runtime ends, and Lambda starts it again');
      process.exit(1);
    }
    say('the proxy has ended: the deployed code goes on without it');
    const workerData: TunnelData = { port, runtimeApi, state };
    const tunnel = new Worker(join(__dirname, 'node-tunnel.cjs'), {
      workerData,
      env: {},
      execArgv: [],
      name: 'live-debug',
    });
    tunnel.on('error', () => process.exit(1));
    tunnel.unref();
    // Till then, what the runtime sends would be refused.
    Atomics.wait(state, tunnelListens, 0, listensWithinMs);
  });
}

/**
 * While a client has an invocation, SIGTERM reaches it first; then what the function's own handlers do, or what there is
 * without any. Not where the runtime blocks this thread while it waits: the signal does what it does unwrapped.
 */
export function onRelays(thread: Worker, state: SharedState): (relays: boolean) => void {
  const stop = () => {
    process.off('SIGTERM', stop);
    thread.postMessage('stop');
    // The function's handlers, which come next, may end the process.
    Atomics.wait(state, hasStopped, 0, stopWithinMs);
    if (process.listenerCount('SIGTERM') === 0) process.kill(process.pid, 'SIGTERM');
  };
  return (relays) => {
    process.off('SIGTERM', stop);
    if (relays) process.prependListener('SIGTERM', stop);
  };
}
