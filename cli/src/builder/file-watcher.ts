// Tells subscribers when the content of a path has changed; all kinds of saves become one event.
import { dirname, join } from 'node:path';
import type { Clock, Timer } from '../../../protocol/clock.ts';
import { DirectoryWatcher } from './directory-watcher.ts';
import { clockLagMs, type FileState, readStamp, readState } from './file-state.ts';

/** A save is over when nothing has happened for this long, in milliseconds. */
const quietMs = 5;

/**
 * How long a file may be missing or empty before that is reported, in milliseconds: editors and version control delete and
 * create, or truncate and write. Also the longest that a stream of events can delay the check.
 */
const patienceMs = 50;

/** Depends on files. */
export interface Subscriber {
  /** The content of these paths has changed since the last report; first noticed at `since` on the clock. */
  onChange(changed: readonly string[], since: number): void;
}

interface Entry {
  readonly path: string;
  state: FileState;
  readonly subscribers: Set<Subscriber>;
  /** The folders watched for it. */
  folders: readonly string[];
}

interface Interest {
  paths: Set<string>;
  readonly changed: Set<string>;
  /** Paths that were written to while they were being read; reported whatever their content is now. */
  readonly torn: Set<string>;
  since: number;
}

interface FileWatcherOptions {
  readonly clock: Clock;
  readonly onNotice: (message: string) => void;
}

/** Watches files, folders (for the names in them) and paths that do not exist yet. */
export class FileWatcher {
  readonly #clock: Clock;
  readonly #directories: DirectoryWatcher;
  readonly #entries = new Map<string, Entry>();
  readonly #interests = new Map<Subscriber, Interest>();
  /** Paths with events that have not been checked yet, with the time of the first event. */
  readonly #pending = new Map<string, number>();
  #timer: Timer | undefined;

  constructor({ clock, onNotice }: FileWatcherOptions) {
    this.#clock = clock;
    this.#directories = new DirectoryWatcher({
      clock,
      onNotice,
      onEvent: (folder, name, renamed) => this.#happened(folder, name, renamed),
    });
  }

  /**
   * From now on, watches exactly these paths for the subscriber. `readSince` is when it began to read them (`Date.now()`).
   * Returns true if one may have changed since then; `onChange` will follow.
   */
  watch(subscriber: Subscriber, paths: ReadonlySet<string>, readSince: number): boolean {
    const before = this.#interests.get(subscriber);
    const interest: Interest = before ?? { paths: new Set(), changed: new Set(), torn: new Set(), since: 0 };
    this.#interests.set(subscriber, interest);
    const known = interest.paths;
    interest.paths = new Set(paths);
    let torn = false;
    for (const path of paths) {
      const entry = this.#entries.get(path) ?? this.#add(path);
      entry.subscribers.add(subscriber);
      const isTorn =
        readStamp(path) !== entry.state.stamp ||
        (!known.has(path) && (entry.state.changedAt >= readSince - clockLagMs || isJustMade(entry.state)));
      if (!isTorn) continue;
      torn = true;
      interest.torn.add(path);
      this.#touch(path);
    }
    for (const path of known) if (!paths.has(path)) this.#drop(path, subscriber);
    return torn;
  }

  unwatch(subscriber: Subscriber): void {
    const interest = this.#interests.get(subscriber);
    this.#interests.delete(subscriber);
    for (const path of interest?.paths ?? []) this.#drop(path, subscriber);
  }

  close(): void {
    this.#timer?.cancel();
    this.#pending.clear();
    this.#interests.clear();
    this.#entries.clear();
    this.#directories.close();
  }

  #add(path: string): Entry {
    const entry: Entry = { path, state: readState(path), subscribers: new Set(), folders: [] };
    this.#entries.set(path, entry);
    this.#watchFoldersOf(entry);
    return entry;
  }

  #drop(path: string, subscriber: Subscriber): void {
    const entry = this.#entries.get(path);
    entry?.subscribers.delete(subscriber);
    if (!entry || entry.subscribers.size > 0) return;
    this.#entries.delete(path);
    this.#pending.delete(path);
    for (const folder of entry.folders) this.#directories.release(folder);
  }

  /** A file's folder reports its changes; a folder reports its own names. */
  #watchFoldersOf(entry: Entry): void {
    const before = entry.folders;
    entry.folders = entry.state.kind === 'folder' ? [entry.path, dirname(entry.path)] : [dirname(entry.path)];
    for (const folder of entry.folders) this.#directories.retain(folder);
    for (const folder of before) this.#directories.release(folder);
  }

  #happened(folder: string, name: string | undefined, renamed: boolean): void {
    const path = name === undefined ? undefined : join(folder, name);
    if (path !== undefined && this.#entries.has(path)) this.#touch(path);
    if (!renamed) return;
    // Some systems name only one side of a rename, or nothing: check every path, which is cheap.
    for (const entry of this.#entries.values()) {
      if (entry.folders.includes(folder) && readStamp(entry.path) !== entry.state.stamp)
        this.#touch(entry.path);
    }
  }

  #touch(path: string): void {
    const now = this.#clock.now();
    if (!this.#pending.has(path)) this.#pending.set(path, now);
    this.#schedule(now + quietMs);
  }

  #schedule(at: number): void {
    this.#timer?.cancel();
    const due = Math.min(at, Math.min(...this.#pending.values()) + patienceMs);
    this.#timer = this.#clock.after(due - this.#clock.now(), () => this.#look());
  }

  #look(): void {
    const now = this.#clock.now();
    for (const [path, since] of this.#pending) {
      const entry = this.#entries.get(path);
      if (!entry) continue;
      const state = readState(path);
      const differs = state.digest !== entry.state.digest;
      const isNews =
        differs || [...entry.subscribers].some((one) => this.#interests.get(one)?.torn.has(path));
      if (isNews && state.empty && now - since < patienceMs) continue;
      this.#pending.delete(path);
      const becameAnother = state.kind !== entry.state.kind;
      entry.state = state;
      if (becameAnother) this.#watchFoldersOf(entry);
      for (const subscriber of entry.subscribers) this.#note(subscriber, path, differs, since);
    }
    if (this.#pending.size > 0) this.#schedule(Number.POSITIVE_INFINITY);
    this.#tell();
  }

  #note(subscriber: Subscriber, path: string, differs: boolean, since: number): void {
    const interest = this.#interests.get(subscriber);
    if (!interest || (!interest.torn.delete(path) && !differs)) return;
    interest.since = interest.changed.size === 0 ? since : Math.min(interest.since, since);
    interest.changed.add(path);
  }

  /** Notifies each subscriber of its changes, once none of its paths is in the middle of a save. */
  #tell(): void {
    for (const [subscriber, interest] of this.#interests) {
      if (interest.changed.size === 0) continue;
      if ([...this.#pending.keys()].some((path) => interest.paths.has(path))) continue;
      const changed = [...interest.changed].sort();
      interest.changed.clear();
      subscriber.onChange(changed, interest.since);
    }
  }
}

/** Created a moment ago and still empty, so its content is probably about to follow. */
function isJustMade({ empty, changedAt }: FileState): boolean {
  return empty && Date.now() - changedAt < patienceMs;
}
