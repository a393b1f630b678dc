// Everyday use of a running serve on a line of 100 ms: warm, many at once, after a reload, right after its start.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goalsOf, leastMs, roundTripMs, series, sleep } from './laboratory.ts';
import type { Part } from './row.ts';

export const warm: Part = {
  name: 'warm',
  method:
    'One invocation after the other, after 10 to warm up: 60 of a handler that answers at once, 30 of one that takes \
300 ms, with its time in the limit.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.serve([{ name: 'quick' }, { name: 'work' }]);
      await stage.warmUp('quick', 10);
      const quick = await series(60, () => stage.time('quick'));
      await stage.warmUp('work', 10);
      const work = await series(30, () => stage.time('work', { ms: 300 }));
      return [
        { what: 'warm', ...quick, ...goalsOf(leastMs) },
        { what: 'warm, code of 300 ms', ...work, ...goalsOf(leastMs + 300) },
      ];
    }),
};

export const reload: Part = {
  name: 'reload',
  method:
    'The handler’s file is written, and the function invoked as soon as livectl says `reload`: 15 times. The answer \
must be the new code’s.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.deploy([{ name: 'quick' }]);
      const { livectl } = await stage.serve();
      await stage.warmUp('quick', 3);
      const timed = await series(15, async (index) => {
        const reloaded = livectl.next('reload');
        const source = `export const handler = async ({ n }) => ({ n, version: ${index} });\n`;
        writeFileSync(join(stage.root, 'quick.mjs'), source);
        await reloaded;
        return stage.time('quick');
      });
      return [{ what: 'right after a reload', ...timed, limitMs: leastMs }];
    }),
};

export const ready: Part = {
  name: 'ready',
  method:
    'livectl is stopped and started 10 times; the function is invoked as soon as it says `ready`, on a stub that \
has answered before.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.deploy([{ name: 'quick' }]);
      const starts: number[] = [];
      const timed = await series(10, async () => {
        const { livectl, ms } = await stage.serve();
        starts.push(ms);
        const answered = await stage.time('quick');
        await livectl.stop();
        return answered;
      });
      // The first one started the stub's instance.
      const samples = timed.samples.slice(1);
      const limitMs = 3 * roundTripMs;
      return [
        { what: 'start of serve to ready', samples: starts, failed: 0, limitMs, goalP50: limitMs + 500 },
        { what: 'right after ready', ...timed, samples, limitMs: leastMs },
      ];
    }),
};

/** A distinct timeout, by which the Region detects when an instance begins. */
const fresh = { name: 'work-fresh', timeout: 37 };

export const instance: Part = {
  name: 'instance',
  method:
    'Instances of one function are kept busy so that the next invocation gets a new one: 8 times each on 2 \
stages. The row without the init phase has a goal; the row with it is what the caller of a cold function waits.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const whole: number[] = [];
      const first: number[] = [];
      let failed = 0;
      for (let round = 0; round < 2; round += 1) {
        const stage = await laboratory.serve([fresh]);
        await stage.warmUp(fresh.name, 2);
        for (let busy = 1; busy <= 8; busy += 1) {
          const others = Array.from({ length: busy }, () => stage.time(fresh.name, { ms: 1500 }));
          await sleep(300);
          const calledAt = performance.now();
          const ms = await stage.time(fresh.name);
          if (ms === undefined) failed += 1;
          else {
            whole.push(ms);
            first.push(calledAt + ms - (stage.region.startedAt(fresh.name) ?? Number.NaN));
          }
          await Promise.all(others);
        }
      }
      return [
        { what: 'a new stub instance’s first, after its init', samples: first, failed, ...goalsOf(leastMs) },
        { what: 'the same with its init', samples: whole, failed, limitMs: leastMs },
      ];
    }),
};

export const parallel: Part = {
  name: 'parallel',
  method:
    '20 simultaneous invocations of a handler that takes 20 ms, 5 times, after two rounds to start the stubs and workers. \
livectl runs 10 at once by default, so half of them wait for the others’ code.',
  run: (laboratory) =>
    laboratory.held(async () => {
      const stage = await laboratory.serve([{ name: 'work' }]);
      const burst = () => Promise.all(Array.from({ length: 20 }, () => stage.time('work', { ms: 20 })));
      await burst();
      await burst();
      const samples: number[] = [];
      let failed = 0;
      for (let count = 0; count < 5; count += 1) {
        const answers = await burst();
        const answered = answers.filter((ms) => ms !== undefined);
        samples.push(...answered);
        failed += answers.length - answered.length;
      }
      return [{ what: '20 at once', samples, failed, limitMs: leastMs + 20 }];
    }),
};
