// SQS: its operations, as SDKs call them.
import type { Clock } from '../../../../protocol/clock.ts';
import { AwsError } from '../aws-api/aws-error.ts';
import type { Caller } from '../aws-api/caller.ts';
import { JsonService, parseInput } from '../aws-api/json-protocol.ts';
import type { Service } from '../aws-api/service.ts';
import type { SigV4Verifier } from '../aws-api/sigv4-verify.ts';
import type { CloudEvent } from '../cloud.ts';
import { checkEntries, perEntry } from './batch.ts';
import { md5, md5OfAttributes, messageSize, type QueueMessage } from './message.ts';
import type { Queue } from './queue.ts';
import { queueAttributes, receivedMessage } from './queue-answers.ts';
import { queueLimits } from './queue-limits.ts';
import * as requests from './queue-requests.ts';
import { readMessage } from './sent-message.ts';

interface QueueApiOptions {
  readonly queues: readonly Queue[];
  /** Functions that a queue's messages go to. */
  readonly consumersOf: (queue: Queue) => readonly string[];
  readonly verifier: SigV4Verifier;
  readonly clock: Clock;
  readonly onEvent: (event: CloudEvent) => void;
}

/** The service behind the endpoint. */
export function createQueueApi(options: QueueApiOptions): Service {
  const api = new QueueApi(options);
  return new JsonService({
    verifier: options.verifier,
    signingName: 'sqs',
    target: 'AmazonSQS',
    version: '1.0',
    namespace: 'com.amazonaws.sqs',
    // A batch of the largest size, with every byte escaped.
    bodyLimit: 8 * queueLimits.messageBytes,
    fullCode: 'OverLimit',
    operations: {
      SendMessage: (input, caller) => api.send(input, caller),
      SendMessageBatch: (input, caller) => api.sendBatch(input, caller),
      ReceiveMessage: (input, caller) => api.receive(input, caller),
      DeleteMessage: (input, caller) => api.delete(input, caller),
      DeleteMessageBatch: (input, caller) => api.deleteBatch(input, caller),
      ChangeMessageVisibility: (input, caller) => api.changeVisibility(input, caller),
      GetQueueAttributes: (input, caller) => api.attributes(input, caller),
      GetQueueUrl: (input, caller) => api.url(input, caller),
      PurgeQueue: (input, caller) => api.purge(input, caller),
    },
  });
}

class QueueApi {
  readonly #options: QueueApiOptions;
  /** By account and name, as in a queue's URL. */
  readonly #queues: ReadonlyMap<string, Queue>;

