// `make bench`: measures what the project promises, prints it, and writes docs/benchmarks.md when all of it was measured.
//   node dist/bench.mjs              everything
//   node dist/bench.mjs warm save    a part, printed only
//   node dist/bench.mjs packing      see packing/packing.ts: bytes, not milliseconds
//   node dist/bench.mjs network      see network/network.ts: another bench, for a line of its own
import { writeFileSync } from 'node:fs';
import { concurrent } from './concurrent.ts';
import { load, machineLine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { memory } from './memory.ts';
import { network } from './network/network.ts';
import { observe } from './observe.ts';
import { packing } from './packing/packing.ts';
import { parts } from './parts.ts';
import { payload } from './payload.ts';
import { pythonWrapper } from './python-wrapper.ts';
import { recording } from './recording.ts';
import { type Measured, markdown, terminalTable } from './report.ts';
import { benchmarksFile } from './repository.ts';
import { save } from './save.ts';
import { start } from './start.ts';
import { stub } from './stub.ts';
import { warm } from './warm.ts';
import { Workspace } from './workspace.ts';
import { wrapper } from './wrapper.ts';

const measurements: readonly Measurement[] = [
  warm,
  parts,
  save,
  payload,
  concurrent,
  stub,
  wrapper,
  pythonWrapper,
  observe,
  recording,
  start,
  memory,
];

/** The whole bench ends by itself within this time. */
const boundMs = 4 * 60_000;

const asked = process.argv.slice(2);
if (asked[0] === 'packing') process.exit(await packing(asked.slice(1)));
if (asked[0] === 'network') process.exit(await network(asked.slice(1)));
const unknown = asked.filter((name) => !measurements.some((each) => each.name === name));
if (unknown.length > 0) {
  const names = measurements.map(({ name }) => name).join(', ');
  console.error(`unknown measurement: ${unknown.join(', ')}; measurements are ${names}`);
  process.exit(2);
}

let current: Workspace | undefined;
function giveUp(reason: string): never {
  console.error(`bench: ${reason}`);
  current?.abandon();
  process.exit(1);
}
process.on('SIGINT', () => giveUp('interrupted'));
process.on('SIGTERM', () => giveUp('ended'));
setTimeout(() => giveUp(`not done within ${boundMs / 1000} s`), boundMs).unref();

const machine = machineLine();
const loadBefore = load();
console.log(`${machine}, load ${loadBefore}\n`);
const measured: Measured[] = [];
for (const measurement of measurements) {
  if (asked.length > 0 && !asked.includes(measurement.name)) continue;
  current = new Workspace();
  try {
    const result = { measurement, figures: await measurement.run(current) };
    measured.push(result);
    console.log(`${terminalTable(result)}\n`);
  } catch (error) {
    process.exitCode = 1;
    console.error(`${measurement.title}: not measured, ${error instanceof Error ? error.message : error}\n`);
  } finally {
    await current.close();
  }
}
if (measured.length === measurements.length) {
  const context = `${machine}, load ${loadBefore} before and ${load()} at the end`;
  writeFileSync(benchmarksFile, markdown(measured, context, new Date()));
  console.log('wrote docs/benchmarks.md');
}
