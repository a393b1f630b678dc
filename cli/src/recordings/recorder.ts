// Records the invocations of a running `serve`: their rows in memory, everything else in a store.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { BegunInvocation, EndedInvocation, InvocationWatcher } from '../session/invocation-watcher.ts';
import type { ObservedInvoke, ObserveEvent } from '../session/session-event.ts';
import { invocationDetail, observedDetail } from './detail.ts';
import { KeptLines } from './kept-lines.ts';
import { NewestEvents } from './newest-events.ts';
import type {
  InvocationDetail,
  InvocationSummary,
  LogLine,
  RecordedBody,
  RecordingQuery,
  Recordings,
} from './recording.ts';
import { RecordingKeys } from './recording-keys.ts';
import { select } from './recording-query.ts';
import type { RecordingStore } from './recording-store.ts';
import { Rows } from './rows.ts';
import { begunSummary, endedSummary, observedSummary } from './summarize.ts';

interface RecorderOptions {
  /** Where recordings are kept once they have ended. */
  readonly store: RecordingStore;
  readonly clock: Clock;
  readonly onNotice: (message: string) => void;
}

/** An invocation that runs. */
interface Running {
  readonly key: string;
  readonly begun: BegunInvocation;
  readonly lines: KeptLines;
}

/** What the inspector, replays and `livectl recordings` beside a running `serve` read. */
export class Recorder implements Recordings, InvocationWatcher {
  readonly #options: RecorderOptions;
  readonly #keys = new RecordingKeys();
  readonly #rows = new Rows();
  readonly #originals = new NewestEvents();
  /** By the session's key. */
  readonly #running = new Map<string, Running>();
  /** By the recording's key. */
  readonly #runningByKey = new Map<string, Running>();
  /** Of each request id, which retries share, the latest. */
  readonly #latest = new Map<string, Running>();
  readonly #onChange = new Set<(summary: InvocationSummary) => void>();
  readonly #onLine = new Set<(key: string, line: LogLine) => void>();
  readonly #loaded: Promise<void>;
  #hasFailed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#loaded = options.store.earlier().then((rows) => this.#rows.addEarlier(rows));
  }

  began(begun: BegunInvocation): void {
    this.#safely(() => {
      const nowMs = this.#options.clock.now();
      const key = this.#keys.next(nowMs);
      const running = { key, begun, lines: new KeptLines() };
      this.#running.set(begun.key, running);
      this.#runningByKey.set(key, running);
      this.#latest.set(latestKey(begun.invoke.function, begun.invoke.id), running);
      this.#originals.add(key, begun.event);
      this.#change(begunSummary(key, begun, nowMs));
    });
  }

  ended(ended: EndedInvocation): void {
    this.#safely(() => {
      const running = this.#running.get(ended.key);
      if (running === undefined) return;
      const { begun, key, lines } = running;
      this.#running.delete(ended.key);
      this.#runningByKey.delete(key);
      const latest = latestKey(begun.invoke.function, begun.invoke.id);
      if (this.#latest.get(latest) === running) this.#latest.delete(latest);
      const row = this.#rows.get(key) ?? begunSummary(key, begun, begun.arrivedMs);
      const summary = endedSummary(row, ended, lines.count);
      const detail = invocationDetail(summary, begun, lines, ended);
      this.#options.store.put({
        summary,
        detail,
        event: { bytes: begun.event, contentType: detail.event_content_type, isCut: false },
        result: {
          bytes: ended.body,
          contentType: detail.result_content_type ?? '',
          isCut: ended.body.length < ended.bytes,
        },
      });
      this.#change(summary);
    });
  }

  /** Takes everything that the session reports: log lines, and copies of what others answered. */
  take(event: ObserveEvent): void {
    if (event.event === 'log' && event.id !== undefined) {
      const { function: name, id, level, message } = event;
      this.#safely(() => this.#line(name, id, level, message));
    } else if (event.event === 'invoke' && 'observed' in event) {
      this.#safely(() => this.#observed(event));
    }
  }

  async list(query: RecordingQuery): Promise<readonly InvocationSummary[]> {
    await this.#loaded;
    return select(this.#rows.newestFirst(), query);
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    const running = this.#runningByKey.get(key);
    const row = running && this.#rows.get(key);
    if (row) return invocationDetail(row, running.begun, running.lines);
    return this.#options.store.get(key);
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    const running = this.#runningByKey.get(key);
    if (running === undefined) return this.#options.store.body(key, part);
    if (part === 'result') return undefined;
    return { bytes: running.begun.event, contentType: 'application/json', isCut: false };
  }

  /** The event as it came, unmasked; only the newest of this process. */
  original(key: string): Uint8Array | undefined {
    return this.#originals.get(key);
  }

  /** `listener` gets each row that is new or has changed. Returns what ends that. */
  onChange(listener: (summary: InvocationSummary) => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  /** `listener` gets each line that is kept. Returns what ends that. */
  onLine(listener: (key: string, line: LogLine) => void): () => void {
    this.#onLine.add(listener);
    return () => this.#onLine.delete(listener);
  }

  /** Keeps what has ended, within a bound. */
  close(): Promise<void> {
    return this.#options.store.close();
  }

  #line(name: string, id: string, level: LogLine['level'], message: string): void {
    const running = this.#latest.get(latestKey(name, id));
    if (running === undefined) return;
    const at = new Date(this.#options.clock.now()).toISOString();
    const line = running.lines.add({ at, level, message });
    if (line) for (const listener of this.#onLine) listener(running.key, line);
  }

  #observed(event: ObservedInvoke): void {
    const key = this.#keys.next(this.#options.clock.now());
    const { contentType = 'application/json', event: eventBytes, result } = event.bodies;
    const summary = observedSummary(key, event);
    if (!event.event_cut) this.#originals.add(key, eventBytes);
    this.#options.store.put({
      summary,
      detail: observedDetail(summary, event),
      event: { bytes: eventBytes, contentType: 'application/json', isCut: event.event_cut ?? false },
      result: { bytes: result, contentType, isCut: event.result_cut ?? false },
    });
    this.#change(summary);
  }

  #change(summary: InvocationSummary): void {
    this.#rows.set(summary);
    for (const listener of this.#onChange) listener(summary);
  }

  /** A fault here must not cost an invocation. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (this.#hasFailed) return;
      this.#hasFailed = true;
      this.#options.onNotice(`an invocation could not be recorded: ${messageOf(error)}`);
    }
  }
}

function latestKey(functionName: string, id: string): string {
  return `${functionName} ${id}`;
}
