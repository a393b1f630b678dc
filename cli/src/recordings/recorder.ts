// Records the invocations of a running `serve`: their rows in memory, everything else in a store.
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { within } from '../../../protocol/within.ts';
import type { BegunInvocation, EndedInvocation, InvocationWatcher } from '../session/invocation-watcher.ts';
import type { ObservedInvoke, ObserveEvent } from '../session/session-event.ts';
import { BackgroundWriter } from './background-writer.ts';
import { invocationDetail, observedDetail } from './detail.ts';
import { KeptLines } from './kept-lines.ts';
import { environmentSecrets } from './mask/environment-secrets.ts';
import { Masker } from './mask/masker.ts';
import type { RedactPath } from './mask/redact-paths.ts';
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
import { finished, maskedSummary, sealed } from './sealed.ts';
import { begunSummary, endedSummary, observedSummary } from './summarize.ts';

interface RecorderOptions {
  /** Where recordings are kept once they have ended. */
  readonly store: RecordingStore;
  /** What is masked beside everything that looks like a secret. */
  readonly redact?: readonly RedactPath[] | undefined;
  readonly clock: Clock;
  readonly onNotice: (message: string) => void;
}

/** An invocation that runs. */
interface Running {
  readonly key: string;
  readonly begun: BegunInvocation;
  readonly lines: KeptLines;
  /** Once the variables of its code are known, it knows their secrets. */
  masker: Masker | undefined;
}

/** How long the last recordings may take to be written. */
const closeBoundMs = 3000;

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
  readonly #writer: BackgroundWriter;
  #loaded: Promise<void> | undefined;
  #hasFailed = false;

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#writer = new BackgroundWriter({
      store: options.store,
      clock: options.clock,
      isBusy: () => this.#running.size > 0,
      onSealed: ({ summary }) => {
        if (summary.masked && this.#rows.get(summary.key)) this.#safely(() => this.#change(summary));
      },
      onFault: (error) => this.#fault(error),
    });
  }

  began(begun: BegunInvocation): void {
    this.#safely(() => {
      const nowMs = this.#options.clock.now();
      const key = this.#keys.next(nowMs);
      const running = { key, begun, lines: new KeptLines(), masker: undefined };
      this.#running.set(begun.key, running);
      this.#runningByKey.set(key, running);
      this.#latest.set(latestKey(begun.invoke.function, begun.invoke.id), running);
      this.#originals.add(key, begun.event);
      this.#change(maskedSummary(begunSummary(key, begun, nowMs), this.#maskerOf(running)));
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
      const masker = this.#maskerOf(running);
      this.#writer.put({
        masker,
        summary,
        detail,
        event: { bytes: begun.event, contentType: detail.event_content_type, isCut: false },
        result: {
          bytes: ended.body,
          contentType: detail.result_content_type ?? '',
          isCut: ended.body.length < ended.bytes,
        },
      });
      this.#change(maskedSummary(summary, masker));
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
    // Read when somebody asks, not while `serve` starts.
    this.#loaded ??= this.#options.store.earlier().then((rows) => this.#rows.addEarlier(rows));
    await this.#loaded;
    return select(this.#rows.newestFirst(), query);
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    const running = this.#runningByKey.get(key);
    const row = running && this.#rows.get(key);
    if (row) return this.#runningDetail(row, running);
    return this.#writer.find(key)?.detail ?? this.#options.store.get(key);
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    const running = this.#runningByKey.get(key);
    if (running === undefined) return this.#writer.find(key)?.[part] ?? this.#options.store.body(key, part);
    if (part === 'result') return undefined;
    const { bytes } = finished(this.#maskerOf(running).document(running.begun.event));
    return { bytes, contentType: 'application/json', isCut: false };
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
  async close(): Promise<void> {
    await within(this.#options.clock, closeBoundMs, this.#writer.drain());
  }

  /** A masker of its own, since it learns what the event gives away. */
  #maskerOf({ begun }: Running): Masker {
    return new Masker(this.#options.redact ?? [], environmentSecrets(begun.variables?.() ?? {}));
  }

  #runningDetail(row: InvocationSummary, running: Running): InvocationDetail {
    const masker = this.#maskerOf(running);
    const detail = invocationDetail(row, running.begun, running.lines);
    const nothing = { bytes: new Uint8Array(0), contentType: '', isCut: false };
    return finished(sealed({ masker, summary: row, detail, event: nothing, result: nothing })).detail;
  }

  #line(name: string, id: string, level: LogLine['level'], message: string): void {
    const running = this.#latest.get(latestKey(name, id));
    if (running === undefined) return;
    const at = new Date(this.#options.clock.now()).toISOString();
    const line = running.lines.add({ at, level, message });
    if (line === undefined || this.#onLine.size === 0) return;
    running.masker ??= running.begun.variables?.() && this.#maskerOf(running);
    const shown = { ...line, message: (running.masker ?? this.#maskerOf(running)).text(line.message) };
    for (const listener of this.#onLine) listener(running.key, shown);
  }

  #observed(event: ObservedInvoke): void {
    const key = this.#keys.next(this.#options.clock.now());
    const { contentType = 'application/json', event: eventBytes, result } = event.bodies;
    const summary = observedSummary(key, event);
    if (!event.event_cut) this.#originals.add(key, eventBytes);
    const masker = new Masker(this.#options.redact ?? []);
    this.#writer.put({
      masker,
      summary,
      detail: observedDetail(summary, event),
      event: { bytes: eventBytes, contentType: 'application/json', isCut: event.event_cut ?? false },
      result: { bytes: result, contentType, isCut: event.result_cut ?? false },
    });
    this.#change(maskedSummary(summary, masker));
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
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#options.onNotice(`an invocation could not be recorded: ${messageOf(error)}`);
  }
}

function latestKey(functionName: string, id: string): string {
  return `${functionName} ${id}`;
}
