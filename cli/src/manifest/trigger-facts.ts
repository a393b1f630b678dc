// What the parts of livectl know of each kind of trigger beside its fields: its name for people, and its new resources.
import type { AnySource } from './sources/source.ts';
import { sources, type TriggerKind } from './sources/sources.ts';

/** Each kind with what is known of it. */
export const triggerFacts = Object.entries(sources) as readonly (readonly [TriggerKind, AnySource])[];

/** The kinds whose new resource functions share by its name, with the field of an ARN and what a new resource is. */
export const sharedSources = triggerFacts.flatMap(([source, { resource }]) =>
  resource?.shared === undefined ? [] : [{ ...resource.shared, source, arn: resource.arn }],
);

/** What people call it; undefined for what is not a trigger. */
export function triggerTitle(source: string): string | undefined {
  return triggerFacts.find(([kind]) => kind === source)?.[1].title;
}
