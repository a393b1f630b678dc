// [5] Whether something outside may talk to a worker between its invocations: a debugger, or a client of a port.
import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { descendants } from './process-keeper.ts';

/** The state of a listening socket in /proc/net/tcp. */
const listening = '0A';
const lsofBoundMs = 2000;

/**
 * Whether the process, or one that it started, listens on a TCP port or is traced by a debugger; also true if the system does
 * not tell. Never rejects.
 */
export async function isOpenToOthers(pid: number): Promise<boolean> {
  try {
    if (process.platform === 'linux') return await askProc([pid, ...descendants(pid)]);
    return await askLsof(pid);
  } catch {
    return true;
  }
}

async function askProc(pids: readonly number[]): Promise<boolean> {
  const inodes = new Set<string>();
  for (const table of ['tcp', 'tcp6']) {
    // Without IPv6 there is no second table.
    const text = await readFile(`/proc/self/net/${table}`, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      const [, , , state, , , , , , inode] = fields;
      if (state === listening && inode !== undefined) inodes.add(`socket:[${inode}]`);
    }
  }
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    if (!/^TracerPid:\s+0$/m.test(status)) return true;
    const folder = `/proc/${pid}/fd`;
    const links = (await readdir(folder)).map((fd) => readlink(`${folder}/${fd}`).catch(() => ''));
    if ((await Promise.all(links)).some((link) => inodes.has(link))) return true;
  }
  return false;
}

/** `-g` selects the process group; lsof exits with 1 if it finds nothing. */
function askLsof(pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(
      'lsof',
      ['-nP', '-a', '-g', String(pid), '-iTCP', '-sTCP:LISTEN', '-t'],
      { timeout: lsofBoundMs },
      (error, stdout) => resolve(stdout.trim() !== '' || error?.code !== 1),
    );
  });
}
