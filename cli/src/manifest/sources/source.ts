// What livectl.json and a stage's manifest say about one kind of event source: its fields, its rules, and its target.
import type * as v from 'valibot';
import type { SourceRecord } from './source-record.ts';

/** The resource that a trigger reads from: a new or an existing one. */
export interface TriggerResource {
  /** The field with the ARN of an existing resource. */
  readonly arn: string;
  /** Fields that only a new resource has. */
  readonly ofNew: readonly string[];
  /** Set if functions that give the same name share the new resource. */
  readonly shared?: {
    readonly kind: string;
    /** The field with the last part of the resource's name. */
    readonly name: string;
    /** Characters that AWS allows in the name. */
    readonly most: number;
  };
}

/** A field of a trigger, and what is invalid about it. */
export type FieldMistake = readonly [field: string, text: string];

/** `mistakes` is written as a method so that a list can hold declarations of any trigger. */
export interface SourceDeclaration<Trigger extends v.GenericSchema, Target extends v.GenericSchema> {
  /** The name in the terminal. */
  readonly title: string;
  readonly resource?: TriggerResource;
  /** The field that holds a JSON document as text. */
  readonly document?: string;
  /**
   * `triggers.<kind>` of a function in livectl.json, with defaults. Field names are those of the AWS provider's resources. JSON
   * in a field is a string, as in the provider, since a Terraform type can't hold a document of any shape.
   */
  readonly trigger: Trigger;
  /**
   * `triggers.<kind>` of a function in a stage's manifest: what to publish to, on AWS and in the local cloud. Fields that a
   * later version of the module adds are ignored.
   */
  readonly target: Target;
  /** The records of the function's events, if they have records. */
  readonly record?: SourceRecord<v.ObjectEntries>;
  /** Rules that a JSON schema can't express; `stubTimeout`: the timeout of the function's stub, in seconds. */
  mistakes?(trigger: v.InferOutput<Trigger>, stubTimeout: number): readonly FieldMistake[];
}

/** The declaration of any source. */
export type AnySource = SourceDeclaration<v.GenericSchema, v.GenericSchema>;

/** Keeps the types of both schemas. */
export function declareSource<const Trigger extends v.GenericSchema, const Target extends v.GenericSchema>(
  declaration: SourceDeclaration<Trigger, Target>,
): SourceDeclaration<Trigger, Target> {
  return declaration;
}
