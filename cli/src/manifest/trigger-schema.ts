// The schema of `triggers` in livectl.json: the event sources that Terraform creates, or finds, for a function.
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

/** What livectl.json says of a function's event sources, with defaults; field names as in the file. */
export type Triggers = v.InferOutput<typeof triggersSchema>;
