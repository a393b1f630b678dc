// [1] Replaces a proxy that has ended: passes bytes between the runtime and Lambda's Runtime API unchanged.
// Started by supervise.ts.
import { connect, createServer } from 'node:net';
import { workerData } from 'node:worker_threads';

/** What the main thread passes. */
export interface TunnelData {
  /** Where the proxy listened, on the loopback. */
  readonly port: number;
  /** `host:port` of Lambda's Runtime API. */
  readonly runtimeApi: string;
  /** One cell of shared memory: 1 once the tunnel accepts connections. */
  readonly listens: Int32Array;
}

const { port, runtimeApi, listens } = workerData as TunnelData;
const { hostname: host, port: apiPort } = new URL(`http://${runtimeApi}`);

createServer((runtime) => {
  const lambda = connect({ host, port: Number(apiPort || 80) });
  runtime.pipe(lambda).pipe(runtime);
  const end = () => {
    runtime.destroy();
    lambda.destroy();
  };
  for (const socket of [runtime, lambda]) socket.on('error', end).on('close', end);
}).listen(port, '127.0.0.1', () => {
  Atomics.store(listens, 0, 1);
  Atomics.notify(listens, 0);
});
