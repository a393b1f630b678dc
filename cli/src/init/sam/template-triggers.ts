// What invokes a function of a SAM or CloudFormation template.
import { contentOf, formatOne, type Told } from '../triggers/candidate.ts';
import { chosenTriggers, type FoundTriggers } from '../triggers/chosen-triggers.ts';
import {
  batchOf,
  defined,
  isRecord,
  jsonOf,
  numberOf,
  recordOf,
  routeOf,
  textOf,
  textsOf,
} from '../written-settings.ts';

/** What `Events` and `FunctionUrlConfig` of a SAM function say, whose values are known; `address` is the function's. */
export function triggersOfFunction(
  { Events, FunctionUrlConfig, Timeout }: Readonly<Record<string, unknown>>,
  address: string,
): FoundTriggers {
  const candidates = Object.entries(recordOf(Events)).map(([id, event]) => {
    const { Properties: properties, Type } = recordOf(event);
    const type = String(textOf(Type));
    const told = triggerOf(type, recordOf(properties));
    return {
      address: `Events.${id}`,
      content: contentOf(told, type, type === 'Api' ? formatOne : undefined),
    };
  });
  const url = functionUrlOf(FunctionUrlConfig);
  return chosenTriggers(address, [...candidates, ...url], numberOf(Timeout) ?? 3);
}

/** https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-eventsource.html */
function triggerOf(type: string, properties: Readonly<Record<string, unknown>>): Told {
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
      if (expression === undefined) return ['schedule'];
      return ['schedule', defined({ schedule_expression: expression, input: jsonOf(properties.Input) })];
    }
    case 'EventBridgeRule':
    case 'CloudWatchEvent': {
      const text = jsonOf(pattern);
      return ['eventbridge', text === undefined ? undefined : { event_pattern: text }];
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

function functionUrlOf(config: unknown) {
  if (!isRecord(config)) return [];
  const trigger = {
    ...(config.AuthType === 'NONE' ? { authorization_type: 'NONE' } : {}),
    ...(config.InvokeMode === 'RESPONSE_STREAM' ? { invoke_mode: 'RESPONSE_STREAM' } : {}),
  };
  return [{ address: 'FunctionUrlConfig', content: { kind: 'function_url' as const, trigger } }];
}
