// What livectl knows about each kind of trigger besides its fields: its title, and its new resources.
import type { AnySource } from './sources/source.ts';
import { sources, type TriggerKind } from './sources/sources.ts';

/** Each kind with its declaration. */
export const triggerFacts = Object.entries(sources) as readonly (readonly [TriggerKind, AnySource])[];

/** The kinds whose new resource several functions can share, with the field of the ARN and the new resource. */
export const sharedSources = triggerFacts.flatMap(([source, { resource }]) =>
  resource?.shared === undefined ? [] : [{ ...resource.shared, source, arn: resource.arn }],
);

/** The title of a kind of trigger; undefined for any other name. */
export function triggerTitle(source: string): string | undefined {
  return triggerFacts.find(([kind]) => kind === source)?.[1].title;
}
