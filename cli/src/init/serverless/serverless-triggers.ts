// What invokes a function of serverless.yml.
import { type Candidate, contentOf, formatOne, type Told } from '../triggers/candidate.ts';
import { chosenTriggers, type FoundTriggers } from '../triggers/chosen-triggers.ts';
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

/** What `events` and `url` of a function say, whose values are known; `address` and `timeout` are the function's. */
export function triggersOfFunction(
  { events, url }: Readonly<Record<string, unknown>>,
  address: string,
  timeout: number,
): FoundTriggers {
  const candidates: Pick<Candidate, 'address' | 'content'>[] = (Array.isArray(events) ? events : []).map(
    (event, at) => {
      // Both `- httpApi: GET /` and `- schedule: ...` are objects with one key.
      const [[kind = '', value] = []] = Object.entries(
        typeof event === 'string' ? { [event]: {} } : recordOf(event),
      );
      const content = contentOf(triggerOf(kind, value), kind, kind === 'http' ? formatOne : undefined);
      return { address: `events[${at}]`, content };
    },
  );
  if (url === true || isRecord(url)) {
    const { authorizer, invokeMode } = recordOf(url);
    const trigger = {
      ...(authorizer === 'aws_iam' ? {} : { authorization_type: 'NONE' }),
      ...(invokeMode === 'RESPONSE_STREAM' ? { invoke_mode: 'RESPONSE_STREAM' } : {}),
    };
    candidates.push({ address: 'url', content: { kind: 'function_url', trigger } });
  }
  return chosenTriggers(address, candidates, timeout);
}

/** https://www.serverless.com/framework/docs/providers/aws/guide/events */
function triggerOf(kind: string, value: unknown): Told {
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
      if (expression === undefined) return ['schedule'];
      return ['schedule', defined({ schedule_expression: expression, input: jsonOf(fields.input) })];
    }
    case 'eventBridge': {
      const pattern = jsonOf(fields.pattern);
      const expression = textOf(fields.schedule);
      if (expression !== undefined) return ['schedule', { schedule_expression: expression }];
      return ['eventbridge', pattern === undefined ? undefined : { event_pattern: pattern }];
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
