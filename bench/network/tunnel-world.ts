// A database that only the Region reaches, and two ways from the laptop to it: `livectl tunnel`, and the barest one.
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LivectlProcess } from '../livectl-process.ts';
import { processorMs, processTree } from '../process-tree.ts';
import type { Laboratory } from './laboratory.ts';
import { stage } from './region.ts';
import type { ClientFigures } from './tunnel-peers.ts';

/** Milliseconds of a round trip between laptop and Region, as the goals have it. */
export const lineMs = 40;
export const rate = 100_000_000;

/** The database's address: of the Region only, so that the laptop has no way to it. */
const databaseAddress = '10.99.0.1';

const own = [process.argv[1] ?? '', 'network'];

type Child = ChildProcessByStdio<Writable, Readable, null>;
type DeployedRegion = Awaited<ReturnType<Laboratory['deploy']>>['region'];

/** What the two ends have, on the laptop and in the Region. */
export interface Ends {
  readonly near: number;
  readonly far: number;
}

/** A way to the database: a port on the laptop. */
interface Way {
  readonly port: number;
  /** The processes. The tunnel function runs once something is sent through it. */
  pids(): Ends;
  close(): Promise<void>;
}

export type WayKind = 'tunnel' | 'bare';

export class TunnelWorld {
  readonly #laboratory: Laboratory;
  readonly #database: Child;
  readonly #way: Way;

  private constructor(laboratory: Laboratory, database: Child, way: Way) {
    this.#laboratory = laboratory;
    this.#database = database;
    this.#way = way;
  }

  static async start(laboratory: Laboratory, ownPostMs: number, kind: WayKind): Promise<TunnelWorld> {
    execFileSync('ip', ['address', 'replace', `${databaseAddress}/32`, 'dev', 'lo']);
    const { region } = await laboratory.deploy([{ name: 'quick' }], {
      allow: [`${databaseAddress}/32:*`],
      postMs: ownPostMs,
    });
    const database = started([process.execPath, ...own, '--tunnel-database', databaseAddress]);
    const [port] = await linesOf(database, 1);
    const target = `${databaseAddress}:${port}`;
    const open = kind === 'bare' ? bareWay : tunnelWay;
    return new TunnelWorld(laboratory, database, await open(laboratory, region, target));
  }

  /** Runs the client on the laptop; see tunnel-peers.ts. */
  async run(work: string, ...numbers: readonly number[]): Promise<ClientFigures> {
    const { onLaptop } = this.#laboratory.line;
    const client = started([
      ...onLaptop,
      process.execPath,
      ...own,
      '--tunnel-client',
      ...[this.#way.port, work, ...numbers].map(String),
    ]);
    const [text = ''] = await linesOf(client, 1);
    return JSON.parse(text) as ClientFigures;
  }

  pids(): Ends {
    return this.#way.pids();
  }

  /** Does some work, and returns also what each end took of the processors for it, in milliseconds. */
  async withProcessorTime<T>(work: () => Promise<T>): Promise<{ result: T; ms: Ends }> {
    const { far, near } = this.pids();
    const before = { near: processorMs(near), far: processorMs(far) };
    const result = await work();
    return { result, ms: { near: processorMs(near) - before.near, far: processorMs(far) - before.far } };
  }

  async close(): Promise<void> {
    await this.#way.close();
    await ended(this.#database);
  }
}

async function tunnelWay({ folder, line }: Laboratory, region: DeployedRegion, target: string): Promise<Way> {
  const livectl = new LivectlProcess([target, '--local-port', '0', '--stage', stage], folder, {
    command: 'tunnel',
    env: region.developer,
    on: line.onLaptop,
  });
  const { port } = (await livectl.next('ready')) as unknown as { port: number };
  const isFunction = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes('LIVE_DEBUG_TUNNEL_ALLOW=');
    } catch {
      return false;
    }
  };
  return {
    port,
    pids() {
      const far = processTree(process.pid).find(isFunction);
      if (far === undefined) throw new Error('the tunnel function does not run');
      return { near: livectl.pid, far };
    },
    close: () => livectl.stop(),
  };
}

/** Two ends that do nothing but pass bytes on; see tunnel-bare.ts. */
async function bareWay({ line }: Laboratory, region: DeployedRegion, target: string): Promise<Way> {
  const { developer, relayUrl } = region;
  const end = (on: readonly string[], ...args: readonly string[]) =>
    started([...on, process.execPath, ...own, '--tunnel-bare', relayUrl, ...args], developer);
  const near = end(line.onLaptop);
  const [id = '', port] = await linesOf(near, 2);
  const far = end([], id, target);
  await linesOf(far, 1);
  return {
    port: Number(port),
    pids: () => ({ near: near.pid ?? 0, far: far.pid ?? 0 }),
    close: async () => void (await Promise.all([near, far].map(ended))),
  };
}

function started(words: readonly string[], env: Readonly<Record<string, string>> = {}): Child {
  const [program = '', ...args] = words;
  return spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'inherit'] });
}

/** The first lines that it prints. Rejects if it ends before. */
async function linesOf(child: Child, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) return lines;
  }
  throw new Error('a peer of the tunnel’s bench ended early');
}

async function ended(child: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin.end();
  await once(child, 'exit');
}

/** What is measured in a world of its own. */
export async function inWorld<T>(
  laboratory: Laboratory,
  options: { readonly isLimited: boolean; readonly ownPostMs: number; readonly kind?: WayKind },
  measure: (world: TunnelWorld) => Promise<T>,
): Promise<T> {
  const { isLimited, kind = 'tunnel', ownPostMs } = options;
  // The backlog of a line that is not a modem's: 100 ms.
  await laboratory.line.set({ delay: lineMs / 2, ...(isLimited ? { rate, queue: 100 } : {}) });
  const world = await TunnelWorld.start(laboratory, ownPostMs, kind);
  try {
    return await measure(world);
  } finally {
    await world.close();
  }
}
