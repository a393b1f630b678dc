// The network bench's own instruments: the line delays, throttles and cuts as it is told, and what is counted is right.
// Needs Linux namespaces, which most machines give any user; where they are refused, all of it is skipped.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PartResult } from '../results.ts';
import { wayIn } from '../world.ts';

const bench = new URL('../../../dist/bench.mjs', import.meta.url).pathname;

const way = wayIn();
const missing = 'message' in way ? way : undefined;
if (missing !== undefined) process.stderr.write(`the network bench is not tested: ${missing.message}\n`);

test('has its programs, under CI at least', () => {
  const lacking = process.env.CI !== undefined && missing?.what === 'program' ? missing.message : undefined;
  expect(lacking).toBeUndefined();
});

/** The counted rows of these parts by their names, and what callers got that failed. */
async function measured(...parts: string[]): Promise<{ values: Record<string, number>; notes: string }> {
  const child = spawn(process.execPath, [bench, 'network', '--json', ...parts], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const values: Record<string, number> = {};
  const notes: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const result = JSON.parse(line) as PartResult;
    for (const row of result.rows) if ('value' in row) values[row.what] = row.value;
    notes.push(...result.notes);
  });
  const [code] = await once(child, 'close');
  expect(code, stderr).toBe(0);
  return { values, notes: notes.join('\n') };
}

describe.skipIf(missing !== undefined)('the rig', () => {
  let values: Record<string, number>;
  beforeAll(async () => {
    ({ values } = await measured('check-line', 'check-count'));
  });

  // Upper bounds leave room for a machine whose cores are busy.
  test('delays by half a round trip each way', () => {
    expect(values['round trip of 100 ms']).toBeGreaterThanOrEqual(99.9);
    expect(values['round trip of 100 ms']).toBeLessThan(200);
  });

  test('carries what its rate allows and no more, and counts it', () => {
    expect(values['a megabyte at 8 Mbit/s']).toBeGreaterThan(1000);
    expect(values['a megabyte at 8 Mbit/s']).toBeLessThan(2000);
    expect(values['its bytes upwards']).toBeGreaterThan(1_000_000);
    expect(values['its bytes upwards']).toBeLessThan(1_100_000);
    expect(values['dropped without a cut']).toBe(0);
  });

  test('lets nothing through in a cut, and everything after it', () => {
    expect(values['length of the cut']).toBeGreaterThanOrEqual(699);
    expect(values['an echo after its end']).toBeGreaterThan(10);
    expect(values['dropped in the cut']).toBeGreaterThan(0);
  });

  test('counts two posts for a warm invocation, and bytes that the line has carried', () => {
    expect(values['posts of the stub']).toBe(1);
    expect(values['posts of the laptop']).toBe(1);
    expect(values['bytes from the laptop']).toBeGreaterThan(values['bytes of the laptop’s posts'] ?? 0);
    expect(values['bytes to the laptop']).toBeGreaterThan(values['bytes of the stub’s posts'] ?? 0);
    expect(values['bytes of the laptop’s posts']).toBeGreaterThan(100);
  });
});

describe.skipIf(missing !== undefined)('on any line', () => {
  let values: Record<string, number>;
  let notes: string;
  beforeAll(async () => {
    ({ notes, values } = await measured('hold-thin-line', 'hold-cut', 'hold-takeover'));
  }, 180_000);

  test('2 MB at 1 Mbit/s arrive, and are not sent twice', () => {
    expect(values, notes).toMatchObject({
      'events of 2 MB that arrived': 1,
      'answers of 2 MB that arrived': 1,
    });
    expect(values['sent per byte of the event']).toBeLessThan(1.5);
    expect(values['sent per byte of the answer']).toBeLessThan(1.5);
  });

  test('a cut of 3 s costs no invocation its answer', () => {
    expect(values['invocations around a cut']).toBeGreaterThan(10);
    expect(values['lost by the cut'], notes).toBe(0);
  });

  test('nor does a takeover', () => {
    expect(values['invocations around a takeover']).toBeGreaterThan(3);
    expect(values['lost by the takeover'], notes).toBe(0);
  });
});

describe.skipIf(missing !== undefined)('an end before the end', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'by %s leaves no process and no file',
    async (signal) => {
      // It says where it is when livectl, a worker, a stub and the line are running, and goes on for a minute.
      const child = spawn(process.execPath, [bench, 'network', '--json', 'check-wait'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
      const { folder } = JSON.parse(line) as { folder: string };
      expect(processesOf(folder)).toBeGreaterThan(5);
      child.kill(signal);
      await once(child, 'close');
      expect(processesOf(folder)).toBe(0);
      expect(existsSync(folder)).toBe(false);
    },
  );
});

/** How many processes have this folder in their environment. */
function processesOf(folder: string): number {
  const { stdout } = spawnSync('sh', ['-c', 'grep -slaF "$1" /proc/[0-9]*/environ', 'sh', folder], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((name) => name !== '').length;
}
