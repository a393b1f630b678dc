// Every line of every invocation, on stdout and on stderr, is shown as the line of that invocation and of no other.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FunctionCode, Runner } from '../../src/worker/contract.ts';
import { builtRuntime, handlersFolder } from './built-runtime.ts';
import { PoolHarness } from './pool-harness.ts';
import { python, pythonHandlers, skipReason } from './python-interpreter.ts';

const runtime = builtRuntime();
/** More of them: LIVECTL_TEST_INVOCATIONS=10000. */
const invocations = Number(process.env.LIVECTL_TEST_INVOCATIONS ?? 40);

interface Shape {
  readonly name: string;
  readonly runner: string | Runner;
  readonly code?: Partial<FunctionCode>;
  readonly skip?: boolean;
}

const program = join(handlersFolder, 'program-with-lines.mjs');
const shapes: Shape[] = [
  { name: 'nodejs22.x', runner: 'lines-on-both-pipes.mjs' },
  { name: 'nodejs24.x', runner: 'lines-on-both-pipes.mjs', code: { runtime: 'nodejs24.x' } },
  {
    name: 'Python',
    runner: { kind: 'python', interpreter: python },
    code: {
      handler: 'lines_on_both_pipes.handler',
      taskRoot: pythonHandlers,
      runtime: 'python3.13',
    },
    skip: skipReason !== undefined,
  },
  {
    name: 'a program',
    runner: { kind: 'command', command: [process.execPath, program] },
    code: { runtime: 'provided.al2023' },
  },
];

describe('lines', () => {
  it.each(shapes.filter(({ skip }) => !skip))(
    'of $name',
    { timeout: 30_000 + invocations * 50 },
    async ({ code, runner }) => {
      const folder = mkdtempSync(join(tmpdir(), 'livectl-test-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      const harness = new PoolHarness(runtime.file, { maxWorkers: 1 });
      harness.use('f', runner, code);
      for (let count = 1; count <= invocations; count += 1) {
        const name = `:${count}:`;
        const gate = join(folder, String(count));
        const { id, ...invocation } = harness.invocation('f', { name, gate, child: count % 10 === 0 });
        const { logsDrained } = await harness.pool.run({ id, ...invocation });
        await logsDrained;
        writeFileSync(gate, '');
        // Half of the time the next invocation begins before or while this one prints its last lines.
        const waits = count % 2 === 0;
        const lines = (words: string) =>
          harness.ofType('log').filter(({ message }) => message.includes(words));
        if (waits) await harness.event(() => lines(`after ${name}`).length === 2);
        const inside = lines(`in ${name}`);
        expect(inside.length).toBeGreaterThanOrEqual(2);
        expect(inside.filter((line) => line.id !== id)).toEqual([]);
        if (count === 1) expect(lines('init').map((line) => line.id)).toEqual([id, id]);
        // A late line is nobody's, or comes within the next invocation.
        const late = lines(`after ${name}`).filter(
          (line) => line.id === id || (waits && line.phase !== 'idle'),
        );
        expect(late).toEqual([]);
        // 10,000 of them would make each search of the events slow.
        if (count % 100 === 0) harness.events.splice(0);
      }
    },
  );
});
