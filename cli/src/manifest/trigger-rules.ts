// The rules of `triggers` in livectl.json that a JSON schema can't say.
import { messageOf } from '../../../protocol/live-debug-error.ts';
import type { Triggers } from './trigger-schema.ts';

/** Tells a mistake at a field below `triggers`. */
type Tell = (keys: readonly [string, string], text: string) => void;

/** An existing resource, and what names a new one. */
const eitherOr = [
  ['sns', 'topic_arn', ['topic_name']],
  ['sqs', 'queue_arn', ['queue_name', 'visibility_timeout_seconds']],
  ['eventbridge', 'event_bus_arn', ['event_bus_name']],
  ['s3', 'bucket_arn', ['bucket_name']],
  ['dynamodb', 'stream_arn', ['table_name', 'range_key']],
  ['kinesis', 'stream_arn', ['stream_name']],
] as const;

const documents = [
  ['sns', 'filter_policy'],
  ['eventbridge', 'event_pattern'],
  ['schedule', 'input'],
] as const;

/** Tells every mistake in the triggers of one function. */
export function checkTriggers(triggers: Triggers, tell: Tell): void {
  for (const [source, existing, ofNew] of eitherOr) {
    const fields: Readonly<Record<string, unknown>> = triggers[source] ?? {};
    if (fields[existing] === undefined) continue;
    for (const field of ofNew) {
      if (fields[field] !== undefined)
        tell([source, field], `is for a new resource, and ${existing} names one that exists: leave one out`);
    }
  }
  for (const [source, field] of documents) {
    const fields: Readonly<Record<string, unknown>> = triggers[source] ?? {};
    const json = fields[field];
    if (typeof json !== 'string') continue;
    try {
      JSON.parse(json);
    } catch (error) {
      tell([source, field], `is no JSON: ${messageOf(error)}`);
    }
  }
  const { sqs } = triggers;
  if (sqs !== undefined && sqs.batch_size > 10 && sqs.maximum_batching_window_in_seconds === 0) {
    // https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html (BatchSize)
    tell(['sqs', 'batch_size'], 'above 10 needs a maximum_batching_window_in_seconds of at least 1');
  }
}
