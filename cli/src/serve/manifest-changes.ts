// Changes of livectl.json while it is served: a good one is reported with what it changes, a bad one with its mistakes.
import { type Clock, systemClock, type Timer } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { FileWatcher } from '../builder/file-watcher.ts';
import type { LoadedManifest } from '../manifest/load-manifest.ts';
import type { SessionEvent } from '../session/session-event.ts';

/**
 * How long a file with mistakes must stay as it is before they count, in milliseconds: it may be half of a save that a program
 * writes in steps.
 */
const settleMs = 500;

/** How functions differ between two manifests, by name, and which fields beside `functions` do. */
export interface ManifestChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly settings: readonly string[];
}

interface WatchOptions {
  /** What is served. */
  readonly served: LoadedManifest;
  /** Reads the file again. Rejects with LD_CONFIG for its mistakes, and if its functions cannot be served. */
  readonly load: () => Promise<LoadedManifest>;
  readonly emit: (event: SessionEvent) => void;
  readonly clock?: Clock | undefined;
  /** Calls back after each save of the file; returns a function that ends this. Default: watches the file. */
  readonly onSave?: ((file: string, saved: () => void) => () => void) | undefined;
}

export interface ManifestWatch {
  /** Resolves with the first change that can be served. Until then mistakes are reported, each text once. */
  readonly changed: Promise<ManifestChange>;
  close(): void;
}

export function watchManifest({
  clock = systemClock,
  emit,
  load,
  onSave = (file, saved) => watchFile(file, saved, emit),
  served,
}: WatchOptions): ManifestWatch {
  let isReading = false;
  let isStale = false;
  let isOver = false;
  let settling: Timer | undefined;
  let reported = '';
  let resolveChange: (change: ManifestChange) => void = () => undefined;
  const changed = new Promise<ManifestChange>((resolve) => {
    resolveChange = resolve;
  });

  const take = (change: ManifestChange | undefined) => {
    reported = '';
    if (change === undefined) return;
    isOver = true;
    resolveChange(change);
  };
  const refuse = (error: unknown) => {
    const message = `${messageOf(error).replace(/\.$/, '')}. The last good livectl.json is served on.`;
    if (message !== reported) emit({ event: 'error', code: codeOf(error), message });
    reported = message;
  };
  /** Returns what to do about the file as it is, and whether it may be a half of a save. */
  const look = async (): Promise<{ readonly act: () => void; readonly isDoubtful: boolean }> => {
    try {
      const manifest = await load();
      const act = () => take(changeOf(served, manifest));
      return { act, isDoubtful: manifest.broken !== undefined };
    } catch (error) {
      return { act: () => refuse(error), isDoubtful: true };
    }
  };
  const read = async () => {
    isStale = true;
    settling?.cancel();
    if (isReading) return;
    isReading = true;
    while (isStale && !isOver) {
      isStale = false;
      const { act, isDoubtful } = await look();
      if (isStale || isOver) continue;
      if (isDoubtful) settling = clock.after(settleMs, act, { background: true });
      else act();
    }
    isReading = false;
  };
  const endSaves = onSave(served.file, () => void read());
  // It may have been saved since it was read.
  void read();
  return {
    changed,
    close() {
      isOver = true;
      settling?.cancel();
      endSaves();
    },
  };
}

function watchFile(file: string, saved: () => void, emit: WatchOptions['emit']): () => void {
  const watcher = new FileWatcher({
    clock: systemClock,
    onNotice: (message) => emit({ event: 'notice', message }),
  });
  watcher.watch({ onChange: saved }, new Set([file]), Date.now());
  return () => watcher.close();
}

/** Undefined if they differ in white space only. */
export function changeOf(before: LoadedManifest, after: LoadedManifest): ManifestChange | undefined {
  const names = (manifest: LoadedManifest) => Object.keys(manifest.texts);
  const textOf = ({ broken, texts }: LoadedManifest, name: string) =>
    JSON.stringify([texts[name], broken?.get(name)]);
  const added = names(after).filter((name) => !Object.hasOwn(before.texts, name));
  const removed = names(before).filter((name) => !Object.hasOwn(after.texts, name));
  const changed = names(after).filter(
    (name) => Object.hasOwn(before.texts, name) && textOf(before, name) !== textOf(after, name),
  );
  const settings = (['tunnel', 'redact'] as const).filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
  if (added.length + removed.length + changed.length + settings.length === 0) return undefined;
  return { added, changed, removed, settings };
}

function codeOf(error: unknown): string {
  return error instanceof LiveDebugError ? error.code : 'LD_INTERNAL';
}
