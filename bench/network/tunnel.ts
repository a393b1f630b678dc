// The tunnel on a line of 40 ms: a query's round trip, one stream's rate, connects, size, and memory over ten minutes.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LivectlProcess } from '../livectl-process.ts';
import { processTree, residentMb } from '../process-tree.ts';
import { tunnelZipFile } from '../repository.ts';
import { type Laboratory, sleep } from './laboratory.ts';
import { postMs, stage } from './region.ts';
import type { CountedRow, Part, Row } from './row.ts';
import type { ClientFigures } from './tunnel-peers.ts';

/** Milliseconds of a round trip between laptop and Region, as the goals have it. */
const lineMs = 40;
const rate = 100_000_000;

/** The database's address: of the Region only, so that the laptop has no way to it. */
const databaseAddress = '10.99.0.1';

/** A tunnel from the laptop to the database, by `livectl tunnel`. */
class TunnelWorld {
  readonly #laboratory: Laboratory;
  readonly #database: ChildProcessByStdio<Writable, Readable, null>;
  readonly livectl: LivectlProcess;
  readonly port: number;

  private constructor(
    laboratory: Laboratory,
    database: ChildProcessByStdio<Writable, Readable, null>,
    livectl: LivectlProcess,
    port: number,
  ) {
    this.#laboratory = laboratory;
    this.#database = database;
    this.livectl = livectl;
    this.port = port;
  }

  static async start(laboratory: Laboratory, ownPostMs: number): Promise<TunnelWorld> {
    execFileSync('ip', ['address', 'replace', `${databaseAddress}/32`, 'dev', 'lo']);
    const { region } = await laboratory.deploy([{ name: 'quick' }], {
      allow: [`${databaseAddress}/32:*`],
      postMs: ownPostMs,
    });
    const database = spawn(process.execPath, [...own, '--tunnel-database', databaseAddress], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [databasePort] = (await once(createInterface({ input: database.stdout }), 'line')) as [string];
    const { folder, line } = laboratory;
    const livectl = new LivectlProcess(
      [`${databaseAddress}:${databasePort}`, '--local-port', '0', '--stage', stage],
      folder,
      { command: 'tunnel', env: region.developer, on: line.onLaptop },
    );
    const { port } = (await livectl.next('ready')) as unknown as { port: number };
    return new TunnelWorld(laboratory, database, livectl, port);
  }

  /** Runs the client on the laptop; see tunnel-peers.ts. */
  async run(work: string, ...numbers: readonly number[]): Promise<ClientFigures> {
    const { line } = this.#laboratory;
    const words = [
      ...line.onLaptop,
      process.execPath,
      ...own,
      '--tunnel-client',
      this.port,
      work,
      ...numbers,
    ];
    const [program = '', ...args] = words.map(String);
    const client = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(createInterface({ input: client.stdout }), 'line')) as [string];
    return JSON.parse(text) as ClientFigures;
  }

  /** The process of the function. */
  get functionPid(): number {
    const runs = (pid: number) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('LIVE_DEBUG_TUNNEL_ALLOW=');
      } catch {
        return false;
      }
    };
    const found = processTree(process.pid).find(runs);
    if (found === undefined) throw new Error('the tunnel function does not run');
    return found;
  }

  async close(): Promise<void> {
    await this.livectl.stop();
    this.#database.stdin.end();
    await once(this.#database, 'exit');
  }
}

const own = [process.argv[1] ?? '', 'network'];

async function inWorld(
  laboratory: Laboratory,
  { isLimited, ownPostMs }: { readonly isLimited: boolean; readonly ownPostMs: number },
  measure: (world: TunnelWorld) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  // The backlog of a line that is not a modem's: 100 ms.
  await laboratory.line.set({ delay: lineMs / 2, ...(isLimited ? { rate, queue: 100 } : {}) });
  const world = await TunnelWorld.start(laboratory, ownPostMs);
  try {
    return await measure(world);
  } finally {
    await world.close();
  }
}

const queries: Part = {
  name: 'tunnel-queries',
  method:
    '300 queries of 200 bytes one after the other on one connection, after 10 to warm up. The goal counts the line only, so \
the relay takes no time for a post in the first row; in the second one it takes as long as on AWS.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const measured = async (ownPostMs: number, what: string) => {
        const limitMs = lineMs + 2 * ownPostMs;
        return inWorld(laboratory, { isLimited: false, ownPostMs }, async (world) => [
          { what, ...(await world.run('queries', 300)), limitMs, goalP50: limitMs + 5 },
        ]);
      };
      const plain = await measured(0, 'a query through the tunnel');
      await laboratory.reset();
      return [...plain, ...(await measured(postMs, `the same, posts of ${postMs} ms`))];
    }),
};

const megabytes = 25;

const streams: Part = {
  name: 'tunnel-streams',
  method: `${megabytes} MB of random bytes on one connection, 4 times each way on a line of 100 Mbit/s, after 2 MB to warm up; the \
relay takes ${postMs} ms for a post. “At least” is the bytes’ time at the line’s rate; the goal is 80 % of that rate.`,
  run: (laboratory) =>
    laboratory.held(() =>
      inWorld(laboratory, { isLimited: true, ownPostMs: postMs }, async (world) => {
        const bytes = megabytes * 1_000_000;
        const limitMs = (bytes * 8 * 1000) / rate;
        const goalP50 = limitMs / 0.8;
        return [
          {
            what: `${megabytes} MB to the laptop`,
            ...(await world.run('download', bytes, 4)),
            limitMs,
            goalP50,
          },
          {
            what: `${megabytes} MB from the laptop`,
            ...(await world.run('upload', bytes, 4)),
            limitMs,
            goalP50,
          },
        ];
      }),
    ),
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
      const { functionPid } = world;
      const [livectl, theFunction] = await Promise.all([
        memoryOf(world.livectl.pid, work),
        memoryOf(functionPid, work),
      ]);
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
