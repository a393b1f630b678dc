// What `livectl trigger` needs beyond serving: the calls that publish to the sources of a stage, and their resources.
import type { StageManifest } from '../manifest/stage-manifest.ts';
import type { TriggerTargets } from '../manifest/trigger-targets.ts';

/** One permission for publishing. */
export interface Publishing {
  /** As in an IAM policy. */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  /** A table whose keys are known, so that a write which cannot happen can be tried. */
  readonly table?: { readonly name: string; readonly region: string; readonly keys: readonly string[] };
  /** The function and the source, as `livectl trigger` takes them. */
  readonly functionName: string;
  readonly source: string;
}

/** Where the stage is. */
export interface Account {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
}

/** Each action and resource once, as `publishing` of the module's triggers.tf allows them. */
export function publishedResources(
  { functionNames, targets }: Pick<StageManifest, 'functionNames' | 'targets'>,
  account: Account,
): Publishing[] {
  const all = new Map<string, Publishing>();
  for (const [functionName, each] of targets)
    for (const one of ofFunction(each, functionNames.get(functionName) ?? functionName, account)) {
      const key = `${one.action} ${one.resource}`;
      if (!all.has(key)) all.set(key, { functionName, ...one });
    }
  return [...all.values()];
}

function ofFunction(
  { dynamodb, eventbridge, function_url, http, kinesis, s3, sns, sqs }: TriggerTargets,
  lambdaName: string,
  { account, partition, region }: Account,
): Omit<Publishing, 'functionName'>[] {
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  const found: Omit<Publishing, 'functionName'>[] = [];
  const add = (source: string, action: string, resource: string) => found.push({ source, action, resource });
  if (http?.authorization_type === 'AWS_IAM' && URL.canParse(http.url)) {
    const [api = ''] = new URL(http.url).hostname.split('.');
    // Of a route for every method, one stands for the others.
    const method = http.method === 'ANY' ? 'GET' : http.method;
    add('http', 'execute-api:Invoke', arn('execute-api', `${api}/$default/${method}${http.path ?? '/'}`));
  }
  if (function_url?.authorization_type === 'AWS_IAM')
    add('function_url', 'lambda:InvokeFunctionUrl', arn('lambda', `function:${lambdaName}`));
  if (sns) add('sns', 'sns:Publish', sns.topic_arn);
  if (sqs) add('sqs', 'sqs:SendMessage', sqs.queue_arn);
  if (eventbridge) {
    const { event_bus_name: bus } = eventbridge;
    const resource = bus.startsWith('arn:') ? bus : arn('events', `event-bus/${bus}`);
    add('eventbridge', 'events:PutEvents', resource);
  }
  if (s3) {
    const key = `${s3.filter_prefix ?? ''}livectl-doctor${s3.filter_suffix ?? ''}`;
    add('s3', 's3:PutObject', `arn:${partition}:s3:::${s3.bucket}/${key}`);
  }
  if (kinesis) add('kinesis', 'kinesis:PutRecord', kinesis.stream_arn);
  if (dynamodb) {
    const { hash_key, range_key, stream_arn, table_name: name } = dynamodb;
    // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/TIME
    const [resource = ''] = stream_arn.split('/stream/', 1);
    const keys = [hash_key, range_key].filter((key) => typeof key === 'string');
    const table = { name, region: stream_arn.split(':')[3] || region, keys };
    found.push({
      ...{ source: 'dynamodb', action: 'dynamodb:PutItem', resource },
      ...(hash_key ? { table } : {}),
    });
  }
  return found;
}
