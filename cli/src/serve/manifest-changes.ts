// Changes of livectl.json while it is served: a good one is reported with what it changes, a bad one with its mistakes.
import { systemClock } from '../../../protocol/clock.ts';
import { LiveDebugError, messageOf } from '../../../protocol/live-debug-error.ts';
import { FileWatcher } from '../builder/file-watcher.ts';
import type { LoadedManifest } from '../manifest/load-manifest.ts';
import type { SessionEvent } from '../session/session-event.ts';

/** How functions differ between two manifests, by name. */
export interface ManifestChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

interface WatchOptions {
  /** What is served. */
  readonly served: LoadedManifest;
  /** Reads the file again. Rejects with LD_CONFIG for its mistakes, and if its functions cannot be served. */
  readonly load: () => Promise<LoadedManifest>;
  readonly emit: (event: SessionEvent) => void;
}

export interface ManifestWatch {
  /** Resolves with the first change that can be served. Until then mistakes are reported, each text once. */
  readonly changed: Promise<ManifestChange>;
  close(): void;
}

export function watchManifest({ emit, load, served }: WatchOptions): ManifestWatch {
  const watcher = new FileWatcher({
    clock: systemClock,
    onNotice: (message) => emit({ event: 'notice', message }),
  });
  let isReading = false;
  let isStale = false;
  let reported = '';
  const changed = new Promise<ManifestChange>((resolve) => {
    const read = async () => {
      isStale = true;
      if (isReading) return;
      isReading = true;
      while (isStale) {
        isStale = false;
        try {
          const manifest = await load();
          const change = changeOf(served, manifest);
          reported = '';
          if (change !== undefined) resolve(change);
        } catch (error) {
          const message = `${messageOf(error).replace(/\.$/, '')}. The last good livectl.json is served on.`;
          if (message !== reported) emit({ event: 'error', code: codeOf(error), message });
          reported = message;
        }
      }
      isReading = false;
    };
    watcher.watch({ onChange: () => void read() }, new Set([served.file]), Date.now());
    // It may have been saved since it was read.
    void read();
  });
  return { changed, close: () => watcher.close() };
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
  const isSame =
    JSON.stringify([before.tunnel, before.redact]) === JSON.stringify([after.tunnel, after.redact]);
  if (added.length + removed.length + changed.length === 0 && isSame) return undefined;
  return { added, changed, removed };
}

function codeOf(error: unknown): string {
  return error instanceof LiveDebugError ? error.code : 'LD_INTERNAL';
}
