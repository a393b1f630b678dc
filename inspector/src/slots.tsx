// Inspector page: the places that other parts of it fill. Each gets what it may need; what it shows is its own business.
import type { ComponentType, VNode } from 'preact';
import type { InvocationDetail, InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { AttemptsTab } from './attempts/attempts-tab.tsx';
import { BannerList } from './banners/banner-list.tsx';
import { ChartsView } from './charts/charts-view.tsx';
import { CompareTab } from './diff/compare-tab.tsx';
import { MapView } from './map/map-view.tsx';
import { ReplayActions } from './replay/replay-actions.tsx';
import { DetailGlance } from './timing/detail-glance.tsx';
import { TimingTab } from './timing/timing-tab.tsx';

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

export const views: readonly ViewSlot[] = [
  { id: 'map', label: 'Map', View: MapView },
  { id: 'charts', label: 'Charts', View: ChartsView },
];

export const tabs: readonly TabSlot[] = [
  { id: 'timing', label: () => 'Timing', isFor: ({ hops }) => hops.length > 0, Content: TimingTab },
  {
    id: 'attempts',
    label: () => 'Attempts',
    // Nothing delivers an HTTP request again.
    isFor: ({ replay_of: original, source }) => source !== 'http' || original !== undefined,
    Content: AttemptsTab,
  },
  {
    id: 'compare',
    label: () => 'Compare',
    isFor: ({ status }) => status !== 'running',
    Content: CompareTab,
  },
];

/** Across the page, under the top bar: what needs the user's attention at once. */
export function Banners(): VNode | null {
  return <BannerList />;
}

/** Buttons in the head of a detail: replay, edit and replay, copy as. */
export function DetailActions({ summary }: { summary: InvocationSummary }): VNode | null {
  return <ReplayActions key={summary.key} summary={summary} />;
}

/** Under the head of a detail, above its tabs: the hops at a glance. */
export function DetailStrip({ detail }: { detail: InvocationDetail }): VNode | null {
  return <DetailGlance detail={detail} />;
}
