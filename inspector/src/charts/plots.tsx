// Inspector page: the two charts: invocations in bars, durations in lines and points.
import type { VNode } from 'preact';
import { count, duration } from '../text/quantities.ts';
import { Plot } from './plot.tsx';
import { countScale, linearScale, logScale } from './scales.ts';
import type { Series } from './series.ts';

interface RateChartProps {
  readonly series: Series;
  /** E.g. `second`. */
  readonly bucketWords: string;
  readonly label: string;
}

export function RateChart({ bucketWords, label, series }: RateChartProps): VNode {
  const all = series.at.map((_, index) => (series.ok[index] ?? 0) + (series.failed[index] ?? 0));
  return (
    <Plot
      title={`Invocations per ${bucketWords}`}
      label={label}
      at={series.at}
      kinds={[
        { name: 'all', style: 'all', form: 'bars', values: all },
        { name: 'failed', style: 'failed', form: 'bars', values: series.failed },
      ]}
      scale={countScale(Math.max(...all), 5)}
      words={count}
    />
  );
}

interface DurationChartProps {
  readonly series: Series;
  readonly isLogarithmic: boolean;
  readonly label: string;
}

export function DurationChart({ isLogarithmic, label, series }: DurationChartProps): VNode {
  const { median, p95, slowest } = series;
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const highest = Math.max(0, ...known(slowest));
  const scale = isLogarithmic
    ? logScale(Math.min(highest, ...known(median)), highest)
    : linearScale(highest, 5);
  return (
    <Plot
      title="Duration"
      label={label}
      at={series.at}
      kinds={[
        { name: 'slowest', style: 'slowest', form: 'points', values: slowest },
        { name: '95 %', style: 'p95', form: 'line', values: p95 },
        { name: 'median', style: 'median', form: 'line', values: median },
      ]}
      scale={scale}
      words={duration}
    />
  );
}
