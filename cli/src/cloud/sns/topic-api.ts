// SNS: Publish and PublishBatch, as SDKs call them.
import { randomUUID } from 'node:crypto';
import { parseJson } from '../../../../protocol/json.ts';
import { AwsError, CloudFullError, notSupported } from '../aws-api/aws-error.ts';
import { kilobyte } from '../aws-api/aws-limits.ts';
import type { Caller } from '../aws-api/caller.ts';
import { type QueryForm, QueryService } from '../aws-api/query-protocol.ts';
import type { Service } from '../aws-api/service.ts';
import type { XmlContent } from '../aws-api/xml.ts';
import type { SourceOptions } from '../triggers/cloud-source.ts';
import { readMessageAttributes } from './message-attributes.ts';
import type { Topic, TopicMessage } from './topic.ts';

/** SNS. */
const topicLimits = {
  messageBytes: 256 * kilobyte,
  batchEntries: 10,
  /** In characters; a subject must be shorter. */
  subjectLength: 100,
} as const;

interface TopicApiOptions extends Pick<SourceOptions, 'verifier' | 'invocations' | 'clock' | 'onEvent'> {
  readonly topics: readonly Topic[];
}

/** The service behind the endpoint. */
export function createTopicApi(options: TopicApiOptions): Service {
  const api = new TopicApi(options);
  return new QueryService({
    verifier: options.verifier,
    signingName: 'sns',
    namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
    // Forms are percent-encoded: a message may be three times its size.
    bodyLimit: 4 * topicLimits.messageBytes,
    fullCode: 'Throttled',
    operations: {
      Publish: (form, caller) => api.publish(form, caller),
      PublishBatch: (form, caller) => api.publishBatch(form, caller),
    },
  });
}

class TopicApi {
  readonly #options: TopicApiOptions;
  readonly #topics: ReadonlyMap<string, Topic>;

  constructor(options: TopicApiOptions) {
    this.#options = options;
    this.#topics = new Map(options.topics.map((topic) => [topic.arn, topic]));
  }

  publish(form: QueryForm, caller: Caller): XmlContent {
    if (form.get('PhoneNumber') !== undefined) throw invalid(`PhoneNumber Reason: ${notSupported('SMS')}`);
    const topic = this.#topic(form.get('TopicArn') ?? form.get('TargetArn'), 'TopicArn', caller);
    const message = this.#read(form, caller);
    this.#deliver(topic, message);
    return { MessageId: message.id };
  }

  publishBatch(form: QueryForm, caller: Caller): XmlContent {
    const topic = this.#topic(form.get('TopicArn'), 'TopicArn', caller);
    const entries = form.list('PublishBatchRequestEntries.member');
    checkBatch(entries);
    const failed: XmlContent[] = [];
    const successful: XmlContent[] = [];
    for (const entry of entries) {
      const id = entry.get('Id') ?? '';
      try {
        const message = this.#read(entry, caller);
        this.#deliver(topic, message);
        successful.push({ Id: id, MessageId: message.id });
      } catch (error) {
        const known = error instanceof CloudFullError ? new AwsError('Throttled', error.message) : error;
        if (!(known instanceof AwsError)) throw error;
        failed.push({ Id: id, Code: known.code, Message: known.message, SenderFault: known === error });
      }
    }
    return { Failed: { member: failed }, Successful: { member: successful } };
  }

  #topic(arn: string | undefined, parameter: string, caller: Caller): Topic {
    if (arn === undefined) throw invalid('TopicArn or TargetArn Reason: no value for required parameter');
    if (!/^arn:[^:]+:sns:[^:]*:\d{12}:[A-Za-z0-9_.-]+$/.test(arn)) {
      throw invalid(
        `${parameter} Reason: An ARN must have at least 6 elements, not ${arn.split(':').length}`,
      );
    }
    caller.allow('sns:Publish', arn, 'AuthorizationError');
    const topic = this.#topics.get(arn);
    if (!topic) throw new AwsError('NotFound', 'Topic does not exist', { status: 404 });
    return topic;
  }

  #read(form: QueryForm, caller: Caller): TopicMessage {
    const attributes = readMessageAttributes(form);
    const subject = form.get('Subject');
    const text = form.get('Message') ?? '';
    if (text === '') throw invalid('Empty message');
    // "UTF-8 text with no line breaks or control characters, and less than 100 characters long" (API reference, Publish).
    if (subject !== undefined && !isSubject(subject)) throw invalid('Subject');
    const size = Object.entries(attributes).reduce(
      (sum, [name, { Type, Value }]) => sum + name.length + Type.length + Buffer.byteLength(Value),
      Buffer.byteLength(text),
    );
    if (size > topicLimits.messageBytes) throw invalid('Message too long');
    return {
      id: randomUUID(),
      message: form.get('MessageStructure') === 'json' ? messageForLambda(text) : text,
      subject,
      attributes,
      time: this.#options.clock.now(),
      trace: caller.trace,
    };
  }

  #deliver(topic: Topic, message: TopicMessage): void {
    const { invocations, onEvent } = this.#options;
    const deliveries = topic.deliveries(message);
    invocations.accept(deliveries);
    onEvent({
      type: 'published',
      source: 'sns',
      resource: topic.name,
      id: message.id,
      functionNames: deliveries.map(({ functionName }) => functionName),
    });
  }
}

/** MessageStructure `json`: one text per protocol, `default` for all others. */
function messageForLambda(text: string): string {
  const texts = parseJson(text);
  if (texts === undefined) throw invalid('Message Structure - JSON message body failed to parse');
  const { lambda, default: fallback } = (texts ?? {}) as { lambda?: unknown; default?: unknown };
  if (typeof fallback !== 'string')
    throw invalid('Message Structure - No default entry in JSON message body');
  return typeof lambda === 'string' ? lambda : fallback;
}

function isSubject(text: string): boolean {
  return text !== '' && [...text].length < topicLimits.subjectLength && !/[\p{Cc}\u2028\u2029]/u.test(text);
}

function checkBatch(entries: readonly QueryForm[]): void {
  const ids = entries.map((entry) => entry.get('Id') ?? '');
  if (ids.length === 0) throw new AwsError('EmptyBatchRequest', 'The batch request contains no entries.');
  if (ids.length > topicLimits.batchEntries) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `The batch request contains more entries than permissible. Maximum number of entries: ${topicLimits.batchEntries}`,
    );
  }
  if (!ids.every((id) => /^[A-Za-z0-9_-]{1,80}$/.test(id))) {
    throw new AwsError(
      'InvalidBatchEntryId',
      'The Id of a batch entry in a batch request can only contain alphanumeric characters, hyphens and underscores.',
    );
  }
  if (new Set(ids).size < ids.length) {
    throw new AwsError(
      'BatchEntryIdsNotDistinct',
      'Two or more batch entries in the request have the same Id.',
    );
  }
}

function invalid(what: string): AwsError {
  return new AwsError('InvalidParameter', `Invalid parameter: ${what}`);
}
