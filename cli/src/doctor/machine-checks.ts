// Checks of this machine, whatever the project: Node.js or Deno, the port, folders, disk and clock.
import { watch } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { isPrivateFolder } from '../folders/private-folder.ts';
import { unsafePart } from '../folders/safe-path.ts';
import { stateFolder } from '../folders/state-folder.ts';
import { size } from '../log/quantities.ts';
import { kindOf } from '../manifest/path-kind.ts';
import { hostRuntime, nodeCommand, nodeVersion, oldestNode } from '../platform.ts';
import { isKeptOutOfGit } from '../serve/keep-out-of-git.ts';
import { type Check, fail, pass, type Report, warn } from './check.ts';

export function nodeCheck(version: string): Check {
  return {
    name: 'node',
    group: 'This machine',
    lateRemedy: 'does node --version answer?',
    run: (report) => {
      const host = hostRuntime();
      const node = nodeVersion();
      const [program] = nodeCommand();
      if (node === undefined) {
        const remedy = 'install Node.js, so that functions run as on Lambda';
        report(warn('node', `livectl ${version} runs in ${host}, and so will Node.js functions`, remedy));
      } else if (Number(node.split('.')[0]) < oldestNode) {
        report(
          fail('node', `Node.js ${node} (${program}) is too old`, `install Node.js ${oldestNode} or later`),
        );
      } else {
        const other = host.endsWith(` ${node}`) ? '' : `, functions in Node.js ${node} (${program})`;
        report(pass('node', `livectl ${version} in ${host}${other}`));
      }
    },
  };
}

/** The port that `serve --local` would take; 0 is always free. */
export function portCheck(port: number): Check {
  return {
    name: 'port',
    group: 'This machine',
    lateRemedy: 'pass --port 0 to livectl serve',
    run: async (report) => {
      if (port === 0) return report(pass('port', 'any free port will be taken'));
      const code = await new Promise<string | undefined>((settle) => {
        const server = createServer();
        server.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? error.message));
        server.listen({ host: '127.0.0.1', port, exclusive: true }, () =>
          server.close(() => settle(undefined)),
        );
      });
      if (code === undefined) report(pass('port', `127.0.0.1:${port} is free`));
      else {
        const words =
          code === 'EADDRINUSE' ? 'is in use, maybe by another livectl' : `can't be used (${code})`;
        report(
          warn(
            'port',
            `127.0.0.1:${port} ${words}`,
            'pass another --port to livectl serve; --port 0 takes a free one',
          ),
        );
      }
    },
  };
}

export const stateFolderCheck: Check = {
  name: 'state',
  group: 'This machine',
  lateRemedy: 'set XDG_STATE_HOME to a folder on a local disk',
  run: (report) => {
    const folder = stateFolder();
    const remedy = 'set XDG_STATE_HOME to a folder of yours that no other user can write to';
    const problem = unsafePart(kindOf(folder) === 'folder' ? folder : dirname(folder));
    if (problem !== undefined)
      return report(fail('state', `livectl’s own folder ${folder} is not safe: ${problem}`, remedy));
    if (kindOf(folder) === undefined)
      return report(pass('state', `${folder} will be created for this user only`));
    if (isPrivateFolder(folder)) return report(pass('state', `${folder} is open to this user only`));
    report(warn('state', `other users may look into ${folder}`, `chmod 700 ${folder}`));
  },
};

/** Below this, builds and recordings soon fail; recordings alone may take 50 MB by default. */
const littleSpace = 200 * 1024 * 1024;

export function diskCheck(root: string): Check {
  return {
    name: 'disk',
    group: 'This machine',
    lateRemedy: 'is a network drive not answering? Set TMPDIR and XDG_STATE_HOME to a local disk',
    run: async (report) => {
      const folders = [...new Set([nearest(resolve(root)), nearest(tmpdir()), nearest(stateFolder())])];
      const found = await Promise.all(
        folders.map(async (folder) => ({ folder, free: await freeBytes(folder) })),
      );
      const known = found.filter(({ free }) => free !== undefined);
      const least = known.sort((one, other) => (one.free ?? 0) - (other.free ?? 0))[0];
      if (least?.free === undefined) return report(pass('disk', 'the system does not say how much is free'));
      const gigabytes = least.free / 1024 ** 3;
      const free = gigabytes < 10 ? size(least.free) : `${Math.floor(gigabytes)} GB`;
      const message = `${free} free in ${least.folder}`;
      if (least.free >= littleSpace) report(pass('disk', message));
      else
        report(
          warn('disk', `only ${message}`, `free some: builds and recordings need about ${size(littleSpace)}`),
        );
    },
  };
}

