// Short-lived child processes, timed from outside.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const boundMs = 20_000;

export interface ChildRun {
  readonly stdout: string;
  /** From spawning until the process has ended and its output is read. */
  readonly ms: number;
}

/** Runs this Node with the arguments. Rejects when it fails. */
export async function runNode(args: readonly string[], env: Record<string, string> = {}): Promise<ChildRun> {
  const startedAt = performance.now();
  const options = { env: { ...process.env, ...env }, timeout: boundMs };
  const { stdout } = await promisify(execFile)(process.execPath, args, options);
  return { stdout, ms: performance.now() - startedAt };
}
