// What livectl reads from the records of an event: their fields, their ids, and the words for the terminal.
import type * as v from 'valibot';
import { text } from '../loose-parts.ts';

/** Fields of every service's records. SNS spells the first one `EventSource`. */
export const recordFields = { eventSource: text, EventSource: text, eventSourceARN: text, eventName: text };

type Read<Fields extends v.ObjectEntries> = v.InferOutput<
  v.ObjectSchema<typeof recordFields & Fields, undefined>
>;

/** The functions are written as methods so that a list can hold records of any source. */
export interface SourceRecord<Fields extends v.ObjectEntries> {
  /** The service's name in `eventSource` or `EventSource`. */
  readonly eventSource: string;
  /** The source's own fields; any may be missing. A name that two sources use must mean the same in both. */
  readonly fields: Fields;
  /** Ids by which `livectl trigger` recognizes the invocation that its message caused. */
  ids(record: Read<Fields>): readonly (string | undefined)[];
  /** For the terminal: the service, then the resource. */
  words(record: Read<Fields>): readonly (string | undefined)[];
  /** When it was sent or came about, in milliseconds since the epoch. */
  sentMs?(record: Read<Fields>): number | undefined;
  /** Which delivery of it this is, from 1. */
  attempt?(record: Read<Fields>): number | undefined;
}

/** Keeps the types of the fields for the functions, and forgets them for the list. */
export function declareRecord<const Fields extends v.ObjectEntries>(
  record: SourceRecord<Fields>,
): SourceRecord<v.ObjectEntries> {
  return record as unknown as SourceRecord<v.ObjectEntries>;
}

/** The last part of an ARN. */
export function lastOf(arn: string | undefined, separator: string): string | undefined {
  return arn?.split(separator).at(-1);
}
