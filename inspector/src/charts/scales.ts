// Inspector page: the axes of the charts: where a value is, and which round values are written beside it.

export interface Scale {
  /** 0 at the beginning of the axis, 1 at its end; outside for values beyond it. */
  readonly place: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From 0 to a little above the highest value. */
export function linearScale(highest: number, mostTicks: number): Scale {
  const end = (highest > 0 ? highest : 1) * 1.08;
  const step = roundStep(end / mostTicks);
  return { place: (value) => value / end, ticks: multiples(0, end, step) };
}

/** Whole numbers only. */
export function countScale(highest: number, mostTicks: number): Scale {
  const end = Math.max(1, highest) * 1.08;
  const step = Math.max(1, roundStep(end / mostTicks));
  return { place: (value) => value / end, ticks: multiples(0, end, step) };
}

/** Between the powers of ten around the values; a tick at each, at most three decades apart. */
export function logScale(lowest: number, highest: number): Scale {
  const from = Math.floor(Math.log10(Math.max(lowest, 0.1)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(highest, 0.1))));
  const step = Math.ceil((to - from) / 6);
  const ticks: number[] = [];
  for (let power = from; power <= to; power += step) ticks.push(10 ** power);
  return { place: (value) => (Math.log10(Math.max(value, 10 ** from)) - from) / (to - from), ticks };
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const timeSteps = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minute),
  ...[1, 2, 3, 6, 12, 24].map((count) => count * hour),
];

/** Times in milliseconds; ticks at round times of the clock, `offsetMs` behind UTC. */
export function timeScale(from: number, to: number, mostTicks: number, offsetMs: number): Scale {
  const span = Math.max(1, to - from);
  const step = timeSteps.find((size) => span / size <= mostTicks) ?? 24 * hour;
  const ticks = multiples(from - offsetMs, to - offsetMs, step).map((time) => time + offsetMs);
  return { place: (time) => (time - from) / span, ticks };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => (first + index) * step);
}
