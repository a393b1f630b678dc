// SQS: queues and messages in its operations' answers.

import { AwsError } from '../aws-api/aws-error.ts';
import { md5, md5OfAttributes, type QueueMessage, systemAttributes } from './message.ts';
import type { Queue } from './queue.ts';
import { queueLimits } from './queue-limits.ts';

/** The answer to GetQueueAttributes. Throws InvalidAttributeName. */
export function queueAttributes(queue: Queue, AttributeNames: readonly string[]) {
  const { arn, isFifo, deduplicatesByContent, visibilityTimeoutSeconds, redrive } = queue.options;
  const { visible, delayed, inFlight } = queue.counts;
  const all: Record<string, string> = {
    QueueArn: arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    VisibilityTimeout: String(visibilityTimeoutSeconds),
    MaximumMessageSize: String(queueLimits.messageBytes),
    DelaySeconds: '0',
    ReceiveMessageWaitTimeSeconds: '0',
    ...(isFifo ? { FifoQueue: 'true', ContentBasedDeduplication: String(deduplicatesByContent) } : {}),
    ...(redrive
      ? {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: redrive.deadLetterQueue.options.arn,
            maxReceiveCount: redrive.maxReceiveCount,
          }),
        }
      : {}),
  };
  const unknown = AttributeNames.find((name) => name !== 'All' && !attributeNames.has(name));
  if (unknown !== undefined) throw new AwsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const entries = Object.entries(all).filter(
    ([name]) => AttributeNames.includes('All') || AttributeNames.includes(name),
  );
  return entries.length > 0 ? { Attributes: Object.fromEntries(entries) } : {};
}

const attributeNames = new Set([
  ...['QueueArn', 'ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
  ...['ApproximateNumberOfMessagesDelayed', 'CreatedTimestamp', 'LastModifiedTimestamp', 'VisibilityTimeout'],
  ...['MaximumMessageSize', 'MessageRetentionPeriod', 'DelaySeconds', 'ReceiveMessageWaitTimeSeconds'],
  ...['RedrivePolicy', 'RedriveAllowPolicy', 'FifoQueue', 'ContentBasedDeduplication', 'Policy'],
  ...['KmsMasterKeyId', 'KmsDataKeyReusePeriodSeconds', 'SqsManagedSseEnabled'],
  ...['DeduplicationScope', 'FifoThroughputLimit'],
]);

/** A message as returned by ReceiveMessage: `wanted` are SQS's own attributes, `wantedOwn` the sender's. */
export function receivedMessage(
  message: QueueMessage,
  wanted: readonly string[],
  wantedOwn: readonly string[],
): Record<string, unknown> {
  const system = Object.entries(systemAttributes(message)).filter(
    ([name]) => wanted.includes('All') || wanted.includes(name),
  );
  const own = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => wantedOwn.some((each) => names(each, name))),
  );
  const checksum = md5OfAttributes(own);
  return {
    MessageId: message.id,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length > 0 ? { Attributes: Object.fromEntries(system) } : {}),
    ...(checksum === undefined ? {} : { MessageAttributes: own, MD5OfMessageAttributes: checksum }),
  };
}

/** `All`, a name, or a prefix such as `bar.*`. */
function names(wanted: string, name: string): boolean {
  if (wanted === 'All' || wanted === '.*') return true;
  return wanted.endsWith('.*') ? name.startsWith(wanted.slice(0, -2)) : wanted === name;
}
