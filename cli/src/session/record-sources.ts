// [4] The records of an event, of any service: where they come from, and the ids in them.
import * as v from 'valibot';
import { declareRecord, recordFields, type SourceRecord } from '../manifest/sources/source-record.ts';
import type { TriggerKind } from '../manifest/sources/sources.ts';
import { triggerFacts } from '../manifest/trigger-facts.ts';

/** Not a source of the module's, but of functions that are set up by hand. */
const ses = declareRecord({ eventSource: 'aws:ses', fields: {}, ids: () => [], words: () => ['SES'] });

const records: readonly SourceRecord<v.ObjectEntries>[] = [
  ...triggerFacts.flatMap(([, { record }]) => record ?? []),
  ses,
];

const recordSchema = v.object({
  ...(Object.assign({}, ...records.map(({ fields }) => fields)) as v.ObjectEntries),
  ...recordFields,
});

/** The records of an event; any field may be missing. */
export const recordsSchema = v.fallback(v.optional(v.array(recordSchema)), undefined);
/** A record of any service. */
export type LambdaRecord = v.InferOutput<typeof recordSchema>;

/** All ids in a record, of every service whose fields it has, whatever service it names. */
export function idsOf(record: LambdaRecord): string[] {
  return records.flatMap((each) => each.ids(record)).filter((id) => id !== undefined);
}

/** Which kind of source a record came from; undefined for a service that is no source of the module's. */
export function kindOf(record: LambdaRecord): TriggerKind | undefined {
  const name = nameOf(record);
  return triggerFacts.find(([, facts]) => facts.record?.eventSource === name)?.[0];
}

/** When a record was sent, in milliseconds since the epoch; undefined if it does not say. */
export function sentMsOf(record: LambdaRecord): number | undefined {
  return finite(sourceOf(record)?.sentMs?.(record));
}

/** Which delivery of a record this is, from 1; undefined if it does not say. */
export function attemptOf(record: LambdaRecord): number | undefined {
  return finite(sourceOf(record)?.attempt?.(record));
}

/** Where a record came from, e.g. `SQS orders`; for an unknown service, the name in the record. */
export function wordsOf(record: LambdaRecord): string {
  return sourceOf(record)?.words(record).filter(Boolean).join(' ') ?? (nameOf(record) || 'records');
}

function sourceOf(record: LambdaRecord): SourceRecord<v.ObjectEntries> | undefined {
  const name = nameOf(record);
  return records.find(({ eventSource }) => eventSource === name);
}

function nameOf({ EventSource, eventSource }: LambdaRecord): string | undefined {
  return eventSource ?? EventSource;
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
