// SQS: a sent message, checked by the rules of its queue.
import { createHash } from 'node:crypto';
import { AwsError } from '../aws-api/aws-error.ts';
import type { Caller } from '../aws-api/caller.ts';
import { messageSize, type NewMessage, type QueueAttributes } from './message.ts';
import type { Queue } from './queue.ts';
import { queueLimits } from './queue-limits.ts';
import type { SentMessage } from './queue-requests.ts';

/** "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF" (API reference, SendMessage). */
const allowedText = /^[\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u;
const identifier = /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/;

/** Throws SQS's errors. */
export function readMessage(queue: Queue, sent: SentMessage, caller: Caller): NewMessage {
  const { MessageBody: body, MessageAttributes: attributes, DelaySeconds: delaySeconds = 0 } = sent;
  const { MessageGroupId: groupId, MessageDeduplicationId: given } = sent;
  const { isFifo, deduplicatesByContent } = queue.options;
  if (body === '')
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageBody.');
  if (!allowedText.test(body)) {
    throw new AwsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
    );
  }
  checkAttributes(attributes);
  if (messageSize(body, attributes) > queueLimits.messageBytes) {
    throw invalid(
      `One or more parameters are invalid. Reason: Message must be shorter than ${queueLimits.messageBytes} bytes.`,
    );
  }
  if (!(delaySeconds >= 0 && delaySeconds <= queueLimits.delaySeconds)) {
    throw invalid(
      `Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= ${queueLimits.delaySeconds}.`,
    );
  }
  if (isFifo && groupId === undefined) {
    throw new AwsError('MissingParameter', 'The request must contain the parameter MessageGroupId.');
  }
  if (isFifo && given === undefined && !deduplicatesByContent) {
    throw invalid(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  if (isFifo && delaySeconds > 0) {
    throw invalid(
      `Value ${delaySeconds} for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.`,
    );
  }
  if (!isFifo && given !== undefined) {
    throw invalid(
      `Value ${given} for parameter MessageDeduplicationId is invalid. Reason: The request includes a parameter that is not valid for this queue type.`,
    );
  }
  for (const [name, value] of Object.entries({ MessageGroupId: groupId, MessageDeduplicationId: given })) {
    if (value !== undefined && !identifier.test(value)) {
      throw invalid(
        `Value ${value} for parameter ${name} is invalid. Reason: ${name} can only include alphanumeric and punctuation characters. 1 to 128 in length.`,
      );
    }
  }
  const traceHeader = sent.MessageSystemAttributes.AWSTraceHeader?.StringValue ?? caller.trace;
  const ofContent = () => createHash('sha256').update(body).digest('hex');
  return {
    body,
    attributes,
    delaySeconds,
    groupId,
    traceHeader,
    senderId: caller.id,
    deduplicationId: isFifo ? (given ?? ofContent()) : undefined,
  };
}

function checkAttributes(attributes: QueueAttributes): void {
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    if (!/^(?!AWS\.|Amazon\.|\.)[A-Za-z0-9_.-]{1,256}$/i.test(name)) {
      throw invalid(`The message attribute name '${name}' is invalid.`);
    }
    const type = /^(String|Number|Binary)(\.|$)/.exec(DataType)?.[1];
    if (type === undefined) {
      throw invalid(
        `The type of message (user) attribute '${name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String.`,
      );
    }
    const value = type === 'Binary' ? BinaryValue : StringValue;
    if (value === undefined || value === '') {
      throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
    }
    if (type === 'Number' && !Number.isFinite(Number(value))) {
      throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`);
    }
  }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterValue', message);
}
