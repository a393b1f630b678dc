// [4] The kind of source that an event came from, when it came about there, and which delivery of it this is.
import type { LambdaEvent } from './lambda-event.ts';
import { attemptOf, kindOf, sentMsOf } from './record-sources.ts';
import type { SourceKind } from './source-kinds.ts';

export interface EventSource {
  /** `custom` for whatever no known source sends. */
  readonly kind: SourceKind;
  /** Which delivery, from 1; the highest of a batch. */
  readonly attempt?: number | undefined;
  /** When it was sent, by AWS's clock, in milliseconds since the epoch; the earliest of a batch. */
  readonly sentMs?: number | undefined;
}

const custom: EventSource = { kind: 'custom' };

export function eventSource(event: LambdaEvent | undefined): EventSource {
  if (event === undefined) return custom;
  const { Records: records, requestContext } = event;
  if (records?.[0] !== undefined) return ofRecords(records);
  if (event['detail-type'] !== undefined && event.source !== undefined) {
    const isSchedule = event.source === 'aws.events' && event['detail-type'] === 'Scheduled Event';
    return { kind: isSchedule ? 'schedule' : 'eventbridge', sentMs: time(event.time) };
  }
  const isHttp = requestContext?.http?.method !== undefined || event.httpMethod !== undefined;
  if (!isHttp) return custom;
  return { kind: 'http', sentMs: requestContext?.timeEpoch ?? requestContext?.requestTimeEpoch };
}

function ofRecords(records: NonNullable<LambdaEvent['Records']>): EventSource {
  const [first] = records;
  const kind = first && kindOf(first);
  // Functions are never triggered by records of these.
  if (kind === undefined || kind === 'function_url') return custom;
  const attempts = records.flatMap((record) => attemptOf(record) ?? []);
  const times = records.flatMap((record) => sentMsOf(record) ?? []);
  return {
    kind,
    attempt: attempts.length > 0 ? Math.max(1, attempts.reduce(larger)) : undefined,
    sentMs: times.length > 0 ? times.reduce(smaller) : undefined,
  };
}

// Not spread into Math.max: a batch may have 10,000 records.
function larger(one: number, other: number): number {
  return Math.max(one, other);
}

function smaller(one: number, other: number): number {
  return Math.min(one, other);
}

function time(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}
