// SNS: a topic, its subscribed functions and what each of them receives.
import { createHash } from 'node:crypto';
import { compilePattern, type EventPattern } from '../../../../protocol/event-pattern.ts';
import { parseJson } from '../../../../protocol/json.ts';
import { LiveDebugError, messageOf } from '../../../../protocol/live-debug-error.ts';
import type { AsyncEvent } from '../lambda/async-invocations.ts';
import type { Consumer, Resource } from '../triggers/resources.ts';
import { filterView, type MessageAttributes } from './message-attributes.ts';

/** A published message. */
export interface TopicMessage {
  readonly id: string;
  readonly message: string;
  readonly subject: string | undefined;
  readonly attributes: MessageAttributes;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly trace: string | undefined;
}

interface Subscription {
  readonly functionName: string;
  readonly arn: string;
  readonly wants: (message: TopicMessage) => boolean;
}

export class Topic {
  readonly arn: string;
  readonly name: string;
  readonly #subscriptions: readonly Subscription[];

  /** Throws LD_CONFIG for an invalid filter policy. */
  constructor({ arn, name, consumers }: Resource<'sns'>) {
    this.arn = arn;
    this.name = name;
    this.#subscriptions = consumers.map((consumer) => ({
      functionName: consumer.functionName,
      arn: `${arn}:${subscriptionId(arn, consumer.functionName)}`,
      wants: filterOf(consumer),
    }));
  }

  /** The invocations that a message causes, one per matching subscription. */
  deliveries(message: TopicMessage): AsyncEvent[] {
    return this.#subscriptions
      .filter(({ wants }) => wants(message))
      .map(({ functionName, arn }) => ({
        functionName,
        source: 'sns',
        resource: this.name,
        payload: Buffer.from(JSON.stringify(this.#event(message, arn))),
        trace: message.trace,
        messageId: message.id,
      }));
  }

  /** https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html; signature and certificate are not real. */
  #event({ id, message, subject, attributes, time }: TopicMessage, subscriptionArn: string) {
    const host = `https://sns.${this.arn.split(':')[3]}.amazonaws.com`;
    return {
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: subscriptionArn,
          Sns: {
            Type: 'Notification',
            MessageId: id,
            TopicArn: this.arn,
            Subject: subject ?? null,
            Message: message,
            Timestamp: new Date(time).toISOString(),
            SignatureVersion: '1',
            Signature: createHash('sha512').update(id).digest('base64'),
            SigningCertUrl: `${host}/SimpleNotificationService-${'0'.repeat(32)}.pem`,
            UnsubscribeUrl: `${host}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`,
            MessageAttributes: attributes,
          },
        },
      ],
    };
  }
}

function filterOf({ functionName, trigger }: Consumer<'sns'>): (message: TopicMessage) => boolean {
  const { filter_policy: policy, filter_policy_scope: scope } = trigger;
  if (policy === undefined || Object.keys(JSON.parse(policy)).length === 0) return () => true;
  const matches = compile(functionName, policy);
  if (scope === 'MessageAttributes') return ({ attributes }) => matches(filterView(attributes));
  return ({ message }) => {
    const body = parseBody(message);
    return body !== undefined && matches(body);
  };
}

function compile(functionName: string, policy: string): EventPattern {
  try {
    return compilePattern(JSON.parse(policy));
  } catch (cause) {
    throw new LiveDebugError(
      'LD_CONFIG',
      `${functionName}: triggers.sns.filter_policy is not a valid filter policy: ${messageOf(cause)}`,
      { remedy: 'See "Amazon SNS message filtering" in the SNS developer guide.', cause },
    );
  }
}

/** With scope MessageBody, a message that is not a JSON object matches no subscription. */
function parseBody(message: string): object | undefined {
  const body = parseJson(message);
  return typeof body === 'object' && body !== null ? body : undefined;
}

/** Looks like SNS's, and is the same at every start. */
function subscriptionId(topicArn: string, functionName: string): string {
  const hex = createHash('sha256').update(`${topicArn} ${functionName}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}
