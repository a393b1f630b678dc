// The outer half: runs this bench again inside new namespaces (user, network, process ids, mounts). Everything started there
// ends with it and leaves nothing outside: no interface, no process. It does not need root.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchFolder } from '../repository.ts';
import { addresses, names } from './places.ts';

/** The programs that the network bench takes from the machine, and where Debian has them. */
const programs = [
  ['cc', 'gcc'],
  ['ip', 'iproute2'],
  ['openssl', 'openssl'],
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['mount', 'mount'],
] as const;

const asUser = ['--user', '--map-root-user'];
const namespaces = ['--net', '--pid', '--mount', '--mount-proc', '--fork', '--kill-child'];

/** The variable that tells the inner half the folder of this run. */
export const folderVariable = 'LIVECTL_BENCH_NETWORK';

/** Why this machine can't run it: a missing program, or namespaces that are not allowed. */
export interface Missing {
  readonly what: 'program' | 'namespaces';
  readonly message: string;
}

/** The command that starts a program in new namespaces, or what is missing for it. */
export function wayIn(): readonly string[] | Missing {
  if (process.platform !== 'linux') {
    return { what: 'namespaces', message: 'network namespaces exist only on Linux' };
  }
  for (const [program, packageName] of programs) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status === 0) continue;
    return { what: 'program', message: `${program} is not installed (Debian: ${packageName})` };
  }
  // A user namespace first, which does not need root; containers that refuse those may allow root the others.
  const ways = [[...asUser, ...namespaces], ...(process.getuid?.() === 0 ? [namespaces] : [])];
  const errors: string[] = [];
  for (const way of ways) {
    const tried = spawnSync('unshare', [...way, 'ip', 'link', 'add', 'end', 'type', 'veth'], {
      encoding: 'utf8',
    });
    if (tried.status === 0) return way;
    errors.push(tried.stderr.trim().split('\n')[0] ?? '');
  }
  return {
    what: 'namespaces',
    message: `this user cannot create namespaces on this machine (${[...new Set(errors)].join('; ')})`,
  };
}

let inner: ChildProcess | undefined;
let folder: string | undefined;

/** Runs this bench inside with the same arguments; resolves with its exit code. */
export async function runInside(way: readonly string[], args: readonly string[]): Promise<number> {
  folder = mkdtempSync(join(tmpdir(), 'livectl-bench-'));
  try {
    execFileSync('cc', ['-O2', '-o', join(folder, 'slow-line'), join(benchFolder, 'network', 'slow-line.c')]);
    writeFileSync(
      join(folder, 'hosts'),
      `127.0.0.1 localhost\n${addresses.region} ${Object.values(names).join(' ')}\n`,
    );
    // The shell is process 1 there, and as such adopts orphaned processes.
    const script = `mount --bind "$${folderVariable}/hosts" /etc/hosts && "$@"; exit $?`;
    const bench = fileURLToPath(import.meta.url);
    inner = spawn(
      'unshare',
      [...way, 'sh', '-c', script, 'sh', process.execPath, bench, 'network', ...args],
      {
        env: { ...process.env, TMPDIR: folder, [folderVariable]: folder },
        // When its stdin ends, the inner half knows that this one is gone, for whatever reason.
        stdio: ['pipe', 'inherit', 'inherit'],
      },
    );
    const [code] = (await once(inner, 'close')) as [number | null];
    return code ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In an emergency: ends everything inside, within 5 s at most; then `runInside` resolves. */
export async function endInside(): Promise<void> {
  if (inner === undefined || inner.exitCode !== null || inner.signalCode !== null) return;
  const bound = setTimeout(() => inner?.kill('SIGKILL'), 5000);
  inner.stdin?.end();
  // unshare waits until the last process inside is gone.
  await once(inner, 'close');
  clearTimeout(bound);
}
