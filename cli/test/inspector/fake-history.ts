// Generated invocations of the fake serve: the same ones for the same seed, details made when asked for.
import type {
  Hop,
  InvocationDetail,
  InvocationSummary,
  LogLine,
  RecordedBody,
} from '../../src/recordings/recording.ts';
import { type FakeFunction, fakeFunctions } from './fake-functions.ts';
import { Seeded } from './seeded.ts';

/** A row, and what its detail and bodies are made from. */
export interface FakeRow {
  summary: InvocationSummary;
  readonly detail: () => Omit<InvocationDetail, keyof InvocationSummary> & Pick<InvocationDetail, 'error'>;
  readonly event: () => RecordedBody;
  readonly result: () => RecordedBody | undefined;
}

/** How long before `end` the first of `count` began: about four a minute. */
const betweenMs = 15_000;

export class FakeHistory {
  /** Oldest first. */
  readonly rows: FakeRow[] = [];
  readonly #seeded: Seeded;
  #sequence = 0;

  constructor(seed: number, count: number, end: Date) {
    this.#seeded = new Seeded(seed);
    let at = end.getTime() - count * betweenMs;
    while (this.rows.length < count) {
      this.add(this.make(new Date(at)));
      at += Math.round(this.#seeded.next() * 2 * betweenMs);
      this.#retries(count);
    }
    // The steps are random: the last one ends at `end`, whatever their sum.
    const last = this.rows.at(-1);
    const shift = last === undefined ? 0 : end.getTime() - Date.parse(last.summary.at);
    for (const row of this.rows)
      row.summary = { ...row.summary, at: new Date(Date.parse(row.summary.at) + shift).toISOString() };
  }

  add(row: FakeRow): FakeRow {
    this.rows.push(row);
    return row;
  }

  find(key: string): FakeRow | undefined {
    return this.rows.find(({ summary }) => summary.key === key);
  }

  /** Sorts by its place in the list. */
  nextKey(): string {
    this.#sequence += 1;
    return `20261127T090000000-${String(this.#sequence).padStart(6, '0')}`;
  }

  /** The next invocation, of a function that is drawn by weight. */
  make(at: Date, given: Partial<InvocationSummary> = {}): FakeRow {
    const seeded = this.#seeded;
    const of = fakeFunctions.find(({ name }) => name === given.function) ?? drawn(seeded);
    const isFailing = (given.status ?? (seeded.below(100) < of.failing ? 'error' : 'ok')) === 'error';
    return this.#row(of, seeded.below(2 ** 31), at, isFailing, given);
  }

  /** A failed message of a queue is tried again with the same ids, until it succeeds or three attempts are used up. */
  #retries(count: number): void {
    const row = this.rows.at(-1);
    if (row?.summary.source !== 'sqs' || row.summary.status !== 'error') return;
    const of = fakeFunctions.find(({ name }) => name === row.summary.function);
    if (of === undefined) return;
    let before = row.summary;
    const seed = Number.parseInt(before.id.slice(0, 8), 16);
    for (let attempt = 2; attempt <= 3 && before.status === 'error' && this.rows.length < count; attempt++) {
      const at = new Date(Date.parse(before.at) + before.ms + 2000 * attempt);
      const isFailing = attempt < 3 && this.#seeded.chance(0.6);
      before = this.add(this.#row(of, seed, at, isFailing, { attempt, id: this.#seeded.uuid() })).summary;
    }
  }

  #row(
    of: FakeFunction,
    seed: number,
    at: Date,
    isFailing: boolean,
    given: Partial<InvocationSummary>,
  ): FakeRow {
    const seeded = new Seeded(seed);
    const made = of.make(seeded, at);
    const event = JSON.stringify(made.event);
    const error = of.runtime.startsWith('python')
      ? { name: 'KeyError', message: "'sku'" }
      : { name: 'TypeError', message: "Cannot read properties of undefined (reading 'sku')" };
    const code = seeded.around(of.codeMs);
    const init = seeded.chance(0.03) ? seeded.around(240) : undefined;
    const wait = seeded.chance(0.05) ? seeded.around(60) : undefined;
    const ms = Math.round((code + (init ?? 0) + (wait ?? 0) + seeded.around(26)) * 10) / 10;
    // What a test asks for has run here.
    const isObserved = seeded.chance(0.03) && given.function === undefined;
    const result = isFailing
      ? JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: stackOf(of, error) })
      : JSON.stringify(made.result);
    const lines = linesOf(of, seed, at, isFailing, error);
    const summary: InvocationSummary = {
      key: this.nextKey(),
      // The seed's digits first, so that a retry finds them.
      id: `${seed.toString(16).padStart(8, '0')}-${seeded.uuid().slice(9)}`,
      function: of.name,
      trigger: made.trigger,
      source: of.source,
      ...(made.sourceIds.length > 0 ? { source_ids: made.sourceIds } : {}),
      status: isFailing ? 'error' : 'ok',
      ...(made.httpStatus === undefined ? {} : { http_status: isFailing ? 500 : made.httpStatus }),
      at: at.toISOString(),
      ms,
      code_ms: code,
      ...(init === undefined ? {} : { init_ms: init }),
      ...(wait === undefined ? {} : { wait_ms: wait }),
      ...(isObserved ? { observed: true as const, answered_by: 'deployed' as const } : {}),
      ...(of.source === 'sqs' ? { attempt: 1 } : {}),
      ...(isFailing ? { error } : {}),
      event_bytes: Buffer.byteLength(event),
      result_bytes: Buffer.byteLength(result),
      logs: lines.length,
      code: {
        build: 1 + Math.floor(this.#sequence / 400),
        hash: new Seeded(1 + Math.floor(this.#sequence / 400)).hex(12),
      },
      ...(of.source === 'http' ? { masked: 2 } : {}),
      ...given,
    };
    const row: FakeRow = {
      summary,
      detail: () => ({
        context: {
          arn: `arn:aws:lambda:eu-west-1:123456789012:function:dev-tom-${of.name}`,
          trace_id: `Root=1-${new Seeded(seed).hex(8)}-${new Seeded(seed).hex(24)}`,
          remaining_ms: 9950,
          instance: new Seeded(seed).hex(12),
        },
        ...(isFailing ? { error: { ...error, stack: stackOf(of, error), ...causes(of) } } : {}),
        lines: linesOf(of, seed, new Date(row.summary.at), isFailing, error),
        hops: isObserved ? [] : hopsOf(ms, code, init, wait),
        event_content_type: 'application/json',
        result_content_type: 'application/json',
        ...(of.source === 'http' ? { masked_paths: ['/headers/authorization', '/cookies/0'] } : {}),
      }),
      event: () => body(event),
      result: () => (row.summary.status === 'running' ? undefined : body(result)),
    };
    return row;
  }
}

export function body(
  text: string | Uint8Array,
  contentType = 'application/json',
  isCut = false,
): RecordedBody {
  return { bytes: typeof text === 'string' ? Buffer.from(text) : text, contentType, isCut };
}

function drawn(seeded: Seeded): FakeFunction {
  let left = seeded.below(fakeFunctions.reduce((sum, { weight }) => sum + weight, 0));
  for (const each of fakeFunctions) {
    left -= each.weight;
    if (left < 0) return each;
  }
  return fakeFunctions[0];
}

function stackOf(of: FakeFunction, error: { name: string; message: string }): string[] {
  return of.runtime.startsWith('python')
    ? [
        'Traceback (most recent call last):',
        `  File "${of.file}", line 18, in handler`,
        '    total = price(item)',
        '  File "src/pricing.py", line 7, in price',
        `${error.name}: ${error.message}`,
      ]
    : [
        `${error.name}: ${error.message}`,
        `    at price (src/pricing.ts:12:21)`,
        `    at handler (${of.file}:18:17)`,
        '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
      ];
}

function causes(of: FakeFunction): Pick<NonNullable<InvocationDetail['error']>, 'causes'> {
  if (of.source !== 'sqs') return {};
  const cause = { name: 'ValidationError', message: 'items[0].sku is missing' };
  return { causes: [{ relation: 'cause', ...cause, stack: stackOf(of, cause) }] };
}

function linesOf(
  of: FakeFunction,
  seed: number,
  at: Date,
  isFailing: boolean,
  error: { name: string; message: string },
): LogLine[] {
  const seeded = new Seeded(seed + 1);
  const line = (ms: number, level: LogLine['level'], message: string): LogLine => ({
    at: new Date(at.getTime() + ms).toISOString(),
    level,
    message,
  });
  return [
    line(12, 'info', `${of.name} begins`),
    ...Array.from({ length: seeded.below(4) }, (_, n) =>
      line(
        14 + n,
        'debug',
        `item ${n}: ${JSON.stringify({ sku: `lamp-${seeded.below(900)}`, stock: seeded.below(9) })}`,
      ),
    ),
    ...(seeded.chance(0.2) ? [line(20, 'warn', 'stock service answered slowly, 412 ms')] : []),
    ...(isFailing ? [line(24, 'error', stackOf(of, error).join('\n'))] : []),
  ];
}

function hopsOf(ms: number, code: number, init = 0, wait = 0): Hop[] {
  const way = Math.max(0, ms - code - init - wait);
  const parts = {
    trigger: way * 0.1,
    stub: way * 0.2,
    relay: way * 0.3,
    queue: wait,
    start: init,
    code,
    back: way * 0.4,
  };
  let from = 0;
  return Object.entries(parts)
    .filter(([, each]) => each > 0)
    .map(([name, each]) => {
      const hop = { name: name as Hop['name'], at_ms: rounded(from), ms: rounded(each) };
      from += each;
      return hop;
    });
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
