// Changes in a DynamoDB table, by its stream.
import * as v from 'valibot';
import { part } from '../loose-parts.ts';
import { fields, text } from '../schema-parts.ts';
import { keysTrace } from './dynamodb-keys.ts';
import { declareSource } from './source.ts';
import { arn, create, oneOf, optionalText, recordBatch, resourceName } from './source-parts.ts';
import { declareRecord } from './source-record.ts';

export const dynamodb = declareSource({
  title: 'DynamoDB stream',
  resource: {
    arn: 'stream_arn',
    ofNew: ['table_name', 'range_key'],
    shared: { kind: 'DynamoDB table', name: 'table_name', most: 255 },
  },
  trigger: v.pipe(
    fields({
      create,
      stream_arn: v.optional(
        v.pipe(
          arn(
            'dynamodb',
            /^arn:[^:]+:dynamodb:[^:]+:\d{12}:table\/[^/]+\/stream\//,
            'arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-31T00:00:00.000',
          ),
          v.description('The stream of a table that exists. Default: a table with a stream is made.'),
        ),
      ),
      table_name: v.optional(
        v.pipe(
          resourceName,
          v.description('Last part of the new table’s name; functions that say the same share it.'),
        ),
      ),
      hash_key: v.optional(v.pipe(text, v.description('Of a new table; a string.')), 'id'),
      range_key: v.optional(v.pipe(text, v.description('Of a new table; a string.'))),
      stream_view_type: v.optional(
        oneOf(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']),
        'NEW_AND_OLD_IMAGES',
      ),
      ...recordBatch,
    }),
    v.description('Hear of changes in a DynamoDB table, by its stream.'),
  ),
  target: v.object({
    table_name: v.string(),
    stream_arn: v.string(),
    /** Null where the table existed before. */
    hash_key: optionalText,
    range_key: optionalText,
  }),
  record: declareRecord({
    eventSource: 'aws:dynamodb',
    fields: {
      dynamodb: part({ Keys: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined) }),
    },
    ids: ({ dynamodb }) => [dynamodb?.Keys === undefined ? undefined : keysTrace(dynamodb.Keys)],
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME
    words: ({ eventSourceARN }) => ['DynamoDB stream', eventSourceARN?.split('/')[1]],
  }),
  mistakes: ({ hash_key, range_key }) =>
    range_key !== undefined && range_key === hash_key ? [['range_key', 'must differ from hash_key']] : [],
});
