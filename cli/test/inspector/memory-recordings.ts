// Recordings in memory, newest first, and what a test adds to them.
import type { LiveRecordings } from '../../src/inspector/inspector.ts';
import type {
  InvocationDetail,
  InvocationSummary,
  LogLine,
  RecordedBody,
  RecordingQuery,
} from '../../src/recordings/recording.ts';

/** A row with the given differences. */
export function row(key: string, differences: Partial<InvocationSummary> = {}): InvocationSummary {
  return {
    key,
    id: `id-${key}`,
    function: 'orders',
    trigger: 'POST /orders',
    source: 'http',
    status: 'ok',
    at: '2026-01-02T03:04:05.678Z',
    ms: 12,
    event_bytes: 2,
    result_bytes: 2,
    logs: 0,
    ...differences,
  };
}

export class MemoryRecordings implements LiveRecordings {
  /** Newest first. */
  readonly rows: InvocationSummary[] = [];
  readonly bodies = new Map<string, RecordedBody>();
  readonly queries: RecordingQuery[] = [];
  readonly #onRow = new Set<(summary: InvocationSummary) => void>();
  readonly #onLine = new Set<(key: string, line: LogLine) => void>();

  /** Adds or replaces a row. */
  add(summary: InvocationSummary): void {
    const index = this.rows.findIndex(({ key }) => key === summary.key);
    if (index < 0) this.rows.unshift(summary);
    else this.rows[index] = summary;
    for (const listener of this.#onRow) listener(summary);
  }

  log(key: string, message: string): void {
    const line: LogLine = { at: '2026-01-02T03:04:05.678Z', level: 'info', message };
    for (const listener of this.#onLine) listener(key, line);
  }

  get listeners(): number {
    return this.#onRow.size + this.#onLine.size;
  }

  onChange(listener: (summary: InvocationSummary) => void): () => void {
    this.#onRow.add(listener);
    return () => void this.#onRow.delete(listener);
  }

  onLine(listener: (key: string, line: LogLine) => void): () => void {
    this.#onLine.add(listener);
    return () => void this.#onLine.delete(listener);
  }

  async list(query: RecordingQuery): Promise<readonly InvocationSummary[]> {
    this.queries.push(query);
    const { before, limit = 100, status } = query;
    const start = before === undefined ? 0 : this.rows.findIndex(({ key }) => key === before) + 1;
    return this.rows
      .slice(start)
      .filter((each) => status === undefined || each.status === status)
      .slice(0, limit);
  }

  async get(key: string): Promise<InvocationDetail | undefined> {
    const found = this.rows.find((each) => each.key === key);
    if (found === undefined) return undefined;
    const { error: _error, ...rest } = found;
    return { ...rest, context: { arn: 'arn' }, lines: [], hops: [], event_content_type: 'application/json' };
  }

  async body(key: string, part: 'event' | 'result'): Promise<RecordedBody | undefined> {
    return this.bodies.get(`${key} ${part}`);
  }
}
