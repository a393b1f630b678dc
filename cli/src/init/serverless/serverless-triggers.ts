// What invokes a function of serverless.yml.
import {
  batchOf,
  defined,
  isRecord,
  jsonOf,
  recordOf,
  routeOf,
  textOf,
  textsOf,
} from '../written-settings.ts';

/** `triggers` of livectl.json from `events`, whose values are known; of several of a kind the first. */
export function triggersOfEvents(events: unknown, url: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const event of Array.isArray(events) ? events : []) {
    // Both `- httpApi: GET /` and `- schedule: ...` are objects with one key.
    const [[kind = '', value] = []] = Object.entries(
      typeof event === 'string' ? { [event]: {} } : recordOf(event),
    );
    const [name, trigger] = triggerOf(kind, value);
    if (name !== undefined && trigger !== undefined) found[name] ??= trigger;
  }
  if (url === true || isRecord(url)) {
    const { authorizer, invokeMode } = recordOf(url);
    found.function_url = {
      ...(authorizer === 'aws_iam' ? {} : { authorization_type: 'NONE' }),
      ...(invokeMode === 'RESPONSE_STREAM' ? { invoke_mode: 'RESPONSE_STREAM' } : {}),
    };
  }
  return found;
}

/** https://www.serverless.com/framework/docs/providers/aws/guide/events */
function triggerOf(kind: string, value: unknown): [name?: string, trigger?: object | undefined] {
  const fields = recordOf(value);
  switch (kind) {
    case 'http':
    case 'httpApi': {
      if (typeof value !== 'string') return ['http', routeOf(fields.path, fields.method)];
      const [method = '', path] = value.trim().split(/\s{1,10}/, 2);
      return ['http', path === undefined ? routeOf(method, undefined) : routeOf(path, method)];
    }
    case 'sqs':
      return ['sqs', batchOf(fields.batchSize, [fields.functionResponseType])];
    case 'sns':
      return [
        'sns',
        defined({
          filter_policy: jsonOf(fields.filterPolicy),
          filter_policy_scope: fields.filterPolicyScope,
        }),
      ];
    case 's3': {
      const rules = (Array.isArray(fields.rules) ? fields.rules : []).filter(isRecord);
      const find = (name: string) => textOf(rules.find((rule) => name in rule)?.[name]);
      const event = textOf(fields.event);
      return [
        's3',
        defined({
          events: event === undefined ? undefined : [event],
          filter_prefix: find('prefix'),
          filter_suffix: find('suffix'),
        }),
      ];
    }
    case 'schedule': {
      const [first] = typeof value === 'string' ? [value] : [fields.rate].flat();
      const expression = textOf(first);
      if (expression === undefined) return [];
      return ['schedule', defined({ schedule_expression: expression, input: jsonOf(fields.input) })];
    }
    case 'eventBridge': {
      const pattern = jsonOf(fields.pattern);
      const expression = textOf(fields.schedule);
      if (expression !== undefined) return ['schedule', { schedule_expression: expression }];
      return pattern === undefined ? [] : ['eventbridge', { event_pattern: pattern }];
    }
    case 'stream': {
      const arn = textOf(value) ?? textOf(fields.arn) ?? '';
      const isKinesis = fields.type === 'kinesis' || arn.includes(':kinesis:');
      return [
        isKinesis ? 'kinesis' : 'dynamodb',
        batchOf(fields.batchSize, textsOf([fields.functionResponseType])),
      ];
    }
    default:
      return [];
  }
}
