// Inspector page: a chart over time, drawn as SVG; the pointer shows the figures of a bucket.
import type { VNode } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useWidth } from '../state/use-width.ts';
import { clockTime } from '../text/quantities.ts';
import { type Scale, timeScale } from './scales.ts';

export interface Kind {
  readonly name: string;
  /** Of charts.css: `chart-STYLE`. */
  readonly style: string;
  readonly form: 'bars' | 'line' | 'points';
  readonly values: readonly (number | null)[];
}

interface PlotProps {
  readonly title: string;
  /** What a screen reader says of it; the table below has the figures. */
  readonly label: string;
  /** Beginnings of the buckets, in seconds since the epoch. */
  readonly at: readonly number[];
  readonly kinds: readonly Kind[];
  readonly scale: Scale;
  readonly words: (value: number) => string;
}

const height = 200;
const margin = { top: 8, right: 8, bottom: 22, left: 56 };
const inner = height - margin.top - margin.bottom;
/** Room for a time of day. */
const tickWidth = 72;

export function Plot({ at, kinds, label, scale, title, words }: PlotProps): VNode {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const [pointed, setPointed] = useState<number | undefined>();
  const from = (at[0] ?? 0) * 1000;
  const bucketMs = ((at[1] ?? 1) - (at[0] ?? 0)) * 1000;
  const to = from + at.length * bucketMs;
  const across = Math.max(1, width - margin.left - margin.right);
  const step = across / at.length;
  const time = timeScale(from, to, Math.floor(across / tickWidth), new Date(to).getTimezoneOffset() * 60_000);
  const y = (value: number) => round(margin.top + inner * (1 - Math.min(1, Math.max(0, scale.place(value)))));
  const x = (index: number) => round(margin.left + index * step);
  const point = (event: PointerEvent & { currentTarget: Element }) => {
    const index = Math.floor(
      (event.clientX - event.currentTarget.getBoundingClientRect().left - margin.left) / step,
    );
    setPointed(index >= 0 && index < at.length ? index : undefined);
  };
  return (
    <figure class="plot">
      <figcaption>
        <strong>{title}</strong>
        <span class="plot-legend" aria-hidden="true">
          {kinds.map(({ name, style, values }) => {
            const value = pointed === undefined ? null : values[pointed];
            return (
              <span key={name} class={`legend-item chart-${style}`}>
                {name}
                {typeof value === 'number' ? <b>{words(value)}</b> : null}
              </span>
            );
          })}
          {pointed === undefined ? null : <span>{clock((at[pointed] ?? 0) * 1000, 8)}</span>}
        </span>
      </figcaption>
      <div ref={place} class="plot-place">
        <svg
          width={width}
          height={height}
          role="img"
          aria-label={label}
          onPointerMove={point}
          onPointerDown={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          {scale.ticks.map((value) => (
            <g key={value} class="plot-tick">
              <path d={`M${margin.left} ${y(value)}H${width - margin.right}`} />
              <text x={margin.left - 8} y={y(value) + 4} text-anchor="end">
                {words(value)}
              </text>
            </g>
          ))}
          {time.ticks.map((value) => {
            const left = round(margin.left + time.place(value) * across);
            const isInside = left > margin.left + 20 && left < width - 20;
            return (
              <g key={value} class="plot-tick">
                <path d={`M${left} ${margin.top}V${height - margin.bottom}`} />
                {isInside ? (
                  <text x={left} y={height - 6} text-anchor="middle">
                    {clock(value, bucketMs < 15_000 ? 8 : 5)}
                  </text>
                ) : null}
              </g>
            );
          })}
          {pointed === undefined ? null : (
            <rect class="plot-pointed" x={x(pointed)} y={margin.top} width={step} height={inner} />
          )}
          {kinds.map((kind) => (
            <path
              key={kind.name}
              class={`plot-${kind.form} chart-${kind.style}`}
              d={pathOf(kind, { x, y, step, bottom: height - margin.bottom })}
            />
          ))}
        </svg>
      </div>
    </figure>
  );
}

interface Places {
  readonly x: (index: number) => number;
  readonly y: (value: number) => number;
  readonly step: number;
  readonly bottom: number;
}

function pathOf({ form, values }: Kind, { bottom, step, x, y }: Places): string {
  const parts: string[] = [];
  let isDrawn = false;
  for (const [index, value] of values.entries()) {
    if (value === null || (form === 'bars' && value === 0)) {
      isDrawn = false;
      continue;
    }
    const middle = round(x(index) + step / 2);
    if (form === 'bars') {
      const bar = round(Math.max(1, step * 0.8));
      // One that is not 0 is always seen.
      const top = Math.min(y(value), bottom - 1);
      parts.push(`M${round(middle - bar / 2)} ${bottom}V${top}h${bar}V${bottom}z`);
    } else if (form === 'points') parts.push(dot(middle, y(value)));
    // A value without neighbours would have no line.
    else if (!isDrawn && (values[index + 1] ?? null) === null) parts.push(dot(middle, y(value)));
    else parts.push(`${isDrawn ? 'L' : 'M'}${middle} ${y(value)}`);
    isDrawn = true;
  }
  return parts.join('');
}

/** A line without length, which round ends make a dot. */
function dot(x: number, y: number): string {
  return `M${x} ${y}h0`;
}

function clock(ms: number, digits: 5 | 8): string {
  return clockTime(new Date(ms).toISOString()).slice(0, digits);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
