// SQS: the schemas of its operations' requests; members without effect here are ignored.
import * as v from 'valibot';

const url = { QueueUrl: v.string() };
const seconds = v.optional(v.number());
const attribute = v.object({
  DataType: v.string(),
  StringValue: v.optional(v.string()),
  BinaryValue: v.optional(v.string()),
});
const sent = {
  MessageBody: v.string(),
  DelaySeconds: seconds,
  MessageAttributes: v.optional(v.record(v.string(), attribute), {}),
  MessageSystemAttributes: v.optional(v.object({ AWSTraceHeader: v.optional(attribute) }), {}),
  MessageDeduplicationId: v.optional(v.string()),
  MessageGroupId: v.optional(v.string()),
};
const names = v.optional(v.array(v.string()), []);

const sentMessage = v.object(sent);
/** One message to send, also as an entry of a batch. */
export type SentMessage = v.InferOutput<typeof sentMessage>;

export const sendMessage = v.object({ ...url, ...sent });
export const sendMessageBatch = v.object({
  ...url,
  Entries: v.optional(v.array(v.object({ Id: v.string(), ...sent })), []),
});
export const receiveMessage = v.object({
  ...url,
  MaxNumberOfMessages: v.optional(v.number(), 1),
  VisibilityTimeout: seconds,
  WaitTimeSeconds: v.optional(v.number(), 0),
  MessageAttributeNames: names,
  AttributeNames: names,
  MessageSystemAttributeNames: names,
});
export const deleteMessage = v.object({ ...url, ReceiptHandle: v.string() });
export const deleteMessageBatch = v.object({
  ...url,
  Entries: v.optional(v.array(v.object({ Id: v.string(), ReceiptHandle: v.string() })), []),
});
export const changeVisibility = v.object({
  ...url,
  ReceiptHandle: v.string(),
  VisibilityTimeout: v.number(),
});
export const queueAttributes = v.object({ ...url, AttributeNames: names });
export const queueOnly = v.object(url);
export const queueUrl = v.object({
  QueueName: v.string(),
  QueueOwnerAWSAccountId: v.optional(v.string()),
});
