// For machines that several programs share: a command that runs while times are measured, e.g. one that takes a lock.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A shell command that prints a line once it holds the machine, and releases it when its stdin ends. */
const command = process.env.LIVECTL_BENCH_HOLD;

/** Resolves when the machine is held, with a function that releases it. Without a command, at once. */
export async function hold(): Promise<() => Promise<void>> {
  if (command === undefined) return () => Promise.resolve();
  const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
  // It may have ended by itself, at its own time limit.
  child.stdin.on('error', () => undefined);
  const ended = once(child, 'exit');
  const held = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!held) throw new Error(`LIVECTL_BENCH_HOLD ended before it printed a line: ${command}`);
  return async () => {
    child.stdin.end();
    await ended;
  };
}
