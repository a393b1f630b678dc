// Inspector page: an invocation's hops, one below the other on a common axis.
import type { VNode } from 'preact';
import type { InvocationDetail } from '../../../cli/src/recordings/recording.ts';
import { duration } from '../text/quantities.ts';
import { type WaterfallBar, waterfall } from './waterfall-model.ts';

export function TimingTab({ detail }: { detail: InvocationDetail }): VNode {
  const { bars, longest, ticks, totalMs } = waterfall(detail.hops);
  return (
    <div class="timing">
      <table class="waterfall">
        <caption>
          {duration(totalMs)} from end to end
          {longest && bars.length > 1 ? `; longest here: ${wordsOf(bars, longest)}` : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">Stretch</th>
            <th scope="col" class="axis">
              <span class="unseen">Bar</span>
              <span aria-hidden="true">
                {ticks.map(({ left, ms }) => (
                  <span key={ms} class={left > 0.9 ? 'tick last' : 'tick'} style={{ left: percent(left) }}>
                    {duration(ms)}
                  </span>
                ))}
              </span>
            </th>
            <th scope="col" class="number">
              Time
            </th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.name} class={bar.name === longest ? 'longest' : ''}>
              <th scope="row">{bar.words}</th>
              <td class="track" aria-hidden="true">
                {ticks.map(({ left, ms }) => (
                  <span key={ms} class="grid-line" style={{ left: percent(left) }} />
                ))}
                <span class={barClass(bar)} style={{ left: percent(bar.left), width: percent(bar.width) }} />
              </td>
              <td class="number">{duration(bar.ms)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {bars.some((bar) => bar.isCutShort) ? (
        <p class="hint">
          The first bar is not to scale: it waited much longer than everything after it took.
        </p>
      ) : null}
      <Facts detail={detail} />
    </div>
  );
}

/** What neither the hops nor the head of the detail say. */
function Facts({ detail }: { detail: InvocationDetail }): VNode {
  const { remaining_ms: remaining } = detail.context;
  const facts: [string, string][] = [['Total, as reported', duration(detail.ms)]];
  if (detail.observed) facts.push(['Ran', 'in Lambda, not here']);
  else facts.push(['Worker', detail.init_ms === undefined ? 'warm' : 'started for it']);
  if (remaining !== undefined) facts.push(['Time left when it arrived', duration(remaining)]);
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The hops at a glance: one bar, widths in proportion. */
export function HopStrip({ detail, open }: { detail: InvocationDetail; open: () => void }): VNode | null {
  const { bars } = waterfall(detail.hops);
  if (bars.length === 0) return null;
  const words = bars.filter((bar) => bar.ms > 0).map((bar) => `${bar.words} ${duration(bar.ms)}`);
  return (
    <button type="button" class="hop-strip" onClick={open} title={words.join('\n')}>
      <span class="unseen">Timing: {words.join(', ')}</span>
      <span class="track" aria-hidden="true">
        {bars.map((bar) => (
          <span
            key={bar.name}
            class={barClass(bar)}
            style={{ left: percent(bar.left), width: percent(bar.width) }}
          />
        ))}
      </span>
    </button>
  );
}

function barClass({ isCutShort, ms, name }: WaterfallBar): string {
  return `bar hop-${name}${isCutShort ? ' cut-short' : ''}${ms === 0 ? ' none' : ''}`;
}

function wordsOf(bars: readonly WaterfallBar[], name: string): string {
  return bars.find((bar) => bar.name === name)?.words ?? name;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(3)}%`;
}
