// Triggers: what to publish to, by function, as the Terraform module's manifest says it for a stage.
import type { TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { CloudFunction } from '../cloud.ts';
import {
  bucketOf,
  busOf,
  deadLetterQueueOf,
  namePrefix,
  queueOf,
  queueUrlOf,
  ruleArn,
  streamOf,
  tableOf,
  tableStreamArn,
  topicOf,
} from './resources.ts';

/** Addresses that the targets are made of. */
interface Addresses {
  readonly stage: string;
  readonly endpointUrl: string;
  /** Where each function answers over HTTP. */
  readonly functionUrls: ReadonlyMap<string, string>;
  /** The function URLs of those that have one. */
  readonly ownUrls: ReadonlyMap<string, string>;
}

export function triggerTargets(
  functions: readonly CloudFunction[],
  addresses: Addresses,
): ReadonlyMap<string, TriggerTargets> {
  return new Map(functions.map((each) => [each.name, targetsOf(each, addresses)]));
}

function targetsOf({ name, triggers }: CloudFunction, addresses: Addresses): TriggerTargets {
  const { stage, endpointUrl, functionUrls, ownUrls } = addresses;
  const prefix = namePrefix(stage);
  const targets: TriggerTargets = {};
  const { http, function_url, sns, sqs, eventbridge, schedule, s3, dynamodb, kinesis } = triggers;
  const url = functionUrls.get(name);
  if (http !== undefined && url !== undefined) {
    const { authorization_type = 'NONE', method, path } = http;
    targets.http = { url, method, path: path ?? `/${name}`, authorization_type };
  }
  const ownUrl = ownUrls.get(name);
  if (function_url !== undefined && ownUrl !== undefined) {
    const { authorization_type, invoke_mode } = function_url;
    targets.function_url = { url: ownUrl, authorization_type, invoke_mode };
  }
  if (sns !== undefined) targets.sns = { topic_arn: topicOf(sns, name, prefix).arn };
  if (sqs !== undefined) {
    const queue = queueOf(sqs, name, prefix);
    targets.sqs = {
      queue_url: queueUrlOf(queue, endpointUrl),
      queue_arn: queue.arn,
      dead_letter_queue_url: queueUrlOf(deadLetterQueueOf(queue), endpointUrl),
    };
  }
  if (eventbridge !== undefined) {
    const bus = busOf(eventbridge, prefix);
    targets.eventbridge = {
      event_bus_name: bus.name,
      event_pattern: eventbridge.event_pattern,
      rule_arn: ruleArn(name, prefix, bus),
    };
  }
  if (schedule !== undefined) {
    targets.schedule = {
      schedule_expression: schedule.schedule_expression,
      rule_arn: ruleArn(name, prefix),
      input: schedule.input,
    };
  }
  if (s3 !== undefined) {
    targets.s3 = {
      bucket: bucketOf(s3, name, prefix).name,
      filter_prefix: s3.filter_prefix,
      filter_suffix: s3.filter_suffix,
      events: s3.events,
    };
  }
  if (dynamodb !== undefined) {
    const table = tableOf(dynamodb, name, prefix);
    targets.dynamodb = {
      table_name: table.name,
      stream_arn: tableStreamArn(dynamodb, table),
      hash_key: dynamodb.hash_key,
      range_key: dynamodb.range_key,
    };
  }
  if (kinesis !== undefined) {
    const stream = streamOf(kinesis, name, prefix);
    targets.kinesis = { stream_name: stream.name, stream_arn: stream.arn };
  }
  return targets;
}
