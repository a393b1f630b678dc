// The changes in a DynamoDB table, from its stream.
import * as v from 'valibot';
import { part, quantity } from '../loose-parts.ts';
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
          v.description('ARN of an existing table’s stream. Default: a table with a stream is created.'),
        ),
      ),
      table_name: v.optional(
        v.pipe(
          resourceName,
          v.description(
            'Last part of the new table’s name. Functions that give the same name share the table.',
          ),
        ),
      ),
      hash_key: v.optional(
        v.pipe(text, v.description('Partition key of a new table, of type string.')),
        'id',
      ),
      range_key: v.optional(v.pipe(text, v.description('Sort key of a new table, of type string.'))),
      stream_view_type: v.optional(
        oneOf(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']),
        'NEW_AND_OLD_IMAGES',
      ),
      ...recordBatch,
    }),
    v.description('The changes in a DynamoDB table, from its stream.'),
  ),
  target: v.object({
    table_name: v.string(),
    stream_arn: v.string(),
    /** Null for an existing table. */
    hash_key: optionalText,
    range_key: optionalText,
  }),
  record: declareRecord({
    eventSource: 'aws:dynamodb',
    fields: {
      dynamodb: part({
        Keys: v.fallback(v.optional(v.record(v.string(), v.unknown())), undefined),
        ApproximateCreationDateTime: quantity,
      }),
    },
    ids: ({ dynamodb }) => [dynamodb?.Keys === undefined ? undefined : keysTrace(dynamodb.Keys)],
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME
    words: ({ eventSourceARN }) => ['DynamoDB stream', eventSourceARN?.split('/')[1]],
    sentMs: ({ dynamodb }) => (dynamodb?.ApproximateCreationDateTime ?? Number.NaN) * 1000,
  }),
  mistakes: ({ hash_key, range_key }) =>
    range_key !== undefined && range_key === hash_key ? [['range_key', 'must differ from hash_key']] : [],
});
