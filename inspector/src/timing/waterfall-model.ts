// Inspector page: where an invocation's time went, as bars on one axis.
import type { Hop, HopName } from '../../../cli/src/recordings/recording.ts';

export interface WaterfallBar {
  readonly name: HopName;
  /** What the stretch is, in words. */
  readonly words: string;
  readonly atMs: number;
  readonly ms: number;
  /** Left edge and width as parts of the whole, 0 to 1. */
  readonly left: number;
  readonly width: number;
  /** Longer than its bar shows: it would leave no room for the others. */
  readonly isCutShort: boolean;
}

export interface Waterfall {
  readonly bars: readonly WaterfallBar[];
  readonly ticks: readonly { readonly ms: number; readonly left: number }[];
  /** From the beginning of the first stretch to the end of the last. */
  readonly totalMs: number;
  /** The stretch that took longest here, i.e. without the wait in the event source; undefined without a stretch. */
  readonly longest: HopName | undefined;
}

export const hopWords: Readonly<Record<HopName, string>> = {
  trigger: 'Event source, before the stub',
  stub: 'Stub in Lambda',
  relay: 'Relay to this machine',
  queue: 'Waiting for a worker',
  start: 'Worker start and init',
  code: 'Your code',
  back: 'Answer back to the relay',
};

/** A message may have waited hours in its queue; its bar is cut short where it is longer than all others by this factor. */
const mostOfOthers = 4;

/** The width of a bar that is cut short. */
const cutWidth = 0.15;

/** Hops without a usable number are left out. */
export function waterfall(hops: readonly Hop[]): Waterfall {
  const usable = hops.filter(({ at_ms: at, ms }) => Number.isFinite(at) && Number.isFinite(ms) && ms >= 0);
  const first = usable[0];
  if (first === undefined) return { bars: [], ticks: [], totalMs: 0, longest: undefined };
  const start = Math.min(...usable.map((hop) => hop.at_ms));
  const end = Math.max(...usable.map((hop) => hop.at_ms + hop.ms));
  const others = usable.filter((hop) => hop.name !== 'trigger');
  const longest = others.reduce<Hop | undefined>(
    (most, hop) => (hop.ms > (most?.ms ?? -1) ? hop : most),
    undefined,
  );
  const trigger = usable.find((hop) => hop.name === 'trigger');
  const otherStart = Math.min(...others.map((hop) => hop.at_ms));
  const isCutShort =
    trigger !== undefined && others.length > 0 && otherStart - start > mostOfOthers * (end - otherStart);
  // What is drawn to scale: all, or everything from the first stretch after the one that is cut short.
  const scaleStart = isCutShort ? otherStart : start;
  const scaleLeft = isCutShort ? cutWidth : 0;
  const span = end - scaleStart;
  const place = (ms: number) =>
    span > 0 ? scaleLeft + ((ms - scaleStart) / span) * (1 - scaleLeft) : scaleLeft;
  const bars = usable.map((hop): WaterfallBar => {
    const isCut = isCutShort && hop === trigger;
    const left = isCut ? 0 : place(hop.at_ms);
    return {
      name: hop.name,
      words: hopWords[hop.name] ?? hop.name,
      atMs: hop.at_ms,
      ms: hop.ms,
      left,
      width: isCut ? cutWidth : Math.max(0, place(hop.at_ms + hop.ms) - left),
      isCutShort: isCut,
    };
  });
  const ticks = tickSteps(span).map((ms) => ({ ms, left: place(scaleStart + ms) }));
  return { bars, ticks, totalMs: end - start, longest: longest?.name };
}

/** Round numbers from 0 to `span`, at most six. */
function tickSteps(span: number): number[] {
  if (!(span > 0)) return [0];
  const raw = span / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? raw;
  return Array.from({ length: Math.floor(span / step + 1e-9) + 1 }, (_, index) => index * step);
}
