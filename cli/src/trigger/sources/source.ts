// What every event source of `livectl trigger` has to say: its flags, what is missing, and how it is published to.
import type { TriggerKind } from '../../manifest/sources/sources.ts';
import type { TriggerTargets } from '../../manifest/trigger-targets.ts';
import type { Aws } from '../aws.ts';
import type { Given } from '../given.ts';

/** A kind of event source, as in livectl.json. Every function can be invoked, so `lambda` needs no trigger. */
export type SourceName = TriggerKind | 'lambda';

/** What a source is published to. */
export type Resource<Name extends SourceName> = Name extends TriggerKind
  ? NonNullable<TriggerTargets[Name]>
  : object;

/** The function as the stage knows it, and the resource of the source. */
export interface Target<Name extends SourceName> {
  readonly functionName: string;
  /** What Lambda calls it: the name or ARN to invoke. */
  readonly lambdaName: string;
  readonly resource: Resource<Name>;
}

/** A flag without which there is nothing to publish, and the question to ask for it in a terminal. */
export interface Missing {
  readonly flag: string;
  readonly question: string;
}

/** What has been published, or answered. */
export interface Published {
  /** To what: an ARN or a URL. */
  readonly to: string;
  /** What the service calls it, e.g. `message_id`; names as in `--format json`. */
  readonly ids: Readonly<Record<string, string>>;
  /** Ids by which the invocation can be recognised: `source_ids` of serve's event `invoke`, or the invocation's own. */
  readonly traces: readonly string[];
  readonly answer?: Answer;
  /** Why the function won't hear of it, where a filter leaves it out. */
  readonly unheard?: readonly string[];
}

/** What came back at once. */
export interface Answer {
  /** Of HTTP. */
  readonly status?: number;
  /** The function failed: `Unhandled`, as Lambda says it. */
  readonly functionError?: string;
  readonly body: Uint8Array;
  /** The connection was cut before its end, as of a function that fails while it streams. */
  readonly cutOff?: true;
}

/** One event source. `publish` rejects with a LiveDebugError. */
export interface Source<Name extends SourceName> {
  /** Names of the flags it takes, without their dashes. */
  readonly flags: readonly string[];
  missing(given: Given, target: Target<Name>): Missing[];
  publish(given: Given, target: Target<Name>, aws: Aws): Promise<Published>;
}
