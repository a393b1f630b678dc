// `livectl trigger sns`: publishes a message to the topic.
import { attributesOf } from './message-attributes.ts';
import { deduplicationId, missingGroup } from './message-group.ts';
import type { Source } from './source.ts';

export const sns: Source<'sns'> = {
  flags: ['message', 'subject', 'attribute', 'as', 'group', 'deduplication-id'],
  missing: (given, { resource }) => [
    ...(given.has('message') ? [] : [{ flag: 'message', question: 'Message' }]),
    ...missingGroup(given, resource.topic_arn),
  ],
  async publish(given, { resource }, aws) {
    const { topic_arn: topicArn } = resource;
    const message = {
      TopicArn: topicArn,
      Message: await given.bodyText('message'),
      Subject: given.text('subject'),
      MessageAttributes: attributesOf(given),
      MessageGroupId: given.text('group'),
      MessageDeduplicationId: deduplicationId(given, topicArn),
    };
    const output = await aws.call('sns:Publish', topicArn, (calls) => calls.publish(message));
    const id = output.MessageId ?? '';
    return {
      to: topicArn,
      ids: {
        message_id: id,
        ...(output.SequenceNumber === undefined ? {} : { sequence_number: output.SequenceNumber }),
      },
      traces: [id],
    };
  },
};
