// What every event source of `livectl trigger` declares: its flags, what is missing, and how to publish.
import type { TriggerKind } from '../../manifest/sources/sources.ts';
import type { TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { Aws } from '../aws.ts';
import type { Given } from '../given.ts';

/** A kind of event source, as in livectl.json. Every function can be invoked, so `lambda` needs no trigger. */
export type SourceName = TriggerKind | 'lambda';

/** The resource that is published to. */
export type Resource<Name extends SourceName> = Name extends TriggerKind
  ? NonNullable<TriggerTargets[Name]>
  : object;

/** The function, and the source's resource. */
export interface Target<Name extends SourceName> {
  readonly functionName: string;
  /** The name or ARN of the function on Lambda. */
  readonly lambdaName: string;
  /** The alias or version to invoke where no other one is given. */
  readonly qualifier: string | undefined;
  readonly resource: Resource<Name>;
}

/** A missing flag, and the question that asks for it in a terminal. */
export interface Missing {
  readonly flag: string;
  readonly question: string;
}

/** The result of publishing. */
export interface Published {
  /** The ARN or URL. */
  readonly to: string;
  /** The service's ids, e.g. `message_id`; named as in `--format json`. */
  readonly ids: Readonly<Record<string, string>>;
  /** Ids that identify the invocation: `source_ids` of serve's event `invoke`, or the invocation's own. */
  readonly traces: readonly string[];
  readonly answer?: Answer;
  /** Why the function receives nothing, if a filter excludes it. */
  readonly unheard?: readonly string[];
}

/** A synchronous answer. */
export interface Answer {
  /** Only of HTTP. */
  readonly status?: number;
  /** The function failed: Lambda's value, e.g. `Unhandled`. */
  readonly functionError?: string;
  readonly body: Uint8Array;
  /** The connection was cut before its end, as when a function fails while it streams. */
  readonly cutOff?: true;
}

/** One event source. `publish` rejects with a LiveDebugError. */
export interface Source<Name extends SourceName> {
  /** Names of the flags it takes, without their dashes. */
  readonly flags: readonly string[];
  missing(given: Given, target: Target<Name>): Missing[];
  publish(given: Given, target: Target<Name>, aws: Aws): Promise<Published>;
}
