// Inspector page: the places that other parts of it fill. Each gets what it may need; what it shows is its own business.
import type { ComponentType, VNode } from 'preact';
import type { InvocationDetail, InvocationSummary } from '../../cli/src/recordings/recording.ts';

/** A whole view beside the list, chosen in the top bar and by `view` of the hash. */
export interface ViewSlot {
  readonly id: string;
  readonly label: string;
  readonly View: ComponentType;
}

/** A tab of an invocation's detail, after those for event, result and logs. */
export interface TabSlot {
  readonly id: string;
  readonly label: (detail: InvocationDetail) => string;
  /** Whether there is anything to show. */
  readonly isFor: (detail: InvocationDetail) => boolean;
  readonly Content: ComponentType<{ detail: InvocationDetail }>;
}

export const views: readonly ViewSlot[] = [];

export const tabs: readonly TabSlot[] = [];

/** Across the page, under the top bar: what needs the user's attention at once. */
export function Banners(): VNode | null {
  return null;
}

/** Buttons in the head of a detail: replay, edit and replay, copy as. */
export function DetailActions(_: { summary: InvocationSummary }): VNode | null {
  return null;
}

/** Under the head of a detail, above its tabs: the hops at a glance. */
export function DetailStrip(_: { detail: InvocationDetail }): VNode | null {
  return null;
}
