// Triggers: which topics, queues, buses, buckets, tables and streams the functions' triggers ask for.
import { bucketName, patternRuleName, queueName, scheduleRuleName } from '../../manifest/derived-names.ts';
import type { Triggers } from '../../manifest/trigger-schema.ts';
import { accountId, region, tableArn } from '../aws-api/access.ts';
import type { CloudFunction } from '../cloud.ts';

type Trigger<Source extends keyof Triggers> = NonNullable<Triggers[Source]>;

/** A function that hears of a resource, and how; `trigger` is what livectl.json says. */
export interface Consumer<Source extends keyof Triggers> {
  readonly functionName: string;
  /** The function's, in seconds. */
  readonly timeout: number;
  readonly trigger: Trigger<Source>;
}

/** A resource and its consumers; those that give the same name or ARN share one. */
export interface Resource<Source extends keyof Triggers> {
  readonly name: string;
  readonly arn: string;
  readonly consumers: readonly Consumer<Source>[];
}

export interface Resources {
  readonly topics: readonly Resource<'sns'>[];
  readonly queues: readonly Resource<'sqs'>[];
  readonly buses: readonly Resource<'eventbridge'>[];
  readonly buckets: readonly Resource<'s3'>[];
  /** Their ARNs are the tables'. */
  readonly tables: readonly Resource<'dynamodb'>[];
  readonly streams: readonly Resource<'kinesis'>[];
}

interface Identity {
  readonly name: string;
  readonly arn: string;
}

/** Begins the names of what Terraform would make, e.g. `live-debug-local`. */
export function namePrefix(stage: string): string {
  return `live-debug-${stage}`;
}

/** Of functions whose manifest was found right: those that share a resource agree about it. */
export function planResources(functions: readonly CloudFunction[], stage: string): Resources {
  const prefix = namePrefix(stage);
  return {
    topics: group(functions, 'sns', (trigger, name) => topicOf(trigger, name, prefix)),
    queues: group(functions, 'sqs', (trigger, name) => queueOf(trigger, name, prefix)),
    buses: group(functions, 'eventbridge', (trigger) => busOf(trigger, prefix)),
    buckets: group(functions, 's3', (trigger, name) => bucketOf(trigger, name, prefix)),
    tables: group(functions, 'dynamodb', (trigger, name) => tableOf(trigger, name, prefix)),
    streams: group(functions, 'kinesis', (trigger, name) => streamOf(trigger, name, prefix)),
  };
}

export function topicOf(trigger: Trigger<'sns'>, functionName: string, prefix: string): Identity {
  if (trigger.topic_arn !== undefined) return given(trigger.topic_arn, ':');
  const name = `${prefix}-${trigger.topic_name ?? functionName}`;
  return { name, arn: `arn:aws:sns:${region}:${accountId}:${name}` };
}

export function queueOf(trigger: Trigger<'sqs'>, functionName: string, prefix: string): Identity {
  if (trigger.queue_arn !== undefined) return given(trigger.queue_arn, ':');
  const name = queueName(trigger.queue_name ?? functionName, prefix, trigger.fifo_queue);
  return { name, arn: `arn:aws:sqs:${region}:${accountId}:${name}` };
}

/** Where a queue's messages go that could not be worked off. */
export function deadLetterQueueOf({ arn }: Identity): Identity {
  const deadLetterArn = arn.endsWith('.fifo') ? `${arn.slice(0, -5)}-dlq.fifo` : `${arn}-dlq`;
  return given(deadLetterArn, ':');
}

/** The account in a queue's address is that of its ARN. */
export function queueUrlOf({ name, arn }: Identity, endpointUrl: string): string {
  return `${endpointUrl}/${arn.split(':')[4]}/${name}`;
}

export function busOf(trigger: Trigger<'eventbridge'>, prefix: string): Identity {
  if (trigger.event_bus_arn !== undefined) return given(trigger.event_bus_arn, '/');
  const name = trigger.event_bus_name === undefined ? 'default' : `${prefix}-${trigger.event_bus_name}`;
  return { name, arn: `arn:aws:events:${region}:${accountId}:event-bus/${name}` };
}

/** The rule of a function on a bus, or, without one, of its schedule. */
export function ruleArn(functionName: string, prefix: string, bus?: Identity): string {
  const path = bus === undefined || bus.name === 'default' ? '' : `${bus.name}/`;
  const [, , , ruleRegion, account] = (bus?.arn ?? `:::${region}:${accountId}`).split(':');
  const name =
    bus === undefined ? scheduleRuleName(functionName, prefix) : patternRuleName(functionName, prefix);
  return `arn:aws:events:${ruleRegion}:${account}:rule/${path}${name}`;
}

export function bucketOf(trigger: Trigger<'s3'>, functionName: string, prefix: string): Identity {
  if (trigger.bucket_arn !== undefined) return given(trigger.bucket_arn, ':');
  const name = bucketName(trigger.bucket_name ?? functionName, prefix);
  return { name, arn: `arn:aws:s3:::${name}` };
}

export function tableOf(trigger: Trigger<'dynamodb'>, functionName: string, prefix: string): Identity {
  if (trigger.stream_arn !== undefined) {
    const [arn = ''] = trigger.stream_arn.split('/stream/');
    return given(arn, '/');
  }
  const name = `${prefix}-${trigger.table_name ?? functionName}`;
  return { name, arn: tableArn(name) };
}

/** A new table's stream is labelled with a time, as on AWS; ours is always the same. */
export function tableStreamArn(trigger: Trigger<'dynamodb'>, table: Identity): string {
  return trigger.stream_arn ?? `${table.arn}/stream/2026-01-01T00:00:00.000`;
}

export function streamOf(trigger: Trigger<'kinesis'>, functionName: string, prefix: string): Identity {
  if (trigger.stream_arn !== undefined) return given(trigger.stream_arn, '/');
  const name = `${prefix}-${trigger.stream_name ?? functionName}`;
  return { name, arn: `arn:aws:kinesis:${region}:${accountId}:stream/${name}` };
}

function given(arn: string, separator: string): Identity {
  return { arn, name: arn.split(separator).at(-1) ?? arn };
}

function group<Source extends keyof Triggers>(
  functions: readonly CloudFunction[],
  source: Source,
  identify: (trigger: Trigger<Source>, functionName: string) => Identity,
): Resource<Source>[] {
  const found = new Map<string, { name: string; arn: string; consumers: Consumer<Source>[] }>();
  for (const { name: functionName, timeout, triggers } of functions) {
    const trigger = triggers[source];
    if (trigger === undefined) continue;
    const identity = identify(trigger, functionName);
    const resource = found.get(identity.arn) ?? { ...identity, consumers: [] };
    resource.consumers.push({ functionName, timeout, trigger });
    found.set(identity.arn, resource);
  }
  return [...found.values()];
}
