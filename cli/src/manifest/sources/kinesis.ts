// A Kinesis data stream.
import * as v from 'valibot';
import { part, quantity, text } from '../loose-parts.ts';
import { fields } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { arn, create, recordBatch, resourceName } from './source-parts.ts';
import { declareRecord, lastOf } from './source-record.ts';

export const kinesis = declareSource({
  title: 'Kinesis',
  resource: {
    arn: 'stream_arn',
    ofNew: ['stream_name'],
    shared: { kind: 'Kinesis stream', name: 'stream_name', most: 128 },
  },
  trigger: v.pipe(
    fields({
      create,
      stream_arn: v.optional(
        v.pipe(
          arn(
            'kinesis',
            /^arn:[^:]+:kinesis:[^:]+:\d{12}:stream\//,
            'arn:aws:kinesis:eu-west-1:123456789012:stream/orders',
          ),
          v.description(
            'ARN of an existing stream. Default: a stream is created, which costs money by the hour.',
          ),
        ),
      ),
      stream_name: v.optional(
        v.pipe(
          resourceName,
          v.description(
            'Last part of the new stream’s name. Functions that give the same name share the stream.',
          ),
        ),
      ),
      ...recordBatch,
    }),
    v.description('A Kinesis data stream.'),
  ),
  target: v.object({ stream_name: v.string(), stream_arn: v.string() }),
  record: declareRecord({
    eventSource: 'aws:kinesis',
    fields: { kinesis: part({ sequenceNumber: text, approximateArrivalTimestamp: quantity }) },
    ids: ({ kinesis }) => [kinesis?.sequenceNumber],
    words: ({ eventSourceARN }) => ['Kinesis', lastOf(eventSourceARN, '/')],
    sentMs: ({ kinesis }) => (kinesis?.approximateArrivalTimestamp ?? Number.NaN) * 1000,
  }),
});
