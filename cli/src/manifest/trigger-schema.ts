// The schema of `triggers` in livectl.json: a function's event sources, which Terraform creates or which exist.
import * as v from 'valibot';
import { fields } from './schema-parts.ts';
import { sources, type TriggerKind } from './sources/sources.ts';

type Entries = { [Kind in TriggerKind]: v.OptionalSchema<(typeof sources)[Kind]['trigger'], undefined> };

/** `triggers` of one function. */
export const triggersSchema = fields(
  Object.fromEntries(
    Object.entries(sources).map(([kind, { trigger }]) => [kind, v.optional(trigger)]),
  ) as unknown as Entries,
);

/** A function's event sources, with defaults. Field names are those in livectl.json. */
export type Triggers = v.InferOutput<typeof triggersSchema>;
