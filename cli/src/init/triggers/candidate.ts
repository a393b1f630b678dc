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
