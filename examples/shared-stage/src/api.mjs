import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { version } from './version.mjs';

const sqs = new SQSClient();
const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: process.env.QUEUE_NAME }));

export async function handler({ body, headers }) {
  const { item = 'nothing' } = JSON.parse(body ?? '{}');
  const { baggage } = headers;
  const { MessageId: order } = await sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: JSON.stringify({ item, takenBy: version }),
      // The mark goes on with the order: nothing else tells the next function whose request this was.
      ...(baggage && {
        MessageAttributes: { baggage: { DataType: 'String', StringValue: baggage } },
      }),
    }),
  );
  return {
    statusCode: 202,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ order, takenBy: version }),
  };
}
