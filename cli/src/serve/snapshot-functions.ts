// What the inspector shows of the served functions: where their code is, and what invokes them.
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Target } from '../builder/resolve-targets.ts';
import type { SnapshotFunction, SnapshotSource } from '../inspector/serve-snapshot.ts';
import type { FunctionSettings } from '../manifest/function-settings.ts';
import { pythonVersion } from '../manifest/runtimes.ts';
import type { TriggerTargets } from '../manifest/trigger-targets.ts';
import type { ServedFunction } from '../session/session-event.ts';

interface KnownFunction {
  readonly served: ServedFunction;
  readonly settings: FunctionSettings;
  readonly targets: TriggerTargets | undefined;
  /** Undefined where nothing is built. */
  readonly built?: Target | undefined;
  /** The project's folder. */
  readonly root: string;
}

export function snapshotFunction({
  built,
  root,
  served,
  settings,
  targets,
}: KnownFunction): SnapshotFunction {
  const { handler, runtime } = settings;
  const file = built && sourceFileOf(built);
  return {
    ...served,
    runtime,
    handler,
    ...(file === undefined ? {} : { file: relative(root, file) }),
    sources: sourcesIn(targets ?? {}),
  };
}

/** The handler's file, if it can be told without running anything. */
function sourceFileOf(target: Target): string | undefined {
  if ('sourceFile' in target && target.sourceFile !== undefined) return target.sourceFile;
  if (pythonVersion(target.runtime) === undefined) return undefined;
  const place = target.handler.split(/[/.]/).slice(0, -1);
  const file = `${join(target.taskRoot, ...place)}.py`;
  return existsSync(file) ? file : undefined;
}

/** A name for each source, as people know it. */
function sourcesIn(targets: TriggerTargets): SnapshotSource[] {
  const { dynamodb, eventbridge, function_url: functionUrl, http, kinesis, s3, schedule, sns, sqs } = targets;
  const named: readonly (readonly [SnapshotSource['source'], string | null | undefined])[] = [
    ['http', http && `${http.method} ${http.path ?? pathOf(http.url)}`],
    ['http', functionUrl && 'function URL'],
    ['sns', sns && lastPart(sns.topic_arn)],
    ['sqs', sqs && lastPart(sqs.queue_arn)],
    ['eventbridge', eventbridge?.event_bus_name],
    ['schedule', schedule?.schedule_expression],
    ['s3', s3?.bucket],
    ['dynamodb', dynamodb?.table_name],
    ['kinesis', kinesis?.stream_name],
  ];
  return named.flatMap(([source, name]) => (name ? [{ source, name }] : []));
}

function lastPart(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}

function pathOf(url: string): string {
  return URL.canParse(url) ? new URL(url).pathname : url;
}
