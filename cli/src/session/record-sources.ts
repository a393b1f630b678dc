// [4] The records of an event, of any service: where they come from, and the ids in them.
import * as v from 'valibot';
import { declareRecord, recordFields, type SourceRecord } from '../manifest/sources/source-record.ts';
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

/** Where a record came from, e.g. `SQS orders`; for an unknown service, the name in the record. */
export function wordsOf(record: LambdaRecord): string {
  const name = record.eventSource ?? record.EventSource;
  const source = records.find(({ eventSource }) => eventSource === name);
  return source?.words(record).filter(Boolean).join(' ') ?? (name || 'records');
}
