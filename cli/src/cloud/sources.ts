// The cloud's event sources in one list, and what follows from it before any of them runs.
import { LiveDebugError } from '../../../protocol/live-debug-error.ts';
import type { TriggerTargets } from '../manifest/trigger-targets.ts';
import type { Statement } from './aws-api/access.ts';
import type { CloudFunction } from './cloud.ts';
import { eventbridge } from './eventbridge/buses.ts';
import { schedule } from './eventbridge/schedules.ts';
import { kinesis } from './kinesis/streams.ts';
import { s3 } from './s3/buckets.ts';
import { sns } from './sns/topics.ts';
import { sqs } from './sqs/queues.ts';
import { dynamodb } from './streams/table-streams.ts';
import type { CloudSource, SourceOptions, SourceService } from './triggers/cloud-source.ts';
import { namePrefix, resourcesOf, type SourceKind } from './triggers/resources.ts';

const sources: { readonly [Kind in SourceKind]: CloudSource<Kind> } = {
  sns,
  sqs,
  eventbridge,
  schedule,
  s3,
  dynamodb,
  kinesis,
};
const kinds = Object.keys(sources) as readonly SourceKind[];

/** A kind with the resources that functions ask for. */
export interface PlannedSource {
  readonly statements: readonly Statement[];
  /** Undefined if no function uses it. */
  readonly http2Variable: string | undefined;
  create(options: SourceOptions): SourceService;
}

/** For functions with a valid manifest. */
export function planSources(functions: readonly CloudFunction[], stage: string): PlannedSource[] {
  return kinds.map((kind) => plan(kind, functions, stage));
}

function plan<Kind extends SourceKind>(
  kind: Kind,
  functions: readonly CloudFunction[],
  stage: string,
): PlannedSource {
  const source: CloudSource<Kind> = sources[kind];
  const resources = resourcesOf(kind, functions, stage, source.identify);
  return {
    statements: source.allow(resources),
    http2Variable: resources.length > 0 ? source.http2Variable : undefined,
    create: (options) => source.create(resources, options),
  };
}

/** The triggers of functions that this cloud does not accept, each with the reason, beyond what livectl.json allows. */
export function refusedTriggers(functions: readonly CloudFunction[]): RefusedTrigger[] {
  return functions.flatMap((each) =>
    kinds.flatMap((kind) => {
      const reason = refusal(kind, each);
      return reason === undefined ? [] : [{ functionName: each.name, kind, reason }];
    }),
  );
}

interface RefusedTrigger {
  readonly functionName: string;
  readonly kind: SourceKind;
  /** A sentence that begins with the field. */
  readonly reason: string;
}

function refusal<Kind extends SourceKind>(
  kind: Kind,
  { name: functionName, timeout, triggers }: CloudFunction,
): string | undefined {
  const trigger = triggers[kind];
  const source: CloudSource<Kind> = sources[kind];
  if (trigger === undefined) return undefined;
  try {
    source.check?.({ functionName, timeout, trigger });
    return undefined;
  } catch (error) {
    if (!(error instanceof LiveDebugError)) throw error;
    return error.message.replace(`${functionName}: triggers.${kind}.`, '');
  }
}

/** What to publish to for each trigger of a function. */
export function sourceTargets(each: CloudFunction, stage: string, endpointUrl: string): TriggerTargets {
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const target = targetOf(kind, each, stage, endpointUrl);
      return target === undefined ? [] : [[kind, target]];
    }),
  );
}

function targetOf<Kind extends SourceKind>(
  kind: Kind,
  { name: functionName, triggers }: CloudFunction,
  stage: string,
  endpointUrl: string,
): TriggerTargets[Kind] {
  const trigger = triggers[kind];
  if (trigger === undefined) return undefined;
  const source: CloudSource<Kind> = sources[kind];
  const naming = { functionName, prefix: namePrefix(stage) };
  return source.target(trigger, { ...naming, resource: source.identify(trigger, naming), endpointUrl });
}
