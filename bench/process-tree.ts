// Memory of a process and of what it started, and its processor time, as Linux counts them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether this machine can report it. */
export const canReadProcesses = existsSync('/proc/self/smaps_rollup');

/** Resident memory of one process in megabytes, pages it shares with others included. */
export function residentMb(pid: number): number {
  return kilobytes(`/proc/${pid}/status`, 'VmRSS') / 1024;
}

/** The process and all its descendants. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] => [pid, ...(children.get(pid) ?? []).flatMap(below)];
  return below(root);
}

/** Memory of several processes together in megabytes; what they share counts once (proportional set size). */
export function togetherMb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + kilobytes(`/proc/${pid}/smaps_rollup`, 'Pss'), 0) / 1024;
}

/** What all threads of a process have taken of the processors so far, in milliseconds: Linux counts hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = statOf(pid);
  return 10 * (Number(fields[11]) + Number(fields[12]));
}

/** The fields of proc_pid_stat(5) after the program's name, which is in brackets and may contain anything: the state is the first. */
function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function parentOf(pid: number): number | undefined {
  try {
    return Number(statOf(pid)[1]);
  } catch {
    // Ended since the folder was listed.
    return undefined;
  }
}

function kilobytes(file: string, field: string): number {
  const value = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(file, 'utf8'))?.[1];
  if (value === undefined) throw new Error(`${file} has no ${field}`);
  return Number(value);
}
