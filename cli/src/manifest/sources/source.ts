// What livectl.json and a stage's manifest say of one kind of event source: its fields, its rules, and what is published to.
import type * as v from 'valibot';
import type { SourceRecord } from './source-record.ts';

/** The resource that a trigger reads from: a new one, or one that exists. */
export interface TriggerResource {
  /** The field with the ARN of one that exists. */
  readonly arn: string;
  /** Fields for a new one only. */
  readonly ofNew: readonly string[];
  /** The new one, where functions that give the same name share it. */
  readonly shared?: {
    readonly kind: string;
    /** The field with the last part of its name. */
    readonly name: string;
    /** Characters that AWS allows. */
    readonly most: number;
  };
}

/** A field of a trigger, and what is invalid about it. */
export type FieldMistake = readonly [field: string, text: string];

/** `mistakes` is written as a method so that a list can hold declarations of any trigger. */
export interface SourceDeclaration<Trigger extends v.GenericSchema, Target extends v.GenericSchema> {
  /** In the terminal. */
  readonly title: string;
  readonly resource?: TriggerResource;
  /** The field that holds a JSON document as text. */
  readonly document?: string;
  /**
   * `triggers.<kind>` of a function in livectl.json, with defaults. Field names are those of the AWS provider's resources; JSON
   * inside is a string there too, since Terraform's types can't hold documents of any shape.
   */
  readonly trigger: Trigger;
  /**
   * `triggers.<kind>` of a function in a stage's manifest: what to publish to, on AWS and in the local cloud alike. Fields that
   * a later version of the module adds are ignored.
   */
  readonly target: Target;
  /** Of the events that a function gets, where they have records. */
  readonly record?: SourceRecord<v.ObjectEntries>;
  /** Rules that a JSON schema can't express; `stubTimeout` is what the function's stub gets, in seconds. */
  mistakes?(trigger: v.InferOutput<Trigger>, stubTimeout: number): readonly FieldMistake[];
}

/** A declaration as its list has it. */
export type AnySource = SourceDeclaration<v.GenericSchema, v.GenericSchema>;

/** Keeps the types of both schemas. */
export function declareSource<const Trigger extends v.GenericSchema, const Target extends v.GenericSchema>(
  declaration: SourceDeclaration<Trigger, Target>,
): SourceDeclaration<Trigger, Target> {
  return declaration;
}
