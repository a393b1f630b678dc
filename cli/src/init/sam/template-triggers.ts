// What invokes a function of a SAM or CloudFormation template.
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

/** `triggers` of livectl.json from the `Events` of a SAM function, whose values are known; of several of a kind the first. */
export function triggersOfEvents(events: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const event of Object.values(recordOf(events))) {
    const { Properties: written, Type: type } = recordOf(event);
    const properties = recordOf(written);
    const [kind, trigger] = triggerOf(String(textOf(type)), properties);
    if (kind !== undefined && trigger !== undefined) found[kind] ??= trigger;
  }
  return found;
}

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html */
function triggerOf(
  type: string,
  properties: Readonly<Record<string, unknown>>,
): [kind?: string, trigger?: object | undefined] {
  const { BatchSize: size, FunctionResponseTypes: responses, Pattern: pattern } = properties;
  switch (type) {
    case 'Api':
    case 'HttpApi':
      return ['http', routeOf(properties.Path, properties.Method)];
    case 'SQS':
      return ['sqs', batchOf(size, responses)];
    case 'DynamoDB':
      return ['dynamodb', batchOf(size, responses)];
    case 'Kinesis':
      return ['kinesis', batchOf(size, responses)];
    case 'SNS': {
      const policy = jsonOf(properties.FilterPolicy);
      return ['sns', defined({ filter_policy: policy, filter_policy_scope: properties.FilterPolicyScope })];
    }
    case 'S3':
      return ['s3', { ...eventsOf(properties.Events), ...filtersOf(properties.Filter) }];
    case 'Schedule':
    case 'ScheduleV2': {
      const expression = textOf(properties.Schedule ?? properties.ScheduleExpression);
      if (expression === undefined) return [];
      return ['schedule', defined({ schedule_expression: expression, input: jsonOf(properties.Input) })];
    }
    case 'EventBridgeRule':
    case 'CloudWatchEvent': {
      const text = jsonOf(pattern);
      return text === undefined ? [] : ['eventbridge', { event_pattern: text }];
    }
    default:
      return [];
  }
}

function eventsOf(events: unknown): object {
  const all = typeof events === 'string' ? [events] : textsOf(events);
  return all.length === 0 ? {} : { events: all };
}

function filtersOf(filter: unknown): Record<string, unknown> {
  const rules = recordOf(recordOf(filter).S3Key).Rules;
  const texts = (Array.isArray(rules) ? rules : [])
    .filter(isRecord)
    .map(({ Name, Value }) => [`filter_${String(textOf(Name)).toLowerCase()}`, textOf(Value)]);
  return defined(
    Object.fromEntries(texts.filter(([name]) => name === 'filter_prefix' || name === 'filter_suffix')),
  );
}

/** `function_url` of livectl.json from a `FunctionUrlConfig`. */
export function functionUrlOf(config: unknown): Record<string, unknown> {
  if (!isRecord(config)) return {};
  return {
    function_url: {
      ...(config.AuthType === 'NONE' ? { authorization_type: 'NONE' } : {}),
      ...(config.InvokeMode === 'RESPONSE_STREAM' ? { invoke_mode: 'RESPONSE_STREAM' } : {}),
    },
  };
}
