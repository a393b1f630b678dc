import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';

/** The part of API Gateway's HTTP event (payload format 2.0) that this function reads. */
interface HttpEvent {
  readonly body?: string;
}

const sns = new SNSClient();

export async function handler(event: HttpEvent) {
  const message = event.body ?? '{}';
  const { MessageId: id } = await sns.send(
    new PublishCommand({ TopicArn: process.env.TOPIC_ARN, Message: message }),
  );
  console.log(`published order ${id}`);
  return {
    statusCode: 202,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ order: id }),
  };
}
