// Inspector page: the list of invocations, of which only the visible rows are drawn.
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { InvocationSummary } from '../../../cli/src/recordings/recording.ts';
import { useShortcut } from '../keyboard/use-shortcut.ts';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { Icon } from '../text/icon.tsx';
import { plural } from '../text/quantities.ts';
import { EmptyList } from './empty-list.tsx';
import { InvocationRow, rowId } from './invocation-row.tsx';
import { narrow, useMedia } from './use-media.ts';
import { useVirtualList } from './use-virtual-list.ts';

const headHeight = 28;

export function InvocationList({ rows }: { rows: readonly InvocationSummary[] }): VNode {
  const model = useModel();
  const isNarrow = useMedia(narrow);
  const openKey = useStore(model.place, (place) => place.key);
  const cursor = useStore(model.cursor);
  // What is being looked at stays in sight while others arrive.
  const indexes = useMemo(() => new RowIndexes(rows, openKey), [rows, openKey]);
  const list = useVirtualList(rows.length, isNarrow ? 58 : 30, indexes, isNarrow ? 0 : headHeight);
  const { first, end, top, height } = list.shown;
  const newRows = useNewRows(rows, first);

  const at = cursor === undefined ? undefined : indexes.indexOf(cursor);
  const move = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return false;
    model.cursor.set(row.key);
    if (openKey !== undefined && !isNarrow) model.open(row.key);
    list.show(indexes.indexOf(row.key) ?? 0);
    return true;
  };
  const step = (by: number) => (at === undefined ? move(by > 0 ? 0 : rows.length - 1) : move(at + by));
  // In a detail, arrows scroll it, or move in its own lists.
  const isElsewhere = () => {
    const active = document.activeElement;
    return active !== null && active !== document.body && active !== list.view.current;
  };
  useShortcut('j ArrowDown', 'List', 'Next invocation', (event) => {
    if (event.key === 'ArrowDown' && isElsewhere()) return false;
    return step(1);
  });
  useShortcut('k ArrowUp', 'List', 'Previous invocation', (event) => {
    if (event.key === 'ArrowUp' && isElsewhere()) return false;
    return step(-1);
  });
  useShortcut('PageDown', 'List', 'A page down', () => !isElsewhere() && step(list.page));
  useShortcut('PageUp', 'List', 'A page up', () => !isElsewhere() && step(-list.page));
  useShortcut('g Home', 'List', 'Newest invocation', (event) =>
    event.key === 'Home' && isElsewhere() ? false : move(0),
  );
  useShortcut('G End', 'List', 'Oldest invocation', (event) =>
    event.key === 'End' && isElsewhere() ? false : move(rows.length - 1),
  );
  useShortcut('Enter', 'List', 'Show the invocation', () => {
    if (cursor === undefined || isElsewhere()) return false;
    model.open(cursor);
    model.focusDetail();
    return true;
  });

  // What was chosen elsewhere (a replay's new row, the back button) is scrolled to.
  const shownCursor = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (cursor === undefined || shownCursor.current === cursor) return;
    const index = indexes.indexOf(cursor);
    // The list may not have been loaded yet.
    if (index === undefined) return;
    shownCursor.current = cursor;
    list.show(index);
  });

  const filter = useStore(model.place, (place) => place.filter);
  const shownFilter = useRef(filter);
  useEffect(() => {
    if (shownFilter.current === filter) return;
    shownFilter.current = filter;
    const index = cursor === undefined ? undefined : indexes.indexOf(cursor);
    if (index === undefined) list.toTop();
    else list.show(index);
  });

  return (
    <div class="list-frame">
      <div
        id="list"
        class="list"
        role="grid"
        aria-label="Invocations"
        aria-rowcount={rows.length + 1}
        aria-activedescendant={at !== undefined && cursor !== undefined ? rowId(cursor) : undefined}
        tabIndex={0}
        ref={list.view}
        onScroll={list.onScroll}
      >
        <div class="list-head" role="row" aria-rowindex={1}>
          {columns.map(([name, label]) => (
            <div key={name} class={`cell ${name}`} role="columnheader">
              {label}
            </div>
          ))}
        </div>
        <div class="list-sheet" role="rowgroup" style={{ height: `${height}px` }}>
          <div class="list-shown" role="presentation" style={{ transform: `translateY(${top}px)` }}>
            {rows.slice(first, end).map((row, index) => (
              <InvocationRow
                key={row.key}
                row={row}
                index={first + index}
                isSelected={row.key === openKey}
                isCursor={row.key === cursor}
                open={(key) => model.open(key)}
              />
            ))}
          </div>
        </div>
      </div>
      {rows.length === 0 && <EmptyList />}
      {newRows > 0 && (
        <button type="button" class="button new-rows" onClick={() => move(0)}>
          <Icon name="up" />
          {plural(newRows, 'new invocation')}
        </button>
      )}
    </div>
  );
}

const columns = [
  ['time', 'Time'],
  ['status', 'Status'],
  ['function', 'Function'],
  ['trigger', 'Trigger'],
  ['start', 'Start'],
  ['duration', 'Duration'],
] as const;

/** How many came in while the top of the list was out of sight. */
function useNewRows(rows: readonly InvocationSummary[], first: number): number {
  const newestSeen = useRef<string | undefined>(undefined);
  if (first === 0 || newestSeen.current === undefined) newestSeen.current = rows[0]?.key;
  const seen = newestSeen.current ?? '';
  let count = 0;
  while (count < first && (rows[count]?.key ?? '') > seen) count++;
  return count;
}

/** Rows are sorted by key, newest first. */
class RowIndexes {
  readonly #rows: readonly InvocationSummary[];
  readonly pinned: string | undefined;

  constructor(rows: readonly InvocationSummary[], pinned: string | undefined) {
    this.#rows = rows;
    this.pinned = pinned;
  }

  nameAt(index: number): string | undefined {
    return this.#rows[index]?.key;
  }

  indexOf(key: string): number | undefined {
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#rows[middle]?.key ?? '') > key) low = middle + 1;
      else high = middle;
    }
    return this.#rows[low]?.key === key ? low : undefined;
  }
}
