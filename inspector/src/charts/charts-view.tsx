// Inspector page: rate and duration of a function's invocations, or of all, as charts and as a table.
import type { VNode } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { useThrottled } from '../state/use-throttled.ts';
import { count, duration, plural } from '../text/quantities.ts';
import { visibleText } from '../text/visible.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { DurationChart, RateChart } from './plots.tsx';
import { type FunctionFigures, figures, series, windowUntil } from './series.ts';

const spans = [
  { minutes: 1, label: '1 minute', bucketMs: 1000, bucketWords: 'second' },
  { minutes: 5, label: '5 minutes', bucketMs: 5000, bucketWords: '5 seconds' },
  { minutes: 15, label: '15 minutes', bucketMs: 15_000, bucketWords: '15 seconds' },
  { minutes: 60, label: '1 hour', bucketMs: 60_000, bucketWords: 'minute' },
  { minutes: 360, label: '6 hours', bucketMs: 300_000, bucketWords: '5 minutes' },
  { minutes: 1440, label: '1 day', bucketMs: 1_200_000, bucketWords: '20 minutes' },
] as const;

const refreshMs = 1000;

export function ChartsView(): VNode {
  const model = useModel();
  const { items } = useThrottled(model.rows, refreshMs);
  const { filter } = useStore(model.place);
  const [minutes, setMinutes] = useState(5);
  const { bucketMs, bucketWords } = spans.find((span) => span.minutes === minutes) ?? spans[1];
  const [isLogarithmic, setIsLogarithmic] = useState(false);
  const now = useNow();
  const spanMs = minutes * 60_000;
  const window = windowUntil(now, spanMs, spanMs / bucketMs);
  const name = filter.function;
  const shown = useMemo(() => series(items, window, name), [items, window.fromMs, spanMs, name]);
  const rows = useMemo(() => figures(items, window, now), [items, window.fromMs, spanMs]);
  const choose = (chosen: string | undefined) => {
    const { function: _, ...rest } = model.place.value.filter;
    model.go({ filter: chosen === undefined ? rest : { ...rest, function: chosen } });
  };
  const own = name === undefined ? undefined : rows.find((row) => row.function === name);
  return (
    <section class="view charts-view" aria-labelledby="charts-title">
      <header class="view-head">
        <h2 id="charts-title">Charts</h2>
        <label>
          Function{' '}
          <select
            class="select"
            value={name ?? ''}
            onChange={(event) => choose(event.currentTarget.value || undefined)}
          >
            <option value="">All functions</option>
            {namesOf(model.live.snapshot.value?.functions ?? [], rows, name).map((each) => (
              <option key={each} value={each}>
                {visibleText(each)}
              </option>
            ))}
          </select>
        </label>
        <label>
          Last{' '}
          <select
            class="select"
            value={minutes}
            onChange={(event) => setMinutes(Number(event.currentTarget.value))}
          >
            {spans.map((span) => (
              <option key={span.minutes} value={span.minutes}>
                {span.label}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={isLogarithmic}
            onChange={(event) => setIsLogarithmic(event.currentTarget.checked)}
          />
          Logarithmic durations
        </label>
      </header>
      <div class="plots">
        <RateChart series={shown} bucketWords={bucketWords} label={rateWords(name, rows, own)} />
        <DurationChart series={shown} isLogarithmic={isLogarithmic} label={durationWords(name, own)} />
      </div>
      <FiguresTable rows={rows} chosen={name} choose={choose} />
    </section>
  );
}

function FiguresTable({
  choose,
  chosen,
  rows,
}: {
  rows: readonly FunctionFigures[];
  chosen: string | undefined;
  choose: (name: string | undefined) => void;
}): VNode {
  if (rows.length === 0) return <p class="hint">Nothing was invoked in this time.</p>;
  return (
    <section class="table-scroll" aria-label="Figures per function">
      <table class="figures">
        <thead>
          <tr>
            <th scope="col">Function</th>
            {['Invocations', 'Failed', 'Per minute', 'Median', '95 %', 'Slowest'].map((head) => (
              <th key={head} scope="col" class="number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.function} class={row.function === chosen ? 'chosen' : ''}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  aria-pressed={row.function === chosen}
                  onClick={() => choose(row.function === chosen ? undefined : row.function)}
                >
                  <VisibleText text={row.function} />
                </button>
              </th>
              <td class="number">{count(row.count)}</td>
              <td class={row.failed > 0 ? 'number failed' : 'number'}>{count(row.failed)}</td>
              <td class="number">
                {row.perMinute < 10 ? row.perMinute.toFixed(1) : count(Math.round(row.perMinute))}
              </td>
              {[row.median, row.p95, row.slowest].map((ms, index) => (
                <td key={['median', 'p95', 'slowest'][index]} class="number">
                  {ms === undefined ? '' : duration(ms)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Served ones, those with invocations, and the chosen one. */
function namesOf(
  served: readonly { readonly name: string }[],
  rows: readonly FunctionFigures[],
  chosen: string | undefined,
): string[] {
  const names = new Set([...served.map((each) => each.name), ...rows.map((row) => row.function)]);
  if (chosen !== undefined) names.add(chosen);
  return [...names].sort();
}

function rateWords(
  name: string | undefined,
  rows: readonly FunctionFigures[],
  own: FunctionFigures | undefined,
): string {
  const all = name === undefined ? rows : own ? [own] : [];
  const sum = (of: (row: FunctionFigures) => number) => all.reduce((total, row) => total + of(row), 0);
  return `Invocations over time: ${plural(
    sum((row) => row.count),
    'invocation',
  )}, ${count(sum((row) => row.failed))} failed`;
}

function durationWords(name: string | undefined, own: FunctionFigures | undefined): string {
  if (name === undefined) return 'Durations over time, of all functions; the table has each one’s';
  if (own?.median === undefined) return 'Durations over time: none';
  return `Durations over time: median ${duration(own.median)}, 95 % ${duration(own.p95 ?? 0)}, slowest ${duration(own.slowest ?? 0)}`;
}

/** Milliseconds since the epoch, each second while the page is seen. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setNow(Date.now());
    }, refreshMs);
    return () => clearInterval(timer);
  }, []);
  return now;
}
