// A subscription to an SNS topic.
import * as v from 'valibot';
import { part, text } from '../loose-parts.ts';
import { fields } from '../schema-parts.ts';
import { declareSource } from './source.ts';
import { arn, create, jsonObject, oneOf, resourceName } from './source-parts.ts';
import { declareRecord, lastOf } from './source-record.ts';

export const sns = declareSource({
  title: 'SNS',
  resource: {
    arn: 'topic_arn',
    ofNew: ['topic_name'],
    shared: { kind: 'SNS topic', name: 'topic_name', most: 256 },
  },
  document: 'filter_policy',
  trigger: v.pipe(
    fields({
      create,
      topic_arn: v.optional(
        v.pipe(
          arn('sns', /^arn:[^:]+:sns:[^:]+:\d{12}:[^:]+$/, 'arn:aws:sns:eu-west-1:123456789012:orders'),
          v.description('ARN of an existing topic. Default: a topic is created.'),
        ),
      ),
      topic_name: v.optional(
        v.pipe(
          resourceName,
          v.description(
            'Last part of the new topic’s name. Functions that give the same name share the topic.',
          ),
        ),
      ),
      filter_policy: v.optional(
        v.pipe(
          jsonObject,
          v.description('Which messages invoke the function, as JSON text: {"kind":["order"]}.'),
        ),
      ),
      filter_policy_scope: v.optional(oneOf(['MessageAttributes', 'MessageBody']), 'MessageAttributes'),
    }),
    v.description('A subscription to an SNS topic.'),
  ),
  target: v.object({ topic_arn: v.string() }),
  record: declareRecord({
    eventSource: 'aws:sns',
    fields: { Sns: part({ TopicArn: text, MessageId: text, Timestamp: text }) },
    ids: ({ Sns }) => [Sns?.MessageId],
    words: ({ Sns }) => ['SNS', lastOf(Sns?.TopicArn, ':')],
    sentMs: ({ Sns }) => Date.parse(Sns?.Timestamp ?? ''),
  }),
});
