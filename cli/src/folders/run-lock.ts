// Tells a livectl that runs from one that has ended, killed ones included, in whatever container: by a socket that it
// listens on, which the kernel closes with its process. A process id says nothing in another container.
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

/** One run of livectl, as its files in a folder are named for it. */
export interface RunLock {
  readonly id: string;
  /** The run has ended. Synchronous, as the process may be ending. */
  release(): void;
}

/** `<kernel>-<random>` */
export const runIdPattern = /^[0-9a-f]{8}-[0-9a-f]{16}$/;

/**
 * Where the kernel can't be asked, as for a run on another machine with the same home folder, one has ended that gave no
 * sign for a week. It gives one every 12 hours. Milliseconds.
 */
export const silenceMs = 7 * 24 * 3_600_000;
const signMs = 12 * 3_600_000;

/** A listening process takes a connection at once, even a stopped one: the kernel does it. Milliseconds. */
const probeBoundMs = 1000;

/** Paths of sockets: 104 bytes on macOS with the final NUL, 108 on Linux. Node 20 cuts longer ones without a word. */
const maxSocketPath = 100;

/** Which kernel this is: only its own sockets tell anything. Containers share it, virtual machines do not. */
const kernel = createHash('sha256').update(kernelName()).digest('hex').slice(0, 8);

/** The id of a run, never given twice. */
export function newRunId(): string {
  return `${kernel}-${randomBytes(8).toString('hex')}`;
}

/**
 * Takes the lock `<id>.lock` in a private folder: before anything that it guards is made there, and released after that
 * is gone. Rejects with what the file system says.
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
      // Somebody has removed it.
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
        // Somebody has removed it.
      }
      server?.close();
    },
  };
}

/**
 * Whether the run has ended that something in this folder is named for; `path` is that thing. Never rejects: what can't be
 * told is taken to run.
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
    // Under its name only once it listens: a bound socket that does not is as refusing as a dead one.
    const early = `${id}.new`;
    await atShortPath(folder, early, listening);
    chmodSync(join(folder, early), 0o600);
    renameSync(join(folder, early), lockFile(folder, id));
  }
  server.on('error', () => undefined);
  // It alone is no reason to go on.
  server.unref();
  return server;
}

/** Pipes of Windows are in no folder, and go with their process. */
function pipeName(id: string): string {
  return `\\\\.\\pipe\\livectl-${id}`;
}

/** Whether nobody listens there. */
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

/** Calls with a path of the socket that fits in its address: where its own is too long, through a link elsewhere. */
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
    // Another one after each start of the machine.
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return hostname();
  }
}
