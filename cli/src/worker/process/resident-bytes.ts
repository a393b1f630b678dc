// [5] How much memory the processes of idle workers hold, according to the system.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { descendants } from './process-keeper.ts';

/** `ps` answers within milliseconds. */
const boundMs = 2000;

/**
 * Resident bytes by process id: on Linux including all descendants, elsewhere of the process alone. Omits processes that are
 * gone; empty on Windows. Never rejects.
 */
export async function residentBytes(pids: readonly number[]): Promise<ReadonlyMap<number, number>> {
  if (pids.length === 0 || process.platform === 'win32') return new Map();
  if (process.platform === 'linux') {
    return new Map(pids.map((pid) => [pid, sum([pid, ...descendants(pid)].map(ofProcess))]));
  }
  const args = ['-o', 'pid=,rss=', '-p', pids.join(',')];
  const text = await new Promise<string>((resolve) => {
    execFile('ps', args, { timeout: boundMs }, (_error, stdout) => resolve(stdout));
  });
  const rows = text.split('\n').map((line) => line.trim().split(' ').filter(Boolean).map(Number));
  return new Map(rows.flatMap(([pid, kilobytes]) => (pid && kilobytes ? [[pid, kilobytes * 1024]] : [])));
}

function ofProcess(pid: number): number {
  try {
    const line = readFileSync(`/proc/${pid}/status`, 'utf8')
      .split('\n')
      .find((each) => each.startsWith('VmRSS:'));
    return Number(line?.replace('\t', ' ').split(' ').filter(Boolean).at(-2) ?? 0) * 1024;
  } catch {
    // Gone in the meantime.
    return 0;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
