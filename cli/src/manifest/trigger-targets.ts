// The resources behind a function's triggers: what to publish to, on AWS and in the local cloud.
import * as v from 'valibot';
import { sources, type TriggerKind } from './sources/sources.ts';

type Entries = { [Kind in TriggerKind]: v.NullishSchema<(typeof sources)[Kind]['target'], undefined> };

/**
 * `functions[*].triggers` of a stage's manifest, as the Terraform module writes it (docs/terraform.md). The local cloud
 * derives the same from livectl.json.
 */
export const triggerTargetsSchema = v.object(
  Object.fromEntries(
    Object.entries(sources).map(([kind, { target }]) => [kind, v.nullish(target)]),
  ) as unknown as Entries,
);

/** Where one function's triggers are published to. */
export type TriggerTargets = v.InferOutput<typeof triggerTargetsSchema>;

/** A kind of event source: `http`, `sns`, ... */
export type TriggerSource = TriggerKind;

/** The kinds that a function has. */
export function sourcesOf(targets: TriggerTargets): TriggerSource[] {
  return (Object.keys(sources) as TriggerSource[]).filter((source) => targets[source]);
}
