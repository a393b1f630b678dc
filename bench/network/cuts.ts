// What goes wrong on the way: the line is cut, or somebody else takes over.
import { type Laboratory, leastMs, type Stage, sleep } from './laboratory.ts';
import type { Part, Row } from './row.ts';

export interface Call {
  /** The function's name. */
  readonly name: string;
  readonly startedAt: number;
  /** Undefined if it was lost. */
  readonly ms: number | undefined;
}

/** Invokes every `everyMs` until `stop` resolves, without waiting for earlier ones; then waits for all. */
async function stream(
  stage: Stage,
  everyMs: number,
  stop: Promise<void>,
  next: (index: number) => [string, object],
) {
  const calls: Promise<Call>[] = [];
  let running = true;
  void stop.then(() => {
    running = false;
  });
  for (let index = 0; running; index += 1) {
    const [name, event] = next(index);
    const startedAt = performance.now();
    calls.push(stage.time(name, event).then((ms) => ({ name, startedAt, ms })));
    await sleep(everyMs);
  }
  return Promise.all(calls);
}

/** From the end of the cut until the first answer; undefined if none came. */
function backAfter(calls: readonly Call[], endedAt: number): number | undefined {
  const answers = calls.flatMap(({ startedAt, ms }) => (ms === undefined ? [] : [startedAt + ms]));
  const first = Math.min(...answers.filter((at) => at > endedAt));
  return Number.isFinite(first) ? first - endedAt : undefined;
}

function backRow(cut: string, back: readonly (number | undefined)[]): Row {
  const samples = back.filter((ms) => ms !== undefined);
  const what = `a cut of ${cut}: from its end to the first answer`;
  return { what, samples, failed: back.length - samples.length, limitMs: leastMs / 2 };
}

async function cutFor(laboratory: Laboratory, ms: number): Promise<number> {
  await laboratory.line.set({ cut: 1 });
  await sleep(ms);
  await laboratory.line.set({ cut: 0 });
  return performance.now();
}

const shortCutMs = 3000;

/** One cut of 3 s: every invocation around it, and how long after its end the first answer came. */
export async function cutOnce(
  laboratory: Laboratory,
): Promise<{ calls: readonly Call[]; backMs: number | undefined }> {
  const stage = await laboratory.serve([{ name: 'work' }]);
  await stage.warmUp('work', 2);
  let endedAt = 0;
  const stop = (async () => {
    await sleep(1000);
    endedAt = await cutFor(laboratory, shortCutMs);
    await sleep(2000);
  })();
  const calls = await stream(stage, 250, stop, (index) => ['work', { ms: index % 2 === 0 ? 20 : 1500 }]);
  return { calls, backMs: backAfter(calls, endedAt) };
}

export const shortCut: Part = {
  name: 'cut-3',
  method:
    'The line is cut for 3 s, three times, while a function is invoked every 250 ms from 1 s before to 2 s after: in \
turns its code takes 20 ms and 1500 ms. Its timeout is 30 s.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const rounds = [await cutOnce(laboratory), await cutOnce(laboratory), await cutOnce(laboratory)];
      const calls = rounds.flatMap((round) => round.calls);
      return [
        ...lost(`a cut of 3 s: lost of ${calls.length}`, calls),
        backRow(
          '3 s',
          rounds.map(({ backMs }) => backMs),
        ),
      ];
    }),
};

/** Seconds. One deadline passes during the cut, the other does not. */
const short = { name: 'work-short', timeout: 10 };
const long = { name: 'work-long', timeout: 60 };

export const longCut: Part = {
  name: 'cut-30',
  method:
    'The line is cut for 30 s while two functions with timeouts of 10 s and 60 s are invoked every 2 s each, from 2 s \
before to 4 s after. An invocation of the first is not counted as lost if its 10 s end within the cut.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.serve([short, long]);
      await stage.warmUp(short.name, 2);
      await stage.warmUp(long.name, 2);
      let endedAt = 0;
      const stop = (async () => {
        await sleep(2000);
        endedAt = await cutFor(laboratory, 30_000);
        await sleep(4000);
      })();
      const calls = await stream(stage, 1000, stop, (index) => [
        index % 2 === 0 ? short.name : long.name,
        { ms: 20 },
      ]);
      const inTime = calls.filter(
        ({ name, startedAt }) => name === long.name || startedAt + short.timeout * 1000 > endedAt + 1000,
      );
      return [
        ...lost(`a cut of 30 s: lost of ${inTime.length} whose deadline had not passed`, inTime),
        backRow('30 s', [backAfter(calls, endedAt)]),
      ];
    }),
};

/** A takeover: every invocation until a second after the new client is ready, and the first that began after that. */
export async function takeOver(stage: Stage): Promise<{ calls: readonly Call[]; first: Call | undefined }> {
  let readyAt = Number.POSITIVE_INFINITY;
  const stop = stage.serve().then(async () => {
    readyAt = performance.now();
    await sleep(1000);
  });
  const calls = await inTurn(stage, stop);
  return { calls, first: calls.find(({ startedAt }) => startedAt > readyAt) };
}

export const takeover: Part = {
  name: 'takeover',
  method:
    'A second livectl takes the stage over, 6 times, while a function is invoked without a pause. The figures are those of \
the first invocation after each newcomer’s `ready`, and of the slowest of all.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.serve([{ name: 'quick' }]);
      await stage.warmUp('quick', 3);
      const calls: Call[] = [];
      const firsts: number[] = [];
      for (let round = 0; round < 6; round += 1) {
        const { calls: some, first } = await takeOver(stage);
        if (first?.ms !== undefined) firsts.push(first.ms);
        calls.push(...some);
      }
      const slowest = Math.max(...calls.map(({ ms }) => ms ?? 0));
      return [
        ...lost(`takeovers: lost of ${calls.length}`, calls),
        {
          what: 'the first after a takeover',
          samples: firsts,
          failed: 6 - firsts.length,
          limitMs: leastMs,
        },
        { what: 'takeovers: the slowest of all', value: slowest, unit: 'ms' },
      ];
    }),
};

async function inTurn(stage: Stage, stop: Promise<void>): Promise<Call[]> {
  const calls: Call[] = [];
  let running = true;
  const stopped = stop.then(() => {
    running = false;
  });
  while (running) {
    const startedAt = performance.now();
    calls.push({ name: 'quick', startedAt, ms: await stage.time('quick') });
  }
  await stopped;
  return calls;
}

function lost(what: string, calls: readonly Call[]): readonly Row[] {
  return [{ what, value: lostOf(calls), unit: '', goal: 0 }];
}

/** How many were not answered by the function. */
export function lostOf(calls: readonly Call[]): number {
  return calls.filter(({ ms }) => ms === undefined).length;
}
