// What invokes a function without HTTP: queues, streams, topics, rules, schedules and buckets.
import type { TriggerKind } from '../../manifest/sources/sources.ts';
import { isObject, list, type TerraformResource, texts } from '../terraform-json.ts';
import { defined } from '../written-settings.ts';
import { type Candidate, isText, type ResourcesOf } from './candidate.ts';

type Values = TerraformResource['values'];

/** Every one of them, each kind in the order of its resources. */
export function eventCandidates(of: ResourcesOf): Candidate[] {
  return [
    ...of('aws_lambda_function_url').map(functionUrl),
    ...of('aws_lambda_event_source_mapping').map(mapping),
    ...of('aws_sns_topic_subscription')
      .filter(({ values }) => values.protocol === 'lambda')
      .map(subscription),
    ...eventTargets(of),
    ...of('aws_scheduler_schedule').map(schedule),
    ...of('aws_s3_bucket_notification').flatMap(notifications),
    ...of('aws_pipes_pipe').map(({ address, values }) =>
      without(address, values.target, 'livectl.json has no pipes'),
    ),
    ...of('aws_appsync_datasource').flatMap(({ address, values }) =>
      list(values.lambda_config).map((each) =>
        without(address, each.function_arn, 'livectl.json has no AppSync resolvers'),
      ),
    ),
  ];
}

function without(address: string, target: unknown, why: string): Candidate {
  return { address, target, principal: undefined, content: { why } };
}

function functionUrl({ address, values }: TerraformResource): Candidate {
  const trigger = defined({
    authorization_type: values.authorization_type === 'NONE' ? 'NONE' : undefined,
    invoke_mode: values.invoke_mode === 'RESPONSE_STREAM' ? 'RESPONSE_STREAM' : undefined,
  });
  return {
    address,
    target: values.function_name,
    principal: undefined,
    content: { kind: 'function_url', trigger },
  };
}

const polled: Readonly<Record<string, TriggerKind>> = {
  sqs: 'sqs',
  kinesis: 'kinesis',
  dynamodb: 'dynamodb',
};

function mapping({ address, values }: TerraformResource): Candidate {
  const { event_source_arn: arn, function_name: target } = values;
  if (!isText(arn)) {
    const isKafka = list(values.self_managed_event_source).length > 0;
    const why = isKafka
      ? 'livectl.json has no Kafka source'
      : 'what it reads from is only known after an apply; a state has it';
    return without(address, target, why);
  }
  const service = /^arn:[\w-]{1,20}:([\w-]{1,30}):/.exec(arn)?.[1] ?? '';
  const kind = Object.hasOwn(polled, service) ? polled[service] : undefined;
  if (kind === undefined)
    return without(address, target, `livectl.json has no source ${service || 'of this kind'}`);
  const common = defined({
    batch_size: typeof values.batch_size === 'number' ? values.batch_size : undefined,
    maximum_batching_window_in_seconds: above(0, values.maximum_batching_window_in_seconds),
    function_response_types: texts(values.function_response_types).includes('ReportBatchItemFailures')
      ? ['ReportBatchItemFailures']
      : undefined,
  });
  const more =
    kind === 'sqs'
      ? { fifo_queue: arn.endsWith('.fifo') ? true : undefined }
      : {
          starting_position: values.starting_position === 'TRIM_HORIZON' ? 'TRIM_HORIZON' : undefined,
          maximum_retry_attempts: above(-1, values.maximum_retry_attempts),
          bisect_batch_on_function_error: values.bisect_batch_on_function_error === true ? true : undefined,
        };
  const isFiltered = list(values.filter_criteria).some((each) => list(each.filter).length > 0);
  const differs = isFiltered
    ? 'without its filter_criteria: with serve --local every record invokes the function'
    : undefined;
  const trigger = { ...common, ...defined(more) };
  return { address, target, principal: undefined, content: { kind, trigger, differs } };
}

function above(least: number, value: unknown): number | undefined {
  return typeof value === 'number' && value > least ? value : undefined;
}

function subscription({ address, values }: TerraformResource): Candidate {
  const { endpoint: target, filter_policy: policy, filter_policy_scope: scope } = values;
  const trigger = isText(policy)
    ? { filter_policy: policy, ...(scope === 'MessageBody' ? { filter_policy_scope: scope } : {}) }
    : {};
  return { address, target, principal: 'sns.amazonaws.com', content: { kind: 'sns', trigger } };
}

function eventTargets(of: ResourcesOf): Candidate[] {
  const rules = new Map<unknown, Values[]>();
  for (const { values } of of('aws_cloudwatch_event_rule')) {
    const same = rules.get(values.name);
    if (same === undefined) rules.set(values.name, [values]);
    else same.push(values);
  }
  return of('aws_cloudwatch_event_target').flatMap(({ address, values }) => {
    const named = rules.get(values.rule) ?? [];
    // Buses may have rules of the same name. The same resource names the bus as the rule does.
    const rule =
      named.length < 2 ? named[0] : named.find((each) => each.event_bus_name === values.event_bus_name);
    const { event_pattern: pattern, schedule_expression: expression } = rule ?? {};
    const from = { address, target: values.arn, principal: 'events.amazonaws.com' };
    const isChanged = isText(values.input_path) || list(values.input_transformer).length > 0;
    const found: Candidate[] = [];
    if (isText(expression)) {
      const trigger = { schedule_expression: expression, ...inputOf(values.input) };
      const differs = isChanged ? 'without its input_path or input_transformer' : undefined;
      found.push({ ...from, content: { kind: 'schedule', trigger, differs } });
    }
    if (isText(pattern)) {
      const differs =
        isChanged || isText(values.input)
          ? 'without its input: serve --local sends the whole event'
          : undefined;
      found.push({ ...from, content: { kind: 'eventbridge', trigger: { event_pattern: pattern }, differs } });
    }
    if (found.length > 0) return found;
    const why =
      rule === undefined
        ? 'its rule was not found'
        : 'the pattern or the schedule of its rule is only known after an apply';
    return [{ ...from, content: { why } }];
  });
}

/** The documentation of EventBridge Scheduler has both events: a rule's and a schedule's are not the same. */
function schedule({ address, values }: TerraformResource): Candidate {
  const [target] = list(values.target);
  const { schedule_expression: expression, schedule_expression_timezone: zone } = values;
  const from = { address, target: target?.arn, principal: undefined };
  if (!isText(expression)) return { ...from, content: { why: 'its schedule is only known after an apply' } };
  const input = inputOf(target?.input);
  const differences = [
    ...(isText(zone) && zone !== 'UTC' ? ['in UTC instead of its time zone'] : []),
    ...('input' in input ? [] : ["with the event of EventBridge's rules, since it has no input"]),
  ];
  const trigger = { schedule_expression: expression, ...input };
  return { ...from, content: { kind: 'schedule', trigger, differs: differences.join(', ') || undefined } };
}

function inputOf(input: unknown): { input?: string } {
  return isText(input) ? { input } : {};
}

function notifications({ address, values }: TerraformResource): Candidate[] {
  return list(values.lambda_function)
    .filter(isObject)
    .map((its) => {
      const events = texts(its.events);
      const trigger = defined({
        events: events.length === 0 ? undefined : events,
        filter_prefix: isText(its.filter_prefix) ? its.filter_prefix : undefined,
        filter_suffix: isText(its.filter_suffix) ? its.filter_suffix : undefined,
      });
      return {
        address,
        target: its.lambda_function_arn,
        principal: 's3.amazonaws.com',
        content: { kind: 's3', trigger },
      };
    });
}
