// The outer half: runs this bench again inside namespaces of its own (user, network, process ids, mounts). Everything it
// starts in there ends with it, and no trace is left outside: no interface, no process, no need for root.
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

/** What the inner half finds in its environment: the folder of this run. */
export const folderVariable = 'LIVECTL_BENCH_NETWORK';

/** Why this machine can't run it: a program that can be installed, or namespaces that it doesn't give. */
export interface Missing {
  readonly what: 'program' | 'namespaces';
  readonly message: string;
}

/** How a program is started in new namespaces here, or what is missing for it. */
export function wayIn(): readonly string[] | Missing {
  if (process.platform !== 'linux') {
    return { what: 'namespaces', message: 'network namespaces are a part of Linux' };
  }
  for (const [program, packageName] of programs) {
    if (spawnSync('sh', ['-c', `command -v ${program}`]).status === 0) continue;
    return { what: 'program', message: `${program} is not on this machine (Debian: ${packageName})` };
  }
  // With a user namespace first, which needs no root; containers that refuse those may let root have the others.
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
    message: `this machine gives no namespaces to this user (${[...new Set(errors)].join('; ')})`,
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
    // The shell is process 1 in there, and as such takes in what others leave behind.
    const script = `mount --bind "$${folderVariable}/hosts" /etc/hosts && "$@"; exit $?`;
    const bench = fileURLToPath(import.meta.url);
    inner = spawn(
      'unshare',
      [...way, 'sh', '-c', script, 'sh', process.execPath, bench, 'network', ...args],
      {
        env: { ...process.env, TMPDIR: folder, [folderVariable]: folder },
        // The end of its stdin tells the inner half that this one is gone, however it went.
        stdio: ['pipe', 'inherit', 'inherit'],
      },
    );
    const [code] = (await once(inner, 'close')) as [number | null];
    return code ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In an emergency: ends everything in there, within 5 s at most; `runInside` then resolves. */
export async function endInside(): Promise<void> {
  if (inner === undefined || inner.exitCode !== null || inner.signalCode !== null) return;
  const bound = setTimeout(() => inner?.kill('SIGKILL'), 5000);
  inner.stdin?.end();
  // unshare waits until the last process in there is gone.
  await once(inner, 'close');
  clearTimeout(bound);
}
