// What the figures were measured on.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, type as system, totalmem } from 'node:os';
import { repository } from './repository.ts';

/** One line: processor, cores, memory, system, Node, commit. */
export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 1024 ** 3)} GB`;
  const parts = [
    model,
    `${processors.length} cores`,
    memory,
    `${system()} ${release()}`,
    `Node.js ${process.versions.node}`,
  ];
  return [...parts, commit()].join(', ');
}

/** The 1-minute load average: if it is above 0 before a bench, other programs used the machine. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(1);
}

function commit(): string {
  try {
    const hash = git('rev-parse', '--short', 'HEAD');
    // The tables that the benches write don't count.
    const pages = [':!docs/benchmarks.md', ':!docs/benchmarks-network.md', ':!docs/benchmarks-tunnel.md'];
    const changes = git('status', '--porcelain', '--untracked-files=no', '--', '.', ...pages);
    return `commit ${hash}${changes === '' ? '' : ' with changes'}`;
  } catch {
    return 'no commit';
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
}