  constructor(options: QueueApiOptions) {
    this.#options = options;
    this.#queues = new Map(
      options.queues.map((queue) => [queue.options.arn.split(':').slice(4).join('/'), queue]),
    );
  }

  send(raw: unknown, caller: Caller) {
    const input = parseInput(requests.sendMessage, raw, 'MissingParameter');
    const queue = this.#queue(input.QueueUrl, 'SendMessage', caller);
    return this.#accept(queue, input, caller);
  }

  sendBatch(raw: unknown, caller: Caller) {
    const input = parseInput(requests.sendMessageBatch, raw, 'MissingParameter');
    const queue = this.#queue(input.QueueUrl, 'SendMessage', caller);
    checkEntries(input.Entries);
    const size = input.Entries.reduce(
      (sum, { MessageBody, MessageAttributes }) => sum + messageSize(MessageBody, MessageAttributes),
      0,
    );
    if (size > queueLimits.messageBytes) {
      throw new AwsError(
        'BatchRequestTooLong',
        `Batch requests cannot be longer than ${queueLimits.messageBytes} bytes. You have sent ${size} bytes.`,
        { queryCode: 'AWS.SimpleQueueService.BatchRequestTooLong' },
      );
    }
    return perEntry(input.Entries, (entry) => this.#accept(queue, entry, caller));
  }

  /** Waits for a message as long as the caller asks, at most 20 seconds. */
  async receive(raw: unknown, caller: Caller) {
    const input = parseInput(requests.receiveMessage, raw, 'MissingParameter');
    const queue = this.#queue(input.QueueUrl, 'ReceiveMessage', caller);
    checkRange('MaxNumberOfMessages', input.MaxNumberOfMessages, 1, 10);
    checkRange('WaitTimeSeconds', input.WaitTimeSeconds, 0, queueLimits.waitSeconds);
    checkRange('VisibilityTimeout', input.VisibilityTimeout ?? 0, 0, queueLimits.visibilitySeconds);
    const take = () =>
      queue.receive({ messages: input.MaxNumberOfMessages, visibilitySeconds: input.VisibilityTimeout });
    let messages = take();
    if (messages.length === 0 && input.WaitTimeSeconds > 0) {
      messages = await this.#waitFor(queue, take, input.WaitTimeSeconds);
    }
    if (messages.length === 0) return {};
    const wanted = [...input.AttributeNames, ...input.MessageSystemAttributeNames];
    return { Messages: messages.map((each) => receivedMessage(each, wanted, input.MessageAttributeNames)) };
  }

  delete(raw: unknown, caller: Caller) {
    const { QueueUrl, ReceiptHandle } = parseInput(requests.deleteMessage, raw, 'MissingParameter');
    // As on AWS, it is no error if the message is already gone, or was received again since.
    this.#queue(QueueUrl, 'DeleteMessage', caller).delete(ReceiptHandle);
    return {};
  }

  deleteBatch(raw: unknown, caller: Caller) {
    const input = parseInput(requests.deleteMessageBatch, raw, 'MissingParameter');
    const queue = this.#queue(input.QueueUrl, 'DeleteMessage', caller);
    checkEntries(input.Entries);
    return perEntry(input.Entries, ({ ReceiptHandle }) => {
      queue.delete(ReceiptHandle);
      return {};
    });
  }

  changeVisibility(raw: unknown, caller: Caller) {
    const input = parseInput(requests.changeVisibility, raw, 'MissingParameter');
    const queue = this.#queue(input.QueueUrl, 'ChangeMessageVisibility', caller);
    checkRange('VisibilityTimeout', input.VisibilityTimeout, 0, queueLimits.visibilitySeconds);
    if (!queue.changeVisibility(input.ReceiptHandle, input.VisibilityTimeout)) {
      throw new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
    }
    return {};
  }

  attributes(raw: unknown, caller: Caller) {
    const { QueueUrl, AttributeNames } = parseInput(requests.queueAttributes, raw, 'MissingParameter');
    const queue = this.#queue(QueueUrl, 'GetQueueAttributes', caller);
    return queueAttributes(queue, AttributeNames);
  }

  url(raw: unknown, caller: Caller) {
    const { QueueName, QueueOwnerAWSAccountId } = parseInput(requests.queueUrl, raw, 'MissingParameter');
    const queue = this.#options.queues.find(
      ({ options: { name, arn } }) =>
        name === QueueName &&
        (QueueOwnerAWSAccountId === undefined || arn.split(':')[4] === QueueOwnerAWSAccountId),
    );
    if (!queue) throw noSuchQueue();
    caller.allow('sqs:GetQueueUrl', queue.options.arn);
    return { QueueUrl: queue.options.url };
  }

  purge(raw: unknown, caller: Caller) {
    const { QueueUrl } = parseInput(requests.queueOnly, raw, 'MissingParameter');
    this.#queue(QueueUrl, 'PurgeQueue', caller).purge();
    return {};
  }

  /** Ignores the URL's host: only account and name count. */
  #queue(url: string, action: string, caller: Caller): Queue {
    const [account = '', name = ''] = url.split('/').slice(-2);
    const queue = this.#queues.get(`${account}/${name}`);
    if (!queue) throw noSuchQueue();
    caller.allow(`sqs:${action}`, queue.options.arn);
    return queue;
  }

  #accept(queue: Queue, sent: requests.SentMessage, caller: Caller) {
    const message = queue.send(readMessage(queue, sent, caller));
    this.#options.onEvent({
      type: 'published',
      source: 'sqs',
      resource: queue.options.name,
      id: message.id,
      functionNames: this.#options.consumersOf(queue),
    });
    // Computed from what was sent, even if a FIFO queue already had it under the same deduplication id.
    const ofAttributes = md5OfAttributes(sent.MessageAttributes);
    const { AWSTraceHeader } = sent.MessageSystemAttributes;
    return {
      MessageId: message.id,
      MD5OfMessageBody: md5(sent.MessageBody),
      ...(ofAttributes === undefined ? {} : { MD5OfMessageAttributes: ofAttributes }),
      ...(AWSTraceHeader ? { MD5OfMessageSystemAttributes: md5OfAttributes({ AWSTraceHeader }) } : {}),
      ...(message.sequenceNumber === undefined ? {} : { SequenceNumber: message.sequenceNumber }),
    };
  }

  #waitFor(queue: Queue, take: () => QueueMessage[], seconds: number): Promise<QueueMessage[]> {
    return new Promise((resolve) => {
      const end = (messages: QueueMessage[]) => {
        unwatch();
        timer.cancel();
        resolve(messages);
      };
      const timer = this.#options.clock.after(seconds * 1000, () => end([]), { background: true });
      const unwatch = queue.watch(() => {
        const messages = take();
        if (messages.length > 0) end(messages);
      });
    });
  }
}

function checkRange(parameter: string, value: number, lowest: number, highest: number): void {
  if (value >= lowest && value <= highest) return;
  throw new AwsError(
    'InvalidParameterValue',
    `Value ${value} for parameter ${parameter} is invalid. Reason: Must be >= ${lowest} and <= ${highest}, if provided.`,
  );
}

function noSuchQueue(): AwsError {
  return new AwsError('QueueDoesNotExist', 'The specified queue does not exist.', {
    queryCode: 'AWS.SimpleQueueService.NonExistentQueue',
  });
}
