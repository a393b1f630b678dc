// What a part of the network bench works with: the line, any number of stages with a livectl each, and their end.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LivectlProcess } from '../livectl-process.ts';
import type { Certificates } from './certificates.ts';
import { handlerFiles } from './handlers.ts';
import { hold } from './hold.ts';
import type { Line, LineSettings } from './line.ts';
import { type BenchFunction, type BenchTunnel, postMs, type Region, stage, startRegion } from './region.ts';

/** Milliseconds of a round trip between laptop and Region, unless a part sets its own. */
export const roundTripMs = 100;

/** The least that an invocation can take: a round trip, and the two posts inside the Region. */
export const leastMs = roundTripMs + 2 * postMs;

/** The project's goals for one invocation: p50 and p95 above the least possible. */
export const goalsOf = (limitMs: number) => ({ limitMs, goalP50: limitMs + 5, goalP95: limitMs + 15 });

const plainLine: LineSettings = { delay: roundTripMs / 2, rate: 0, queue: 2000, cut: 0 };

/** A deployed stage, and the livectl that serves it from the laptop. */
export class Stage {
  readonly region: Region;
  readonly root: string;
  readonly #laboratory: Laboratory;
  readonly #livectls: LivectlProcess[] = [];

  constructor(laboratory: Laboratory, region: Region, root: string) {
    this.#laboratory = laboratory;
    this.region = region;
    this.root = root;
  }

  /** Starts a livectl and waits until it is ready; `ms` is the time that it reports. */
  async serve(): Promise<{ livectl: LivectlProcess; ms: number }> {
    const { folder, line } = this.#laboratory;
    const flags = ['--stage', stage, '--root', this.root];
    const livectl = new LivectlProcess(flags, folder, { env: this.region.developer, on: line.onLaptop });
    this.#livectls.push(livectl);
    const { ms } = await livectl.next('ready');
    return { livectl, ms };
  }

  /** Milliseconds until the function's answer, which must name the call by its `n`; undefined for any other answer. */
  async time(name: string, event: object = {}): Promise<number | undefined> {
    const n = Math.random();
    const { ms, ok, text } = await this.region.invoke(name, { ...event, n });
    if (ok && (JSON.parse(text) as { n?: unknown }).n === n) return ms;
    this.#laboratory.note(`${name}: ${text.slice(0, 300)}`);
    return undefined;
  }

  /** The same, but rejects without an answer, where nothing else could be measured. */
  async warmUp(name: string, times = 1, event: object = {}): Promise<void> {
    for (let count = 0; count < times; count += 1) {
      if ((await this.time(name, event)) === undefined)
        throw new Error(`${name} failed before anything was measured`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#livectls.map((livectl) => livectl.stop()));
    await this.region.close();
  }
}

export class Laboratory {
  readonly line: Line;
  /** A private folder, removed with everything in it. */
  readonly folder: string;
  readonly #certificates: Certificates;
  readonly #stages: Stage[] = [];
  readonly #notes = new Map<string, number>();
  #folders = 0;

  constructor(line: Line, folder: string, certificates: Certificates) {
    this.line = line;
    this.folder = folder;
    this.#certificates = certificates;
  }

  /** A new stage with these functions (see handlers.ts for what they do by their names), served and ready. */
  async serve(functions: readonly BenchFunction[]): Promise<Stage> {
    const stage = await this.deploy(functions);
    await stage.serve();
    return stage;
  }

  /** The same, served by nobody yet. */
  async deploy(functions: readonly BenchFunction[], tunnel?: BenchTunnel): Promise<Stage> {
    this.#folders += 1;
    const folder = join(this.folder, `stage-${this.#folders}`);
    const root = join(folder, 'project');
    mkdirSync(root, { recursive: true });
    for (const [file, source] of Object.entries(handlerFiles(functions.map(({ name }) => name)))) {
      writeFileSync(join(root, file), source);
    }
    const region = await startRegion(functions, this.#certificates, folder, tunnel);
    const deployed = new Stage(this, region, root);
    this.#stages.push(deployed);
    return deployed;
  }

  /** Runs what is timed while the machine is held. */
  async held<T>(measure: () => Promise<T>): Promise<T> {
    const letGo = await hold();
    try {
      return await measure();
    } finally {
      await letGo();
    }
  }

  /** Adds what helps to explain an unexpected figure. */
  note(text: string): void {
    if (this.#notes.size < 20 || this.#notes.has(text))
      this.#notes.set(text, (this.#notes.get(text) ?? 0) + 1);
  }

  takeNotes(): readonly string[] {
    const notes = [...this.#notes].map(([text, times]) => (times === 1 ? text : `${times} times ${text}`));
    this.#notes.clear();
    return notes;
  }

  /** Resets the line to one round trip without a rate limit, and ends all stages. */
  async reset(): Promise<void> {
    await this.line.set(plainLine);
    await Promise.all(this.#stages.splice(0).map((each) => each.close()));
  }
}

/** Calls one after the other. Stops after `mostFailed` that failed: each may take as long as its time-out. */
export async function series(
  times: number,
  call: (index: number) => Promise<number | undefined>,
  mostFailed = 2,
): Promise<{ samples: number[]; failed: number }> {
  const samples: number[] = [];
  let failed = 0;
  for (let index = 0; index < times && failed < mostFailed; index += 1) {
    const ms = await call(index);
    if (ms === undefined) failed += 1;
    else samples.push(ms);
  }
  return { samples, failed };
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
