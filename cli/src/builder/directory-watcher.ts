// Reports what happens in a set of folders, with one operating system watch per folder for all subscribers.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Clock, Timer } from '../../../protocol/clock.ts';

/** Polling interval for folders that the operating system refuses to watch, in milliseconds. */
const pollMs = 250;

/** After this long a new watch is certainly active: Deno starts one 5 ms after the request. */
const startMs = 30;

interface Folder {
  readonly path: string;
  users: number;
  watcher: FSWatcher | undefined;
  /** Identifies the folder being watched: another folder at the same path needs a new watch. */
  identity: string | undefined;
  /** Whether this folder keeps its parent watched, which reports when it appears. */
  holdsParent: boolean;
  timer: Timer | undefined;
}

interface DirectoryWatcherOptions {
  readonly clock: Clock;
  /** Something happened to `name` in `folder`, or to anything in it; `renamed` if entries came or went. */
  readonly onEvent: (folder: string, name: string | undefined, renamed: boolean) => void;
  /** Called once if the operating system refuses to watch. */
  readonly onNotice: (message: string) => void;
  /** Node's `watch`; tests replace it with one that refuses. */
  readonly watchFolder?: typeof watch | undefined;
}

/** Watches folders, including ones that do not exist yet, vanish, or are replaced. */
export class DirectoryWatcher {
  readonly #options: DirectoryWatcherOptions;
  readonly #folders = new Map<string, Folder>();
  #toldOfPolling = false;

  constructor(options: DirectoryWatcherOptions) {
    this.#options = options;
  }

  /** Watches the folder until {@link release} was called as many times as this. */
  retain(path: string): void {
    let folder = this.#folders.get(path);
    if (!folder) {
      folder = {
        path,
        users: 0,
        watcher: undefined,
        identity: undefined,
        holdsParent: false,
        timer: undefined,
      };
      this.#folders.set(path, folder);
      this.#attach(folder);
    }
    folder.users++;
  }

  release(path: string): void {
    const folder = this.#folders.get(path);
    if (!folder || --folder.users > 0) return;
    this.#folders.delete(path);
    this.#detach(folder);
    this.#holdParent(folder, false);
  }

  close(): void {
    for (const folder of this.#folders.values()) this.#detach(folder);
    this.#folders.clear();
  }

  #attach(folder: Folder): void {
    const identity = identityOf(folder.path);
    this.#holdParent(folder, identity === undefined);
    if (identity === undefined) return;
    try {
      const watcher = (this.#options.watchFolder ?? watch)(folder.path, (event, name) => {
        if (folder.watcher === watcher) this.#happened(folder, name ?? undefined, event === 'rename');
      });
      watcher.on('error', () => {
        if (folder.watcher === watcher) this.#happened(folder, undefined, true);
      });
      folder.watcher = watcher;
      folder.identity = identity;
      this.#lookAgain(folder, startMs);
    } catch (error) {
      // Gone since the check: its parent reports when it returns.
      if (identityOf(folder.path) === undefined) this.#holdParent(folder, true);
      else this.#poll(folder, error as NodeJS.ErrnoException);
    }
  }

  #detach(folder: Folder): void {
    folder.watcher?.close();
    folder.watcher = undefined;
    folder.identity = undefined;
    folder.timer?.cancel();
    folder.timer = undefined;
  }

  #happened(folder: Folder, name: string | undefined, renamed: boolean): void {
    if (renamed) {
      const below = name === undefined ? folder.path : join(folder.path, name);
      for (const other of [...this.#folders.values()]) {
        if (other === folder || other.path === below || other.path.startsWith(below + sep))
          this.#verify(other);
      }
    }
    this.#options.onEvent(folder.path, name, renamed);
  }

  /** Renews the watch if the folder came, went or was replaced. */
  #verify(folder: Folder): void {
    if (this.#folders.get(folder.path) !== folder || folder.identity === identityOf(folder.path)) return;
    this.#detach(folder);
    this.#attach(folder);
    this.#options.onEvent(folder.path, undefined, true);
  }

  #lookAgain(folder: Folder, ms: number): void {
    folder.timer = this.#options.clock.after(ms, () => this.#happened(folder, undefined, true), {
      background: true,
    });
  }

  /** For limits of the operating system (ENOSPC, EMFILE) or a file system without events. */
  #poll(folder: Folder, error: NodeJS.ErrnoException): void {
    if (!this.#toldOfPolling) {
      this.#toldOfPolling = true;
      this.#options.onNotice(
        `The system refuses to watch ${folder.path} (${error.code ?? error.message}): such folders are polled every ${pollMs} ms instead. On Linux, fs.inotify.max_user_watches and max_user_instances set the limit.`,
      );
    }
    const look = () => {
      folder.timer = this.#options.clock.after(pollMs, look, { background: true });
      this.#options.onEvent(folder.path, undefined, true);
    };
    folder.timer = this.#options.clock.after(pollMs, look, { background: true });
  }

  #holdParent(folder: Folder, hold: boolean): void {
    const parent = dirname(folder.path);
    if (hold === folder.holdsParent || parent === folder.path) return;
    folder.holdsParent = hold;
    if (hold) this.retain(parent);
    else this.release(parent);
  }
}

/** The inode alone may be reused by the next folder at once. */
function identityOf(folder: string): string | undefined {
  try {
    const stats = statSync(folder, { throwIfNoEntry: false });
    return stats?.isDirectory() ? `${stats.ino}:${stats.birthtimeMs}` : undefined;
  } catch {
    return undefined;
  }
}
