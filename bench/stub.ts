// What the stub costs a cold start: its size, and the time Node takes to load it.
import { statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { runNode } from './child-run.ts';
import type { Figure, Measurement } from './measurement.ts';
import { benchFolder, stubFile } from './repository.ts';

const runs = 20;

export const stub: Measurement = {
  name: 'stub',
  title: 'Stub',
  method: `dist/stub/index.mjs, imported by ${runs} fresh Node processes each way, timed inside the process from before \
import() until the module is evaluated. "Loaded": without settings, so that the module refuses to start once all of its \
code has run. "Loaded, init on closed ports": relay and directory on ports of 127.0.0.1 that refuse connections, so the \
init phase adds its own work and no waiting. File reads come from the page cache; Lambda's disk and CPU share are not modelled.`,
  run: measure,
};

async function measure(): Promise<readonly Figure[]> {
  const closed = `http://127.0.0.1:${await closedPort()}`;
  const settings = {
    LIVE_DEBUG_STAGE: 'bench',
    LIVE_DEBUG_FUNCTION: 'bench',
    LIVE_DEBUG_TABLE: 'bench',
    LIVE_DEBUG_RELAY: `${closed}/live`,
    AWS_ENDPOINT_URL: closed,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  };
  const loaded: number[] = [];
  const initialised: number[] = [];
  for (let count = 0; count < runs; count += 1) {
    loaded.push(await loadMs({ LIVE_DEBUG_STAGE: '' }, 'LiveDebugStubConfigError'));
    initialised.push(await loadMs(settings, undefined));
  }
  return [
    { what: 'size', value: statSync(stubFile).size / 1024, unit: 'KB', goal: 120 },
    { what: 'loaded', samples: loaded, goal: 40 },
    { what: 'loaded, init on closed ports', samples: initialised },
  ];
}

async function loadMs(env: Record<string, string>, expected: string | undefined): Promise<number> {
  const { stdout } = await runNode([join(benchFolder, 'stub-load-probe.mjs'), stubFile], env);
  const { ms, refused } = JSON.parse(stdout) as { ms: number; refused?: string };
  if (refused !== expected) throw new Error(`the stub's import ended with ${refused}, not ${expected}`);
  return ms;
}

/** A port that was free a moment ago, and that nobody listens on. */
function closedPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
