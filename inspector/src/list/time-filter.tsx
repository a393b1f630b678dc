// Inspector page: the time range of the filter: until now, or from one time to another.
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Filter } from '../state/filter.ts';

type Change = { last?: number | undefined; since?: string | undefined; until?: string | undefined };

const ranges = [
  [5, 'Last 5 minutes'],
  [15, 'Last 15 minutes'],
  [60, 'Last hour'],
  [1440, 'Last 24 hours'],
] as const;

export function TimeFilter({ filter, set }: { filter: Filter; set: (change: Change) => void }): VNode {
  const isRange = filter.since !== undefined || filter.until !== undefined;
  const [isCustom, setIsCustom] = useState(isRange);
  const value = isCustom || isRange ? 'custom' : filter.last === undefined ? '' : String(filter.last);
  const choose = (chosen: string) => {
    setIsCustom(chosen === 'custom');
    if (chosen === 'custom') set({ last: undefined });
    else set({ last: chosen === '' ? undefined : Number(chosen), since: undefined, until: undefined });
  };
  const isOther = filter.last !== undefined && !ranges.some(([minutes]) => minutes === filter.last);
  return (
    <>
      <select
        aria-label="Time"
        class={value === '' ? 'select' : 'select is-set'}
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <option value="">Any time</option>
        {ranges.map(([minutes, label]) => (
          <option key={minutes} value={minutes}>
            {label}
          </option>
        ))}
        {isOther && <option value={filter.last}>Last {filter.last} minutes</option>}
        <option value="custom">From … to …</option>
      </select>
      {value === 'custom' && (
        <>
          <input
            type="datetime-local"
            step="1"
            aria-label="From"
            class={filter.since === undefined ? 'time-input' : 'time-input is-set'}
            value={local(filter.since)}
            onChange={(event) => set({ since: iso(event.currentTarget.value) })}
          />
          <input
            type="datetime-local"
            step="1"
            aria-label="To"
            class={filter.until === undefined ? 'time-input' : 'time-input is-set'}
            value={local(filter.until)}
            onChange={(event) => set({ until: iso(event.currentTarget.value) })}
          />
        </>
      )}
    </>
  );
}

/** As the field has it: local time without a zone. */
function local(text: string | undefined): string {
  if (text === undefined) return '';
  const date = new Date(text);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function iso(value: string): string | undefined {
  const date = new Date(value);
  return value === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
