// Tells a running livectl from one that has ended or was killed, in any container, by a socket that it listens on and that
// the kernel closes with its process. A process id means nothing in another container.
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, type Timer } from '../../../protocol/clock.ts';

/** One run of livectl, whose files in a folder are named for it. */
export interface RunLock {
  readonly id: string;
  /** Marks the run as ended. Synchronous, as the process may be ending. */
  release(): void;
}

/** `<kernel>-<random>` */
export const runIdPattern = /^[0-9a-f]{8}-[0-9a-f]{16}$/;

/**
 * Where the kernel cannot be asked, as for a run on another machine with the same home folder, a run counts as ended after a
 * week without a sign. It gives one every 12 hours. Milliseconds.
 */
export const silenceMs = 7 * 24 * 3_600_000;
const signMs = 12 * 3_600_000;

/** The kernel accepts a connection for a listening process at once, even for a stopped one. Milliseconds. */
const probeBoundMs = 1000;

/** Maximum path length of sockets: 104 bytes on macOS with the final NUL, 108 on Linux. Node 20 truncates silently. */
const maxSocketPath = 100;

/** Identifies this kernel, since only its own sockets can be asked. Containers share it, virtual machines do not. */
const kernel = createHash('sha256').update(kernelName()).digest('hex').slice(0, 8);

/** The id of a run; unique. */
export function newRunId(): string {
  return `${kernel}-${randomBytes(8).toString('hex')}`;
}

/**
 * Takes the lock `<id>.lock` in a private folder. Take it before creating what it guards, and release it after that is
 * removed. Rejects with the file system's error.
 */
export async function holdLock(folder: string, id: string = newRunId()): Promise<RunLock> {
  const file = lockFile(folder, id);
  let server: Server | undefined;
  try {
    server = await listen(folder, id);
  } catch {
    // A file system without sockets, e.g. a folder that a virtual machine shares with its host.
    writeFileSync(file, '', { mode: 0o600 });
  }
  let timer: Timer | undefined;
  const giveSign = () => {
    try {
      const now = new Date(systemClock.now());
      utimesSync(file, now, now);
    } catch {
      // The file was removed.
    }
    timer = systemClock.after(signMs, giveSign, { background: true });
  };
  timer = systemClock.after(signMs, giveSign, { background: true });
  return {
    id,
    release() {
      timer?.cancel();
      try {
        unlinkSync(file);
      } catch {
        // The file was removed.
      }
      server?.close();
    },
  };
}

/**
 * Whether the run that the file at `path` in this folder is named for has ended. Never rejects: if in doubt, it counts as
 * running.
 */
export async function hasEnded(folder: string, id: string, path: string): Promise<boolean> {
  const file = lockFile(folder, id);
  const lock = lstatSync(file, { throwIfNoEntry: false });
  if (id.startsWith(`${kernel}-`)) {
    if (process.platform === 'win32') return isRefused(pipeName(id));
    if (lock === undefined) return true;
    if (lock.isSocket()) {
      return atShortPath(folder, `${id}.lock`, isRefused).catch(() => false);
    }
  }
  const sign = lock ?? lstatSync(path, { throwIfNoEntry: false });
  return sign !== undefined && sign.mtimeMs < systemClock.now() - silenceMs;
}

export function lockFile(folder: string, id: string): string {
  return join(folder, `${id}.lock`);
}

async function listen(folder: string, id: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  const listening = (path: string) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  if (process.platform === 'win32') {
    await listening(pipeName(id));
    writeFileSync(lockFile(folder, id), '', { mode: 0o600 });
  } else {
    // Renamed only once it listens: a bound socket that does not listen refuses connections like a dead one.
    const early = `${id}.new`;
    await atShortPath(folder, early, listening);
    chmodSync(join(folder, early), 0o600);
    renameSync(join(folder, early), lockFile(folder, id));
  }
  server.on('error', () => undefined);
  // The server alone must not keep the process alive.
  server.unref();
  return server;
}

/** Named pipes of Windows are in no folder, and end with their process. */
function pipeName(id: string): string {
  return `\\\\.\\pipe\\livectl-${id}`;
}

/** Whether nobody listens at that path. */
function isRefused(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (refused: boolean) => {
      bound.cancel();
      socket.destroy();
      resolve(refused);
    };
    const bound = systemClock.after(probeBoundMs, () => end(false));
    socket.once('connect', () => end(false));
    socket.once('error', ({ code }: NodeJS.ErrnoException) =>
      end(code === 'ECONNREFUSED' || code === 'ENOENT'),
    );
  });
}

/** Calls `use` with a path of the socket that fits into its address: through a link elsewhere if its own is too long. */
async function atShortPath<T>(folder: string, name: string, use: (path: string) => Promise<T>): Promise<T> {
  const own = join(folder, name);
  if (Buffer.byteLength(own) <= maxSocketPath) return use(own);
  const place = mkdtempSync(join(tmpdir().length > 60 ? '/tmp' : tmpdir(), 'livectl-'));
  const link = join(place, 'f');
  symlinkSync(folder, link);
  try {
    return await use(join(link, name));
  } finally {
    unlinkSync(link);
    rmdirSync(place);
  }
}

function kernelName(): string {
  try {
    // Different after each boot.
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}
