// [1] A batch whose records belong to several: each gets its own records, and their answers become one. Loaded only if a client
// has a filter and the batch comes from a source whose event source mapping takes partial failures.
import { failedRecords, reportOf } from '../../../protocol/batch-answer.ts';
import type { Clock } from '../../../protocol/clock.ts';
import { messageOf } from '../../../protocol/live-debug-error.ts';
import { recordSpans, type Span } from '../../../protocol/record-spans.ts';
import { report } from '../report.ts';

interface BatchRecord {
  /** By which an answer reports it. */
  readonly id: string;
  /** Records of one group are handled in order, whoever handles them. */
  readonly group: string;
}

interface OwnedRecord extends BatchRecord {
  readonly span: Span;
  /** The number of the client; -1 for everybody else. */
  readonly owner: number;
  /** How often the owner changes within the group up to this record. */
  readonly round: number;
}

/** Records that may be handled at the same time: begin and end in the event's bytes, identifier, group, owner. */
export type PlannedRound = readonly (readonly [number, number, string, string, number])[];

export interface BatchRun {
  readonly clock: Clock;
  /** When the batch must have been answered, milliseconds since the epoch. */
  readonly deadline: number;
  /** Runs a part of the batch, given as an event of its own; resolves with the answer, rejects with why there is none. */
  readonly run: (event: Uint8Array) => Promise<Uint8Array>;
}

/**
 * The batch in parts; undefined if it must go whole: it has one owner, its source is not one of `sources`, or it is none that can be
 * split. `sources`: ARNs of queues and streams with commas between them; one may end in `*`. `ownersOf` has a number for each record.
 */
export function splitBatch(
  event: Uint8Array,
  sources: string,
  ownersOf: () => readonly number[] | undefined,
): Batch | undefined {
  const records = recordsIn(event, sources.split(','));
  const spans = records && recordSpans(event);
  if (!spans || spans.length !== records.length) return undefined;
  const owners = ownersOf();
  if (owners?.length !== records.length || new Set(owners).size < 2) return undefined;
  const last = new Map<string, { readonly owner: number; readonly round: number }>();
  const owned = records.map((record, index) => {
    const [owner = -1, span = [0, 0]] = [owners[index], spans[index]];
    const before = last.get(record.group) ?? { owner, round: 0 };
    const round = before.round + Number(before.owner !== owner);
    last.set(record.group, { owner, round });
    return { ...record, owner, round, span };
  });
  return new Batch(event, owned);
}

export class Batch {
  readonly #event: Uint8Array;
  readonly #records: readonly OwnedRecord[];

  constructor(event: Uint8Array, records: readonly OwnedRecord[]) {
    this.#event = event;
    this.#records = records;
  }

