// What a `serve` did from start to stop: reported once, before `stopped`.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openRecordings } from '../recordings/recordings-folder.ts';
import type { ObserveEvent, SessionEvent } from '../session/session-event.ts';

type Summary = Extract<SessionEvent, { event: 'summary' }>;

/** Durations of a function that are kept for its median: the newest. */
const keptDurations = 10_000;

interface Counts {
  invocations: number;
  failed: number;
  maxMs: number;
  /** A ring: the next one replaces the oldest. */
  readonly durations: number[];
}

export interface RunSummaryOptions {
  /** Milliseconds on a clock that only goes forward. */
  readonly now: () => number;
  /**
   * Where recordings are, absolute; undefined if none are kept. `isExpected`: there are new ones, of which the first may be written
   * only after the end was reported.
   */
  readonly recordings: (isExpected: boolean) => string | undefined;
}

/** For a project's folder: as long as livectl runs, by the monotonic clock. */
export function summaryOf({ record, root }: { readonly record: boolean; readonly root: string }): RunSummary {
  return new RunSummary({
    now: () => performance.now(),
    recordings: (isExpected) => (record ? recordingsPath(resolve(root), isExpected) : undefined),
  });
}

function recordingsPath(root: string, isExpected: boolean): string | undefined {
  try {
    const { path } = openRecordings(root);
    return isExpected || existsSync(path) ? path : undefined;
  } catch {
    // Not this user's own folder, which was reported when the first one was to be written.
    return undefined;
  }
}

/** Functions are those of the manifest, so their number is bounded. */
export class RunSummary {
  readonly #options: RunSummaryOptions;
  readonly #since: number;
  readonly #functions = new Map<string, Counts>();
  /** Of the manifests that were served before, as their sessions counted. */
  #before = { invocations: 0, failed: 0, abandoned: 0 };
  /** The end of what was served last was not reported. */
  #isOpen = false;

  constructor(options: RunSummaryOptions) {
    this.#options = options;
    this.#since = options.now();
  }

  /**
   * Returns the events to report for this one: `stopped` comes with the summary, and both count all manifests that were served.
   * Replays do not count. `goesOn`: another manifest is served next, so nothing of the end is reported.
   */
  with(event: ObserveEvent, goesOn = false): readonly ObserveEvent[] {
    if (event.event === 'result' && event.replay_of === undefined)
      this.#count(event.function, event.ok, event.ms);
    if ('observed' in event) this.#count(event.function, event.ok, event.ms);
    if (event.event === 'stopping') return goesOn ? [] : [event];
    if (event.event !== 'stopped') return [event];
    const { abandoned, failed, invocations } = this.#before;
    this.#before = {
      invocations: invocations + event.invocations,
      failed: failed + event.failed,
      abandoned: abandoned + event.abandoned,
    };
    this.#isOpen = true;
    return goesOn ? [] : this.end();
  }

  /** The last events, if something was served and its end was not reported: livectl was ended while it took up a manifest. */
  end(): readonly ObserveEvent[] {
    if (!this.#isOpen) return [];
    this.#isOpen = false;
    return [this.#summary(), { event: 'stopped', ...this.#before }];
  }

  #count(name: string, ok: boolean, ms: number): void {
    const counts = this.#functions.get(name) ?? { invocations: 0, failed: 0, maxMs: 0, durations: [] };
    this.#functions.set(name, counts);
    counts.durations[counts.invocations % keptDurations] = ms;
    counts.invocations += 1;
    counts.failed += ok ? 0 : 1;
    counts.maxMs = Math.max(counts.maxMs, ms);
  }

  #summary(): Summary {
    const counts = [...this.#functions.values()];
    const total = (of: 'invocations' | 'failed') => counts.reduce((sum, each) => sum + each[of], 0);
    const invocations = total('invocations');
    const recordings = this.#options.recordings(invocations > 0);
    return {
      event: 'summary',
      served_ms: Math.round(this.#options.now() - this.#since),
      invocations,
      failed: total('failed'),
      functions: [...this.#functions]
        .map(([name, { durations, failed, invocations: count, maxMs }]) => ({
          name,
          invocations: count,
          failed,
          p50_ms: median(durations),
          max_ms: maxMs,
        }))
        .sort((a, b) => b.invocations - a.invocations || (a.name < b.name ? -1 : 1)),
      ...(recordings === undefined ? {} : { recordings }),
    };
  }
}

/** Of at least one value: the lower of the middle two, so that it is one that was measured. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
