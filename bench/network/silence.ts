// The first invocation after a silence: by then connections have been closed or forgotten, and processes have ended.
import { goalsOf, type Laboratory, leastMs, type Stage, sleep } from './laboratory.ts';
import type { Part } from './row.ts';

/** Stages that are silent side by side, each with a livectl of its own. */
const stages = 10;

/** How long before the end of a silence the machine is reserved, so that it is quiet by then; in milliseconds. */
const holdAheadMs = 8000;

function silence(seconds: number, rounds: number): Part {
  return {
    name: `silence-${seconds}`,
    method: `${stages} stages, each served by its own livectl, are silent at the same time for ${seconds} s at least; \
then each function is invoked once, one after the other. ${rounds === 1 ? 'Once' : `${rounds} times`}.`,
    run: (laboratory) => measure(laboratory, seconds, rounds),
  };
}

async function measure(laboratory: Laboratory, seconds: number, rounds: number) {
  const silent: Stage[] = [];
  await laboratory.held(async () => {
    for (let count = 0; count < stages; count += 1) {
      const stage = await laboratory.serve([{ name: 'quick' }]);
      await stage.warmUp('quick', 3);
      silent.push(stage);
    }
  });
  const samples: number[] = [];
  let failed = 0;
  for (let round = 0; round < rounds; round += 1) {
    const until = performance.now() + seconds * 1000;
    await sleep(seconds * 1000 - holdAheadMs);
    await laboratory.held(async () => {
      await sleep(until - performance.now());
      for (const stage of silent) {
        const ms = await stage.time('quick');
        if (ms === undefined) failed += 1;
        else samples.push(ms);
      }
    });
  }
  const words = seconds < 120 ? `${seconds} s` : `${seconds / 60} min`;
  return [{ what: `after ${words} of silence`, samples, failed, ...goalsOf(leastMs) }];
}

export const silences: readonly Part[] = [silence(10, 3), silence(70, 2), silence(360, 1)];
