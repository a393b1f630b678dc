// Inspector page: the filter above the list, and its pause.

import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { sourceKinds } from '../../../cli/src/session/source-kinds.ts';
import { useShortcut } from '../keyboard/use-shortcut.ts';
import { type Filter, isEmptyFilter, statuses } from '../state/filter.ts';
import { useModel } from '../state/page-model.ts';
import { defined } from '../state/place.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import { count, plural } from '../text/quantities.ts';
import { sourceWords } from '../text/source-words.ts';
import { visibleText } from '../text/visible.ts';
import { TimeFilter } from './time-filter.tsx';

const statusNames = { running: 'Running', ok: 'OK', error: 'Failed' };

/** `shown`: number of rows that the filter lets through. */
export function FilterBar({ shown }: { shown: number }): VNode {
  const model = useModel();
  const filter = useStore(model.place, (place) => place.filter);
  const { items } = useStore(model.rows);
  const functions = useFunctionNames();
  const search = useRef<HTMLInputElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const set = (change: { [Name in keyof Filter]: Filter[Name] | undefined }) =>
    model.go({ filter: defined({ ...filter, ...change }) as Filter });
  useShortcut('/', 'List', 'Search', () => search.current?.select() ?? search.current?.focus());
  const active = Object.keys(filter).filter((name) => name !== 'text').length;
  return (
    <search class={isOpen ? 'filter-bar is-open' : 'filter-bar'}>
      <label class="search-field">
        <Icon name="search" />
        <span class="unseen">Search in id, function, trigger and error</span>
        <input
          ref={search}
          type="search"
          placeholder="Search id, function, trigger, error"
          value={filter.text ?? ''}
          onInput={(event) => set({ text: event.currentTarget.value || undefined })}
          onKeyDown={(event) => {
            if (event.key !== 'Escape' && event.key !== 'Enter') return;
            event.preventDefault();
            event.stopPropagation();
            if (event.key === 'Escape' && filter.text) set({ text: undefined });
            else model.focusList();
          }}
        />
        <kbd>/</kbd>
      </label>
      <button
        type="button"
        class="button filter-toggle"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(!isOpen)}
      >
        Filter{active > 0 ? ` (${active})` : ''}
      </button>
      <div class="filter-fields">
        <Choice
          label="Function"
          all="All functions"
          value={filter.function}
          options={functions.map((name) => [name, visibleText(name)])}
          choose={(value) => set({ function: value })}
        />
        <Choice
          label="Status"
          all="Any status"
          value={filter.status}
          options={statuses.map((status) => [status, statusNames[status]])}
          choose={(value) => set({ status: statuses.find((status) => status === value) })}
        />
        <Choice
          label="Source"
          all="All sources"
          value={filter.source}
          options={sourceKinds.map((kind) => [kind, sourceWords[kind]])}
          choose={(value) => set({ source: sourceKinds.find((kind) => kind === value) })}
        />
        <TimeFilter filter={filter} set={set} />
        {!isEmptyFilter(filter) && (
          <button type="button" class="button plain" onClick={() => model.go({ filter: {} })}>
            Clear
          </button>
        )}
      </div>
      <span class="row-count" role="status">
        {shown === items.length ? plural(shown, 'invocation') : `${count(shown)} of ${count(items.length)}`}
      </span>
      <PauseButton />
    </search>
  );
}

function PauseButton(): VNode {
  const model = useModel();
  const { isPaused, waiting } = useStore(model.rows);
  const toggle = () => (isPaused ? model.rows.resume() : model.rows.pause());
  useShortcut('p', 'List', 'Pause or resume the list', toggle);
  return (
    <button
      type="button"
      class={isPaused ? 'button pause is-on' : 'button pause'}
      aria-pressed={isPaused}
      title={isPaused ? 'Resume: show new invocations (p)' : 'Pause: new invocations wait (p)'}
      onClick={toggle}
    >
      <Icon name={isPaused ? 'play' : 'pause'} />
      <span>{isPaused ? 'Paused' : 'Pause'}</span>
      {isPaused && <span class="count"> {count(waiting)} new</span>}
    </button>
  );
}

interface ChoiceProps {
  readonly label: string;
  /** For no choice. */
  readonly all: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly choose: (value: string | undefined) => void;
}

function Choice({ label, all, value, options, choose }: ChoiceProps): VNode {
  const isKnown = value === undefined || options.some(([option]) => option === value);
  return (
    <select
      aria-label={label}
      class={value === undefined ? 'select' : 'select is-set'}
      value={value ?? ''}
      onChange={(event) => choose(event.currentTarget.value || undefined)}
    >
      <option value="">{all}</option>
      {!isKnown && <option value={value}>{visibleText(value)}</option>}
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Of what is served, and of what is listed. */
function useFunctionNames(): readonly string[] {
  const model = useModel();
  const snapshot = useStore(model.live.snapshot);
  const { items } = useStore(model.rows);
  return useMemo(() => {
    const names = new Set(items.map((row) => row.function));
    for (const { name } of snapshot?.functions ?? []) names.add(name);
    return [...names].sort();
  }, [snapshot, items]);
}
