// What recording costs an invocation: two livectls side by side, one of which records.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpCaller } from './http-caller.ts';
import type { Figure, Measurement } from './measurement.ts';
import { median } from './percentile.ts';
import { repository } from './repository.ts';
import type { Workspace } from './workspace.ts';

const warmUp = 200;
const rounds = 12;
const perRound = 200;

export const recording: Measurement = {
  name: 'recording',
  title: 'Recording',
  method: `${warmUp} calls to warm up, then ${rounds} rounds of ${perRound} calls of each of two livectls in turn, one at a time without a \
pause, over a kept-alive connection: the handler of examples/quickstart, with and without \`--no-record\`, as HTTP callers see it. CPU time is \
that of livectl's own process, the local cloud and all that it does between the calls included; it depends less on what else the machine does (Linux).`,
  run: measure,
};

async function measure(workspace: Workspace): Promise<readonly Figure[]> {
  const start = async (flags: readonly string[]) => {
    const root = workspace.folder();
    cpSync(join(repository, 'examples', 'quickstart'), root, { recursive: true });
    const { livectl, url } = await workspace.serve(root, flags);
    const caller = new HttpCaller(url);
    workspace.defer(() => caller.close());
    const call = () => caller.getOk('/hello?name=ada');
    return { root, call, pid: livectl.pid, samples: [] as number[] };
  };
  const recorded = await start([]);
  const unrecorded = await start(['--no-record']);
  const both = [recorded, unrecorded];
  for (const { call } of both) for (let count = 0; count < warmUp; count += 1) await call();
  const before = both.map(({ pid }) => cpuMs(pid));
  for (let round = 0; round < rounds; round += 1)
    // Each is first as often as the other.
    for (const { call, samples } of round % 2 === 0 ? both : [...both].reverse())
      for (let count = 0; count < perRound; count += 1) samples.push((await call()).ms);
  const [withIt = 0, without = 0] = both.map(({ pid }, at) => {
    const spent = cpuMs(pid) - (before[at] ?? 0);
    return spent / (rounds * perRound);
  });
  const files = readdirSync(join(recorded.root, '.livectl', 'recordings')).length;
  return [
    { what: 'recorded', samples: recorded.samples },
    { what: 'with `--no-record`', samples: unrecorded.samples },
    {
      what: 'recording adds (p50)',
      value: median(recorded.samples) - median(unrecorded.samples),
      unit: 'ms',
      goal: 0.5,
    },
    { what: 'CPU time of an invocation, recorded', value: withIt, unit: 'ms' },
    { what: 'CPU time of an invocation, with `--no-record`', value: without, unit: 'ms' },
    { what: 'recordings kept', value: files, unit: '' },
  ];
}

/** Of all threads of a process, in milliseconds; 0 where there is no /proc. */
function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // After the name, which may have spaces: state is field 3, utime 14, stime 15, in hundredths of a second.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}
