// Events of objects in an S3 bucket.
import * as v from 'valibot';
import { text as looseText, part } from '../loose-parts.ts';
import { fields, flag, text, texts } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { arn, create, optionalText, resourceName } from './source-parts.ts';
import { declareRecord } from './source-record.ts';

export const s3 = declareSource({
  title: 'S3',
  resource: {
    arn: 'bucket_arn',
    ofNew: ['bucket_name'],
    shared: { kind: 'S3 bucket', name: 'bucket_name', most: 63 },
  },
  trigger: v.pipe(
    fields({
      create,
      bucket_arn: v.optional(
        v.pipe(
          arn('s3', /^arn:[^:]+:s3:::[^/]+$/, 'arn:aws:s3:::orders'),
          v.description(
            'ARN of an existing bucket. Terraform then replaces all notifications of the bucket. Default: a bucket is created.',
          ),
        ),
      ),
      bucket_name: v.optional(
        v.pipe(
          resourceName,
          v.description(
            'Last part of the new bucket’s name. Functions that give the same name share the bucket.',
          ),
        ),
      ),
      events: v.optional(texts, ['s3:ObjectCreated:*']),
      filter_prefix: v.optional(text),
      filter_suffix: v.optional(text),
      force_destroy: v.optional(
        v.pipe(flag, v.description('Whether destroying a new bucket deletes the objects in it.')),
        false,
      ),
    }),
    v.description('Events of objects in an S3 bucket.'),
  ),
  target: v.object({
    bucket: v.string(),
    filter_prefix: optionalText,
    filter_suffix: optionalText,
    events: v.nullish(v.array(v.string())),
  }),
  record: declareRecord({
    eventSource: 'aws:s3',
    fields: {
      s3: part({
        bucket: part({ name: looseText }),
        object: part({ key: looseText, eTag: looseText }),
      }),
      responseElements: part({ 'x-amz-request-id': looseText }),
      eventTime: looseText,
    },
    ids: ({ responseElements, s3 }) => {
      const { eTag, key } = s3?.object ?? {};
      return [
        responseElements?.['x-amz-request-id'],
        key === undefined ? undefined : `${decoded(key)}#${eTag ?? ''}`,
      ];
    },
    words: ({ eventName, s3 }) => ['S3', eventName, s3?.bucket?.name],
    sentMs: ({ eventTime }) => Date.parse(eventTime ?? ''),
  }),
  mistakes: ({ events }) =>
    events.length === 0 || events.some((event) => !event.startsWith('s3:'))
      ? [['events', 'must name events of S3, e.g. s3:ObjectCreated:*']]
      : [],
});

/** S3 encodes keys like the fields of an HTML form. */
function decoded(key: string): string {
  try {
    return decodeURIComponent(key.replaceAll('+', ' '));
  } catch {
    return key;
  }
}
