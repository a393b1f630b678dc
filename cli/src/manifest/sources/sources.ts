// Every kind of event source, by its name in livectl.json. For each, tsc requires an entry in ../../trigger/sources/sources.ts
// and one in ../../cloud/sources.ts.
import { dynamodb } from './dynamodb.ts';
import { eventbridge } from './eventbridge.ts';
import { functionUrl } from './function-url.ts';
import { http } from './http.ts';
import { kinesis } from './kinesis.ts';
import { s3 } from './s3.ts';
import { schedule } from './schedule.ts';
import { sns } from './sns.ts';
import type { AnySource } from './source.ts';
import { sqs } from './sqs.ts';

/** In the order of lists and of reported mistakes. */
export const sources = {
  http,
  function_url: functionUrl,
  sns,
  sqs,
  eventbridge,
  schedule,
  s3,
  dynamodb,
  kinesis,
} satisfies Readonly<Record<string, AnySource>>;

/** A kind of event source: `http`, `sns`, ... */
export type TriggerKind = keyof typeof sources;
