// Every event source by its name in livectl.json, and its use for one function.
import type { Fallback } from '../../manifest/fallback.ts';
import { sourcesOf, type TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { Aws } from '../aws.ts';
import type { Given } from '../given.ts';
import { dynamodb } from './dynamodb.ts';
import { eventbridge } from './eventbridge.ts';
import { functionUrl, http } from './http.ts';
import { kinesis } from './kinesis.ts';
import { lambda } from './lambda.ts';
import { s3 } from './s3.ts';
import { schedule } from './schedule.ts';
import { sns } from './sns.ts';
import type { Missing, Published, Resource, Source, SourceName } from './source.ts';
import { sqs } from './sqs.ts';

const sources: { readonly [Name in SourceName]: Source<Name> } = {
  http,
  function_url: functionUrl,
  sns,
  sqs,
  eventbridge,
  schedule,
  s3,
  dynamodb,
  kinesis,
  lambda,
};

export const sourceNames = Object.keys(sources) as readonly SourceName[];

export function isSourceName(name: string): name is SourceName {
  return Object.hasOwn(sources, name);
}

/** A function of the stage. */
export interface TriggerFunction {
  readonly name: string;
  /** The name or ARN of the function on Lambda. */
  readonly lambdaName: string;
  /** The alias or version to invoke where no other one is given. */
  readonly qualifier?: string | undefined;
  readonly targets: TriggerTargets;
  /** What answers while nobody serves it. */
  readonly fallback: Fallback;
}

/** The function's sources; `lambda` is always available. */
export function triggersOf({ targets }: TriggerFunction): SourceName[] {
  return sourcesOf(targets);
}

/** One source of one function. */
export interface Trigger {
  readonly source: SourceName;
  readonly flags: readonly string[];
  missing(given: Given): Missing[];
  publish(given: Given, aws: Aws): Promise<Published>;
}

/** Undefined if the function has no such trigger. */
export function triggerOf<Name extends SourceName>(
  name: Name,
  { lambdaName, name: functionName, qualifier, targets }: TriggerFunction,
): Trigger | undefined {
  const resources: { [Each in SourceName]?: Resource<Each> | null | undefined } = { ...targets, lambda: {} };
  const resource = resources[name];
  if (resource === undefined || resource === null) return undefined;
  const source: Source<Name> = sources[name];
  const target = { functionName, lambdaName, qualifier, resource: resource as Resource<Name> };
  return {
    source: name,
    flags: source.flags,
    missing: (given) => source.missing(given, target),
    publish: (given, aws) => source.publish(given, target, aws),
  };
}
