// A resource of Terraform that invokes a function, before it is known which of them livectl.json can have.
import type { TriggerKind } from '../../manifest/sources/sources.ts';
import type { TerraformResource } from '../terraform-json.ts';

/** What one resource, or a block in it, invokes and how. */
export interface Candidate {
  /** Of the resource. */
  readonly address: string;
  /** What it invokes, as it is written: an ARN, a name, or what API Gateway makes of an ARN. */
  readonly target: unknown;
  /** The principal that AWS gives the permission to; undefined if the source is polled or has a role. */
  readonly principal: string | undefined;
  readonly content: Written | { readonly why: string };
}

/** A trigger as livectl.json has it. */
export interface Written {
  readonly kind: TriggerKind;
  readonly trigger: Readonly<Record<string, unknown>>;
  /** How it differs from the one on AWS: a phrase after "is written". */
  readonly differs?: string | undefined;
  /** Whether it is taken before others of its kind. */
  readonly isPreferred?: boolean;
}

/** The resources of a type; no data sources. */
export type ResourcesOf = (type: string) => readonly TerraformResource[];

export function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** How the events of REST APIs, and of HTTP APIs with payload format 1.0, differ: see {@link Written.differs}. */
export const formatOne =
  "as a route of serve --local, whose events have payload format 2.0; this API's have 1.0 (httpMethod, path, resource): test those with livectl invoke --event";

/** A kind with its trigger, both undefined where livectl.json has no such source or a deployment knows it only. */
export type Told = readonly [kind?: TriggerKind, trigger?: object | undefined];

/** `type` is what the configuration calls the source. */
export function contentOf([kind, trigger]: Told, type: string, differs?: string): Candidate['content'] {
  if (kind !== undefined && trigger !== undefined)
    return { kind, trigger: trigger as Written['trigger'], differs };
  return {
    why:
      kind === undefined
        ? `livectl.json has no source ${type.slice(0, 60)}`
        : 'a part of it is only known when it is deployed',
  };
}