/** The folder itself or the nearest one above it that exists. */
function nearest(folder: string): string {
  return kindOf(folder) === 'folder' || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** A project with its packages has thousands of folders; editors and other tools watch as well. */
const fewWatches = 8192;

export function watchCheck(root: string): Check {
  return {
    name: 'watch',
    group: 'This machine',
    lateRemedy: 'is the folder on a network drive? Changes there are found by polling',
    run: async (report) => {
      const remedy = 'sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512';
      try {
        watch(resolve(root), { persistent: false }).close();
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code === 'ENOENT')
          return report(warn('watch', `there is no folder ${resolve(root)}`, 'pass another --root'));
        const message = `the system refuses to watch ${resolve(root)} (${code ?? messageOf(error)}): changes are found by polling`;
        return report(warn('watch', message, remedy));
      }
      if (process.platform !== 'linux') return report(pass('watch', 'changes of files are noticed at once'));
      const most = await inotifyLimit('max_user_watches');
      if (most !== undefined && most < fewWatches) {
        const message = `this machine watches at most ${most} folders: in a large project some changes are found by polling`;
        return report(warn('watch', message, remedy));
      }
      report(
        pass('watch', `changes of files are noticed at once${most === undefined ? '' : ` (limit ${most})`}`),
      );
    },
  };
}

async function inotifyLimit(name: string): Promise<number | undefined> {
  try {
    const number = Number((await readFile(`/proc/sys/fs/inotify/${name}`, 'utf8')).trim());
    return Number.isSafeInteger(number) ? number : undefined;
  } catch {
    return undefined;
  }
}

/** File systems keep whole seconds at worst (2 s on FAT). Milliseconds. */
const exactMs = 2000;

/** Without AWS there is one other clock at hand: that of the project's file system. */
export function fileClockCheck(root: string, config: string | undefined, now: () => number): Check {
  return {
    name: 'clock',
    group: 'This machine',
    lateRemedy: 'is the folder on a network drive that does not answer?',
    run: async (report) => {
      const file = config === undefined ? join(resolve(root), 'livectl.json') : resolve(config);
      const changed = await stat(file).then(
        ({ mtimeMs }) => mtimeMs,
        () => undefined,
      );
      report(fileClock(file, changed, now()));
    },
  };
}

function fileClock(file: string, changedMs: number | undefined, nowMs: number) {
  const aheadMs = (changedMs ?? 0) - nowMs;
  const today = new Date(nowMs).toISOString().slice(0, 10);
  if (aheadMs <= exactMs) return pass('clock', `it is ${today} here, and no file is from the future`);
  const message = `${file} was changed ${Math.round(aheadMs / 1000)} s in the future: this machine’s clock is behind`;
  return warn('clock', message, 'set the clock, e.g. turn on network time; then save the file again');
}

/** Recordings of invocations must not get into a repository. */
export function gitCheck(root: string): Check {
  return {
    name: 'git',
    group: 'Project',
    lateRemedy: 'add .livectl/ to .gitignore',
    run: (report: Report) => {
      const ignored = isKeptOutOfGit(resolve(root));
      if (ignored === undefined) report(pass('git', 'the folder is not in a repository'));
      else if (ignored) report(pass('git', 'git ignores .livectl, where recordings and builds are'));
      else if (kindOf(join(resolve(root), '.livectl')) === undefined)
        report(pass('git', 'livectl serve will add .livectl/ to .gitignore before it writes there'));
      else
        report(
          warn(
            'git',
            'git does not ignore .livectl, where recordings of invocations are',
            'add .livectl/ to .gitignore',
          ),
        );
    },
  };
}
