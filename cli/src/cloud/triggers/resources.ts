// Triggers: the resources that functions' triggers use: topics, queues, streams and so on.
import type { Triggers } from '../../manifest/trigger-schema.ts';
import type { CloudFunction } from '../cloud.ts';

/** Kinds of triggers with a resource; HTTP triggers belong to the HTTP front. */
export type SourceKind = Exclude<keyof Triggers, 'http' | 'function_url'>;

/** A trigger in livectl.json. */
export type Trigger<Kind extends SourceKind> = NonNullable<Triggers[Kind]>;

/** A function that consumes a resource, and its trigger. */
export interface Consumer<Kind extends SourceKind> {
  readonly functionName: string;
  /** The function's timeout in seconds. */
  readonly timeout: number;
  readonly trigger: Trigger<Kind>;
}

export interface Identity {
  readonly name: string;
  readonly arn: string;
}

/** A resource and its consumers; consumers that give the same name or ARN share one. */
export interface Resource<Kind extends SourceKind> extends Identity {
  readonly consumers: readonly Consumer<Kind>[];
}

/** What determines the names of new resources. */
export interface Naming {
  readonly functionName: string;
  /** Prefix of the names that Terraform would use, e.g. `live-debug-local`. */
  readonly prefix: string;
}

/** For functions with a valid manifest: those that share a resource agree on its settings. */
export function resourcesOf<Kind extends SourceKind>(
  kind: Kind,
  functions: readonly CloudFunction[],
  stage: string,
  identify: (trigger: Trigger<Kind>, naming: Naming) => Identity,
): Resource<Kind>[] {
  const found = new Map<string, Identity & { readonly consumers: Consumer<Kind>[] }>();
  for (const { name: functionName, timeout, triggers } of functions) {
    const trigger = triggers[kind];
    if (trigger === undefined) continue;
    const identity = identify(trigger, { functionName, prefix: namePrefix(stage) });
    const resource = found.get(identity.arn) ?? { ...identity, consumers: [] };
    resource.consumers.push({ functionName, timeout, trigger });
    found.set(identity.arn, resource);
  }
  return [...found.values()];
}

export function namePrefix(stage: string): string {
  return `live-debug-${stage}`;
}

/** An existing resource; its name follows the last `separator`. */
export function existing(arn: string, separator: ':' | '/'): Identity {
  return { arn, name: arn.split(separator).at(-1) ?? arn };
}
