// What invokes a function, as far as a Terraform state or plan shows it: for the local cloud.
import { list, ofType, type TerraformResource, texts } from './terraform-json.ts';

/** `triggers` of the function in livectl.json; a source appears once, since livectl.json takes one of each. */
export function triggersOf(
  { address, values }: TerraformResource,
  resources: readonly TerraformResource[],
): Readonly<Record<string, unknown>> {
  const own = new Set(
    [values.arn, values.invoke_arn, values.function_name, values.qualified_arn].filter(isText),
  );
  const names = (target: unknown) => isText(target) && (own.has(target) || own.has(withoutQualifier(target)));
  const of = (type: string) => ofType(resources, type).filter(({ isData }) => !isData);
  const found: Record<string, unknown> = {};
  if (own.size === 0) return found;

  for (const { values: url } of of('aws_lambda_function_url')) {
    if (!names(url.function_name) || address === '') continue;
    const isStreamed = url.invoke_mode === 'RESPONSE_STREAM';
    found.function_url = {
      ...(url.authorization_type === 'NONE' ? { authorization_type: 'NONE' } : {}),
      ...(isStreamed ? { invoke_mode: 'RESPONSE_STREAM' } : {}),
    };
  }
  for (const { values: mapping } of of('aws_lambda_event_source_mapping')) {
    const arn = mapping.event_source_arn;
    if (!names(mapping.function_name) || !isText(arn)) continue;
    const service = arn.split(':')[2];
    const size = typeof mapping.batch_size === 'number' ? { batch_size: mapping.batch_size } : {};
    const partial = texts(mapping.function_response_types).includes('ReportBatchItemFailures')
      ? { function_response_types: ['ReportBatchItemFailures'] }
      : {};
    if (service === 'sqs') found.sqs ??= { ...size, ...partial };
    if (service === 'kinesis') found.kinesis ??= { ...size };
    if (service === 'dynamodb') found.dynamodb ??= { ...size };
  }
  for (const { values: subscription } of of('aws_sns_topic_subscription'))
    if (subscription.protocol === 'lambda' && names(subscription.endpoint)) found.sns ??= {};
  for (const { values: target } of of('aws_cloudwatch_event_target')) {
    if (!names(target.arn)) continue;
    const rule = of('aws_cloudwatch_event_rule').find(
      ({ values: each }) => each.name === target.rule,
    )?.values;
    const { event_pattern: pattern, schedule_expression: schedule } = rule ?? {};
    if (isText(schedule)) found.schedule ??= { schedule_expression: schedule };
    if (isText(pattern)) found.eventbridge ??= { event_pattern: pattern };
  }
  for (const { values: notification } of of('aws_s3_bucket_notification')) {
    const its = list(notification.lambda_function).find((each) => names(each.lambda_function_arn));
    if (its === undefined) continue;
    const events = texts(its.events);
    found.s3 ??= {
      ...(events.length === 0 ? {} : { events }),
      ...(isText(its.filter_prefix) ? { filter_prefix: its.filter_prefix } : {}),
      ...(isText(its.filter_suffix) ? { filter_suffix: its.filter_suffix } : {}),
    };
  }
  const route = routeOf(names, of);
  if (route !== undefined) found.http = route;
  return found;
}

/** The first route of an HTTP API that leads to the function. */
function routeOf(
  names: (target: unknown) => boolean,
  of: (type: string) => readonly TerraformResource[],
): object | undefined {
  const integrations = of('aws_apigatewayv2_integration').filter(({ values }) =>
    names(values.integration_uri),
  );
  const targets = new Set(integrations.map(({ values }) => `integrations/${String(values.id)}`));
  const keys = of('aws_apigatewayv2_route')
    .filter(({ values }) => isText(values.target) && targets.has(values.target))
    .map(({ values }) => values.route_key)
    .filter(isText);
  for (const key of keys) {
    if (key === '$default') return {};
    const [, method = 'ANY', path] = /^([A-Z]{3,7}) (\/\S{0,500})$/.exec(key) ?? [];
    if (path !== undefined) return { path, ...(method === 'ANY' ? {} : { method }) };
  }
  return undefined;
}

/** Of the ARN of a version or an alias; API Gateway has the ARN within its own path. */
function withoutQualifier(target: string): string {
  const arn = /(arn:[\w-]{1,20}:lambda:[\w-]{1,30}:\d{12}:function:[\w-]{1,140})/.exec(target)?.[1];
  return arn ?? target;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
