// Triggers: the resources that functions' triggers ask for: topics, queues, streams and the like.
import type { Triggers } from '../../manifest/trigger-schema.ts';
import type { CloudFunction } from '../cloud.ts';

/** Kinds of triggers with a resource; what HTTP asks for is the HTTP front's. */
export type SourceKind = Exclude<keyof Triggers, 'http' | 'function_url'>;

/** What livectl.json says. */
export type Trigger<Kind extends SourceKind> = NonNullable<Triggers[Kind]>;

/** A function that hears of a resource, and how. */
export interface Consumer<Kind extends SourceKind> {
  readonly functionName: string;
  /** The function's, in seconds. */
  readonly timeout: number;
  readonly trigger: Trigger<Kind>;
}

export interface Identity {
  readonly name: string;
  readonly arn: string;
}

/** A resource and its consumers; those that give the same name or ARN share one. */
export interface Resource<Kind extends SourceKind> extends Identity {
  readonly consumers: readonly Consumer<Kind>[];
}

/** What decides the names of new resources. */
export interface Naming {
  readonly functionName: string;
  /** Begins the names of what Terraform would create, e.g. `live-debug-local`. */
  readonly prefix: string;
}

/** Of functions whose manifest was found right: those that share a resource agree about it. */
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

/** The resource that exists already; its name follows the last `separator`. */
export function existing(arn: string, separator: ':' | '/'): Identity {
  return { arn, name: arn.split(separator).at(-1) ?? arn };
}
