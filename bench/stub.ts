// What the stub costs a cold start: its size, and the time Node takes to load it.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runNode } from './child-run.ts';
import type { Figure, Measurement } from './measurement.ts';
import { benchFolder, stubFile } from './repository.ts';

const runs = 20;

export const stub: Measurement = {
  name: 'stub',
  title: 'Stub',
  method: `dist/stub/index.mjs, imported by ${runs} fresh Node processes, timed inside the process from before import() \
until all of the module’s code has run. It gets no settings, so it then ends with its configuration error, before the init \
phase, which waits for the network. File reads come from the page cache; Lambda’s disk and share of a CPU are not \
modelled.`,
  run: measure,
};

async function measure(): Promise<readonly Figure[]> {
  const loaded: number[] = [];
  for (let count = 0; count < runs; count += 1) loaded.push(await loadMs());
  return [
    { what: 'size', value: statSync(stubFile).size / 1000, unit: 'KB', goal: 120 },
    { what: 'loaded', samples: loaded, goal: 40 },
  ];
}

async function loadMs(): Promise<number> {
  const { stdout } = await runNode([join(benchFolder, 'stub-load-probe.mjs'), stubFile], {
    LIVE_DEBUG_STAGE: '',
  });
  const { ms, refused } = JSON.parse(stdout) as { ms: number; refused?: string };
  if (refused !== 'LiveDebugStubConfigError') throw new Error(`the stub’s import ended with ${refused}`);
  return ms;
}
