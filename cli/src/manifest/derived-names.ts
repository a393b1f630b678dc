// The names of what is created for the functions of a stage, in one list, as in names.tf of the Terraform module: what must
// differ, how long it may be, and what AWS considers equal. The local cloud gives its resources the same names.
import type { FunctionText } from './manifest-schema.ts';
import type { TriggerKind } from './sources/sources.ts';
import { sharedSources } from './trigger-facts.ts';
import type { Triggers } from './trigger-schema.ts';
import { stubBeside } from './wrap-settings.ts';

/** What determines names besides the manifest. */
export interface Naming {
  readonly stage: string;
  /** `<name>-<stage>`, e.g. `live-debug-local`. */
  readonly prefix: string;
}

/** A function's name on AWS. */
export function functionNameOf(
  name: string,
  settings: { readonly function_name?: string | undefined; readonly mode?: string | undefined },
  prefix: string,
): string {
  // The stub beside a wrapped function may have the other name; the module requires function_name in that case.
  return settings.function_name ?? (settings.mode === 'wrap' ? name : `${prefix}-${name}`);
}

/** The rule of an EventBridge pattern. A dot, which no function name contains, separates stages and schedules. */
export function patternRuleName(functionName: string, prefix: string): string {
  return `${prefix}.${functionName}`;
}

/** The rule of a schedule. */
export function scheduleRuleName(functionName: string, prefix: string): string {
  return `${prefix}.${functionName}.schedule`;
}

/** A new queue, or its dead-letter queue. */
export function queueName(part: string, prefix: string, fifo: boolean): string {
  return `${prefix}-${part}${fifo ? '.fifo' : ''}`;
}

function deadLetterQueueName(part: string, prefix: string, fifo: boolean): string {
  return queueName(`${part}-dlq`, prefix, fifo);
}

/** A new bucket without the account's number: bucket names are lower case and contain no underscores. */
export function bucketName(part: string, prefix: string): string {
  return `${prefix}-${part}`.toLowerCase().replaceAll('_', '-');
}

/** A name and where it comes from. */
interface DerivedName {
  readonly kind: string;
  readonly name: string;
  /** What AWS compares. */
  readonly same: string;
  /** Equal in two entries that are the same resource. */
  readonly id: string;
  /** Maximum number of characters. */
  readonly most: number;
  readonly functionName: string;
  readonly keys: readonly string[];
  /** What to change. */
  readonly remedy: string;
}

/** A new resource that functions may share, by the last part of its name. */
interface SharedPart {
  readonly source: TriggerKind;
  readonly part: string;
  readonly functionName: string;
  /** The field with the name, below `triggers`, or the source if the function's name is used. */
  readonly keys: readonly string[];
  readonly fifo: boolean;
}

/** The new resources of a function's triggers. */
export function sharedParts(functionName: string, triggers: Triggers): SharedPart[] {
  return sharedSources.flatMap(({ arn, name: field, source }) => {
    const trigger: Readonly<Record<string, unknown>> | undefined = triggers[source];
    if (trigger === undefined || !(trigger.create ?? trigger[arn] === undefined)) return [];
    const given = trigger[field];
    return [
      {
        source,
        part: typeof given === 'string' ? given : functionName,
        functionName,
        keys: typeof given === 'string' ? [source, field] : [source],
        fifo: trigger.fifo_queue === true,
      },
    ];
  });
}

/** Every name that the functions use. */
export function derivedNames(
  functions: Readonly<Record<string, FunctionText>>,
  { prefix }: Naming,
): DerivedName[] {
  return Object.entries(functions).flatMap(([name, settings]) => [
    ...namesOfFunction(name, settings, prefix),
    ...namesOfTriggers(name, settings.triggers, prefix),
  ]);
}

function namesOfFunction(functionName: string, settings: FunctionText, prefix: string): DerivedName[] {
  const name = functionNameOf(functionName, settings, prefix);
  const keys = settings.function_name === undefined ? [] : ['function_name'];
  const common = { name, functionName, keys, remedy: 'function_name' };
  const names: DerivedName[] = [
    { ...common, kind: 'Lambda function', same: name, id: functionName, most: 64 },
  ];
  // Case is ignored. An equal name, and one that is too long, is reported as the function's.
  if (settings.role === undefined && settings.create !== false && settings.mode !== 'wrap')
    names.push({ ...common, kind: 'IAM role', same: name.toLowerCase(), id: name, most: 1024 });
  const beside = stubBeside(functionName, settings, prefix);
  if (beside !== undefined) {
    const id = `${functionName}, beside it`;
    names.push({ ...common, kind: 'Lambda function', name: beside, same: beside, id, most: 64, keys: [] });
  }
  return names;
}

function namesOfTriggers(functionName: string, triggers: Triggers, prefix: string): DerivedName[] {
  const own = (kind: string, name: string, most: number, source: string): DerivedName => ({
    kind,
    name,
    same: name,
    id: functionName,
    most,
    functionName,
    keys: ['triggers', source],
    remedy: 'name',
  });
  const { eventbridge, function_url, schedule } = triggers;
  const names: DerivedName[] = [];
  if (eventbridge !== undefined)
    names.push(own('EventBridge rule', patternRuleName(functionName, prefix), 64, 'eventbridge'));
  if (schedule !== undefined)
    names.push(own('EventBridge rule', scheduleRuleName(functionName, prefix), 64, 'schedule'));
  if (function_url?.authorization_type === 'NONE') {
    const stack = `function-url-${`${prefix}-${functionName}`.replaceAll('_', '-')}`;
    names.push(own('CloudFormation stack', stack, 128, 'function_url'));
  }
  return [...names, ...sharedParts(functionName, triggers).flatMap((part) => namesOfPart(part, prefix))];
}

function namesOfPart({ fifo, functionName, keys, part, source }: SharedPart, prefix: string): DerivedName[] {
  const { kind = '', most = 0 } = sharedSources.find((shared) => shared.source === source) ?? {};
  const common = { kind, most, functionName, keys: ['triggers', ...keys], remedy: 'name' };
  if (source === 's3') {
    const name = bucketName(part, prefix);
    // It ends with the account's number.
    return [{ ...common, name: `${name}-123456789012`, same: name, id: part }];
  }
  const name = queueName(part, prefix, fifo);
  const names = [{ ...common, name, same: name, id: part }];
  if (source === 'sqs') {
    const dead = deadLetterQueueName(part, prefix, fifo);
    names.push({ ...common, name: dead, same: dead, id: `${part}-dlq, for dead letters` });
  }
  return names;
}
