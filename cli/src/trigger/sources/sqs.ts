// `livectl trigger sqs`: sends a message to the queue.
import { attributesOf } from './message-attributes.ts';
import { deduplicationId, missingGroup } from './message-group.ts';
import type { Source } from './source.ts';

export const sqs: Source<'sqs'> = {
  flags: ['body', 'attribute', 'as', 'group', 'deduplication-id'],
  missing: (given, { resource }) => [
    ...(given.has('body') ? [] : [{ flag: 'body', question: 'Body of the message' }]),
    ...missingGroup(given, resource.queue_arn),
  ],
  async publish(given, { resource }, aws) {
    const { queue_arn: queueArn, queue_url: queueUrl } = resource;
    const message = {
      QueueUrl: queueUrl,
      MessageBody: await given.bodyText('body'),
      MessageAttributes: attributesOf(given),
      MessageGroupId: given.text('group'),
      MessageDeduplicationId: deduplicationId(given, queueArn),
    };
    const output = await aws.call('sqs:SendMessage', queueArn, (calls) => calls.sendMessage(message));
    const id = output.MessageId ?? '';
    return {
      to: queueArn,
      ids: {
        message_id: id,
        ...(output.SequenceNumber === undefined ? {} : { sequence_number: output.SequenceNumber }),
      },
      traces: [id],
    };
  },
};
