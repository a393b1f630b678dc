// SQS: a message, its attributes, and the checksums by which SDKs check that they arrived.
import { createHash } from 'node:crypto';

interface QueueAttribute {
  /** String, Number or Binary, perhaps with a label after a dot. */
  readonly DataType: string;
  readonly StringValue?: string | undefined;
  /** Base64. */
  readonly BinaryValue?: string | undefined;
}

export type QueueAttributes = Readonly<Record<string, QueueAttribute>>;

/** A message as sent. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: QueueAttributes;
  readonly traceHeader: string | undefined;
  readonly delaySeconds: number;
  readonly groupId: string | undefined;
  readonly deduplicationId: string | undefined;
  readonly senderId: string;
}

/** A message in a queue. */
export interface QueueMessage extends NewMessage {
  readonly id: string;
  /** Only in FIFO queues. */
  readonly sequenceNumber: string | undefined;
  /** Milliseconds since the epoch, as all times here. */
  readonly sentAt: number;
  readonly size: number;
  firstReceivedAt: number | undefined;
  receiveCount: number;
  visibleAt: number;
  /** From the last receive; undefined if it was never received. */
  receiptHandle: string | undefined;
  /** The function's error when it last failed on it. */
  lastFailure?: string;
}

export function md5(content: string | Uint8Array): string {
  return createHash('md5').update(content).digest('hex');
}

/**
 * Undefined where there are none.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
 */
export function md5OfAttributes(attributes: QueueAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const add = (part: Uint8Array) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    hash.update(length).update(part);
  };
  for (const name of names) {
    const { DataType, StringValue, BinaryValue } = attributes[name] ?? { DataType: '' };
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    const isBinary = DataType.startsWith('Binary');
    hash.update(Buffer.from([isBinary ? 2 : 1]));
    add(isBinary ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue ?? ''));
  }
  return hash.digest('hex');
}

/** Bytes that count against the limits: the body, and each attribute's name, type and value. */
export function messageSize(body: string, attributes: QueueAttributes): number {
  return Object.entries(attributes).reduce(
    (sum, [name, { DataType, StringValue, BinaryValue }]) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(DataType) +
      Buffer.byteLength(StringValue ?? '') +
      Buffer.byteLength(BinaryValue ?? '', 'base64'),
    Buffer.byteLength(body),
  );
}

/** The attributes that SQS itself adds, as text. */
export function systemAttributes(message: QueueMessage): Record<string, string> {
  const { sequenceNumber, groupId, deduplicationId, traceHeader } = message;
  return {
    ApproximateReceiveCount: String(message.receiveCount),
    ...(traceHeader === undefined ? {} : { AWSTraceHeader: traceHeader }),
    SentTimestamp: String(message.sentAt),
    ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }),
    ...(groupId === undefined ? {} : { MessageGroupId: groupId }),
    SenderId: message.senderId,
    ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? message.sentAt),
  };
}