  /**
   * The answer of the whole batch. Owners get their records in parallel, and in rounds where a group changes its owner. Once a record
   * of a group has failed, or the time would not suffice for another round, the group's further records are reported as failed without
   * being handled. Rejects if all that ran failed with an error, with the first one.
   */
  async answer({ clock, deadline, run }: BatchRun): Promise<Buffer> {
    const failed = new Set<string>();
    const stopped = new Set<string>();
    const errors: unknown[] = [];
    let ran = 0;
    let postponed = 0;
    let longestMs = 0;
    const runPart = async (part: readonly OwnedRecord[]) => {
      const ids = new Set(part.map(({ id }) => id));
      const outcome = await run(this.#eventOf(part)).then(
        (answer) => failedRecords(answer, ids) ?? 'it is not an answer to a batch',
        (error: unknown) => {
          errors.push(error);
          return messageOf(error);
        },
      );
      const ofPart = typeof outcome === 'string' ? ids : outcome;
      if (typeof outcome === 'string')
        report('a part of a batch failed', { records: part.length, of: this.#records.length, why: outcome });
      for (const { group, id } of part)
        if (ofPart.has(id)) {
          failed.add(id);
          stopped.add(group);
        }
    };
    for (const round of this.#rounds()) {
      const isLate = ran > 0 && deadline - clock.now() < longestMs;
      const [parts, waiting] = partsOf(round, (group) => isLate || stopped.has(group));
      for (const { id } of waiting) failed.add(id);
      postponed += waiting.length;
      ran += parts.length;
      const startedAt = clock.now();
      await Promise.all(parts.map(runPart));
      longestMs = Math.max(longestMs, clock.now() - startedAt);
    }
    if (postponed > 0)
      report('records of a batch must come again', { records: postponed, of: this.#records.length });
    if (errors.length === ran) throw errors[0];
    return reportOf(failed);
  }

  /** For a wrapper that gets the parts answered itself. */
  get plan(): readonly PlannedRound[] {
    return this.#rounds().map((round) =>
      round.map(({ span: [begin, end], id, group, owner }) => [begin, end, id, group, owner] as const),
    );
  }

  #rounds(): OwnedRecord[][] {
    const rounds: OwnedRecord[][] = [];
    for (const record of this.#records) {
      const round = rounds[record.round] ?? [];
      rounds[record.round] = round;
      round.push(record);
    }
    return rounds;
  }

  /** The event with these records only, everything else as it was. */
  #eventOf(part: readonly OwnedRecord[]): Buffer {
    const from = this.#records[0]?.span[0] ?? 0;
    const to = this.#records.at(-1)?.span[1] ?? 0;
    const pieces = part.flatMap(({ span }, index) => [
      ...(index > 0 ? [Buffer.from(',')] : []),
      this.#event.subarray(...span),
    ]);
    return Buffer.concat([this.#event.subarray(0, from), ...pieces, this.#event.subarray(to)]);
  }
}

/** The records that each owner gets in a round, and those that must wait. */
function partsOf(
  round: readonly OwnedRecord[],
  mustWait: (group: string) => boolean,
): [OwnedRecord[][], OwnedRecord[]] {
  const parts = new Map<number, OwnedRecord[]>();
  const postponed: OwnedRecord[] = [];
  for (const record of round) {
    const part = mustWait(record.group) ? postponed : (parts.get(record.owner) ?? []);
    if (part !== postponed) parts.set(record.owner, part);
    part.push(record);
  }
  return [[...parts.values()], postponed];
}

type Json = Readonly<Record<string, unknown>>;

/** Undefined if the event is not a batch of one of the sources that can be split. */
function recordsIn(event: Uint8Array, sources: readonly string[]): readonly BatchRecord[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(event).toString('utf8'));
  } catch {
    return undefined;
  }
  // The answers of a tumbling window also have a state, which can't be merged.
  if (!isObject(parsed) || !Array.isArray(parsed.Records) || 'window' in parsed) return undefined;
  const arn: unknown = parsed.Records[0]?.eventSourceARN;
  if (typeof arn !== 'string' || !sources.some((source) => isOf(arn, source))) return undefined;
  const records: BatchRecord[] = [];
  for (const [index, record] of (parsed.Records as unknown[]).entries()) {
    const found =
      isObject(record) && record.eventSourceARN === arn ? recordOf(record, arn, index) : undefined;
    if (found === undefined) return undefined;
    records.push(found);
  }
  return records;
}

function recordOf(record: Json, arn: string, index: number): BatchRecord | undefined {
  const { attributes, dynamodb, eventSource, kinesis, messageId } = record;
  switch (eventSource) {
    case 'aws:sqs': {
      if (!arn.endsWith('.fifo')) return named(messageId, `${index}`);
      const group = isObject(attributes) ? attributes.MessageGroupId : undefined;
      return typeof group === 'string' ? named(messageId, group) : undefined;
    }
    // A batch comes from one shard.
    case 'aws:kinesis':
      return isObject(kinesis) ? named(kinesis.sequenceNumber, '') : undefined;
    case 'aws:dynamodb':
      return isObject(dynamodb) ? named(dynamodb.SequenceNumber, '') : undefined;
    default:
      return undefined;
  }
}

function named(id: unknown, group: string): BatchRecord | undefined {
  return typeof id === 'string' && id !== '' ? { id, group } : undefined;
}

function isOf(arn: string, source: string): boolean {
  return source.endsWith('*') ? arn.startsWith(source.slice(0, -1)) : arn === source;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
