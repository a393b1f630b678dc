// Inspector page: a search in a text: how many places, and the way from one to the next.
import type { VNode } from 'preact';
import { mostMatches } from './find-text.ts';
import { Icon } from './icon.tsx';
import { count as numberText } from './quantities.ts';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly search: (value: string) => void;
  /** The place that is shown, from 0, and how many there are. */
  readonly at: number;
  readonly count: number;
  readonly goTo: (index: number) => void;
}

export function SearchField({ label, value, search, at, count, goTo }: SearchFieldProps): VNode {
  const step = (by: number) => {
    if (count > 0) goTo((at + by + count) % count);
  };
  const total = count === mostMatches ? `${numberText(count)}+` : numberText(count);
  return (
    <div class="viewer-search">
      <label class="search-field small">
        <Icon name="search" />
        <span class="unseen">{label}</span>
        <input
          type="search"
          placeholder="Search"
          value={value}
          onInput={(event) => search(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') step(event.shiftKey ? -1 : 1);
            else if (event.key === 'Escape' && value !== '') search('');
            else return;
            event.preventDefault();
            event.stopPropagation();
          }}
        />
      </label>
      {value !== '' && (
        <>
          <span class="match-count" role="status">
            {count === 0 ? 'not found' : `${numberText(at + 1)} of ${total}`}
          </span>
          <button
            type="button"
            class="button icon-only"
            title="Previous (Shift+Enter)"
            disabled={count === 0}
            onClick={() => step(-1)}
          >
            <Icon name="up" />
            <span class="unseen">Previous</span>
          </button>
          <button
            type="button"
            class="button icon-only"
            title="Next (Enter)"
            disabled={count === 0}
            onClick={() => step(1)}
          >
            <Icon name="down" />
            <span class="unseen">Next</span>
          </button>
        </>
      )}
    </div>
  );
}
