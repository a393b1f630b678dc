// The tunnel on a line of 40 ms: a query's round trip, one stream's rate, connects, size, and memory over ten minutes.
import { statSync } from 'node:fs';
import { residentMb } from '../process-tree.ts';
import { tunnelZipFile } from '../repository.ts';
import { sleep } from './laboratory.ts';
import { postMs } from './region.ts';
import type { CountedRow, Part, Row } from './row.ts';
import { inWorld, lineMs, rate, type TunnelWorld, type WayKind } from './tunnel-world.ts';

const times = 300;

const queries: Part = {
  name: 'tunnel-queries',
  method: `${times} queries of 200 bytes one after the other on one connection, after 10 to warm up. The goal counts the line only, so \
the relay takes no time for a post in the first two rows; in the third one it takes as long as on AWS. “The barest way” does without the \
tunnel: two programs that post what they read, unsealed, by the same HTTP client over the same relay and line. Its time above the least is that of this \
machine, of TLS and of the emulated relay.`,
  run: (laboratory) =>
    laboratory.held(async () => {
      const limitMs = lineMs + 2 * postMs;
      const plain = { isLimited: false, ownPostMs: 0 };
      const ask = (world: TunnelWorld) => world.run('queries', times);
      const bare = await inWorld(laboratory, { ...plain, kind: 'bare' }, ask);
      await laboratory.reset();
      const own = await inWorld(laboratory, plain, ask);
      await laboratory.reset();
      const slower = await inWorld(laboratory, { ...plain, ownPostMs: postMs }, ask);
      return [
        { what: 'a query the barest way', ...bare, limitMs: lineMs },
        { what: 'a query through the tunnel', ...own, limitMs: lineMs, goalP50: lineMs + 5 },
        { what: `the same, posts of ${postMs} ms`, ...slower, limitMs, goalP50: limitMs + 5 },
      ];
    }),
};

const megabytes = 25;
const transfers = 4;

const streams: Part = {
  name: 'tunnel-streams',
  method: `${megabytes} MB of random bytes on one connection, ${transfers} times each way on a line of 100 Mbit/s, after 2 MB to warm up; the \
relay takes ${postMs} ms for a post. “At least” is the bytes’ time at the line’s rate; the goal is 80 % of that rate. Text of seven bits to a \
character and the headers of TCP and IP take 2390 ms of the line, so 2450 ms is the most that any tunnel over this relay can have. The barest way is that of \
\`tunnel-queries\`, with a fixed window of 1.5 MB.`,
  run: (laboratory) =>
    laboratory.held(async () => {
      const bytes = megabytes * 1_000_000;
      const limitMs = (bytes * 8 * 1000) / rate;
      const limited = { isLimited: true, ownPostMs: postMs };
      const ways = [
        ['download', 'to the laptop'],
        ['upload', 'from the laptop'],
      ] as const;
      const measured = (kind: WayKind, more: string, ends: readonly [near: string, far: string]) =>
        inWorld(laboratory, { ...limited, kind }, async (world) => {
          // The function runs from the first byte on.
          await world.run('queries', 1);
          const rows: Row[] = [];
          for (const [work, where] of ways) {
            const { ms, result } = await world.withProcessorTime(() => world.run(work, bytes, transfers));
            const goal = kind === 'tunnel' ? { goalP50: limitMs / 0.8 } : {};
            rows.push({ what: `${megabytes} MB ${where}${more}`, ...result, limitMs, ...goal });
            for (const [whose, all] of [
              [ends[0], ms.near],
              [ends[1], ms.far],
            ] as const) {
              const value = all / (megabytes * transfers + 2);
              rows.push({ what: `processor time for a MB ${where}: ${whose}`, value, unit: 'ms' });
            }
          }
          return rows;
        });
      const bare = await measured('bare', ' the barest way', ['bare, laptop', 'bare, Region']);
      await laboratory.reset();
      const own = await measured('tunnel', '', ['livectl', 'the function']);
      return [...bare, ...own];
    }),
};

const connects: Part = {
  name: 'tunnel-connects',
  method: `1,000 connections, 10 at once, each with one query; the relay takes ${postMs} ms for a post. The goal is a minute for all.`,
  run: (laboratory) =>
    laboratory.held(() =>
      inWorld(laboratory, { isLimited: false, ownPostMs: postMs }, async (world) => {
        const { failed, samples } = await world.run('connects', 1000, 10);
        return [
          { what: '1,000 connects', value: samples[0] ?? 0, unit: 'ms', goal: 60_000 },
          { what: '1,000 connects: failed', value: failed, unit: '', goal: 0 },
        ];
      }),
    ),
};

const size: Part = {
  name: 'tunnel-size',
  method: 'The file that Terraform uploads.',
  run: async () => [
    { what: 'the function’s zip', value: statSync(tunnelZipFile).size / 1024, unit: 'KB', goal: 120 },
  ],
};

const soakMinutes = 10;

const soak: Part = {
  name: 'tunnel-soak',
  method: `${soakMinutes} minutes of rounds, two a second at most, each with two queries, a connect, and a megabyte each way at the same time, without a limit to the \
line’s rate. Memory is VmRSS: the most of each second minute, and of the last one. The goal is a tenth more at most.`,
  run: (laboratory) =>
    inWorld(laboratory, { isLimited: false, ownPostMs: postMs }, async (world) => {
      const work = world.run('soak', soakMinutes * 60);
      const { far, near } = world.pids();
      const [livectl, theFunction] = await Promise.all([memoryOf(near, work), memoryOf(far, work)]);
      const { failed, samples } = await work;
      return [
        ...memoryRows('livectl', livectl),
        ...memoryRows('the function', theFunction),
        { what: 'rounds', value: samples.length, unit: '' },
        { what: 'rounds that failed', value: failed, unit: '', goal: 0 },
      ];
    }),
};

/** The most in each minute, in megabytes. */
async function memoryOf(pid: number, until: Promise<unknown>): Promise<readonly number[]> {
  const minutes: number[] = [];
  let isOver = false;
  void until.finally(() => {
    isOver = true;
  });
  const startedAt = performance.now();
  while (!isOver) {
    const minute = Math.floor((performance.now() - startedAt) / 60_000);
    minutes[minute] = Math.max(minutes[minute] ?? 0, residentMb(pid));
    await sleep(1000);
  }
  return minutes.slice(0, soakMinutes);
}

function memoryRows(whose: string, minutes: readonly number[]): CountedRow[] {
  const [early = 0, late = 0] = [minutes[1], minutes.at(-1)];
  return [
    { what: `memory of ${whose}, minute 2`, value: early * 1024, unit: 'KB' },
    {
      what: `memory of ${whose}, minute ${minutes.length}`,
      value: late * 1024,
      unit: 'KB',
      goal: early * 1024 * 1.1,
    },
  ];
}

/** What docs/benchmarks-tunnel.md shows. */
export const tunnelParts: readonly Part[] = [queries, streams, connects, size, soak];
