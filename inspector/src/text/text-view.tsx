// Inspector page: a text of any length as numbered lines, with a search; only the visible lines are drawn.
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useMemo, useState } from 'preact/hooks';
import { useVirtualList } from '../list/use-virtual-list.ts';
import { TextSearch } from './find-text.ts';
import { SearchField } from './search-field.tsx';
import { mostColumns, TextLines } from './text-lines.ts';
import { VisibleText } from './visible-text.tsx';

const leastColumns = 30;
/** Of the monospaced font, about. */
const characterWidth = 7.4;
/** Of the column with the numbers of the lines, and the scroll bar. */
const numberWidth = 84;

interface TextViewProps {
  readonly text: string;
  readonly label: string;
  /** Beside the search. */
  readonly tools?: ComponentChildren;
}

export function TextView({ text, label, tools }: TextViewProps): VNode {
  const [columns, setColumns] = useState(mostColumns);
  const lines = useMemo(() => new TextLines(text, columns), [text, columns]);
  const [wanted, setWanted] = useState('');
  const [match, setMatch] = useState(0);
  const searched = useMemo(() => new TextSearch(text), [text]);
  const matches = searched.find(wanted);
  const list = useVirtualList(lines.length, 20);
  const { first, end, top, height } = list.shown;
  useLayoutEffect(() => {
    const fitting = Math.floor(((list.view.current?.clientWidth ?? 0) - numberWidth) / characterWidth);
    setColumns(Math.max(leastColumns, Math.min(mostColumns, fitting)));
  }, []);
  const goTo = (index: number, among: readonly number[]) => {
    setMatch(index);
    const offset = among[index];
    if (offset !== undefined) list.showFromTop(lines.lineAt(offset));
  };
  const search = (value: string) => {
    setWanted(value);
    goTo(0, searched.find(value));
  };
  const current = matches[match];
  const currentLine = current === undefined ? undefined : lines.lineAt(current);
  return (
    <div class="viewer">
      <div class="viewer-bar">
        <SearchField
          label={`Search in ${label}`}
          value={wanted}
          search={search}
          at={match}
          count={matches.length}
          goTo={(index) => goTo(index, matches)}
        />
        {tools}
      </div>
      <div
        class="viewer-lines text-lines"
        ref={list.view}
        onScroll={list.onScroll}
        tabIndex={0}
        role="region"
        aria-label={label}
      >
        <div class="viewer-sheet" style={{ height: `${height}px` }}>
          <div class="viewer-shown" style={{ transform: `translateY(${top}px)` }}>
            {Array.from({ length: end - first }, (_, offset) => {
              const index = first + offset;
              return (
                <div key={index} class={index === currentLine ? 'text-line is-current' : 'text-line'}>
                  <span class="text-number" aria-hidden="true">
                    {lines.isContinued(index) ? '↪' : index + 1}
                  </span>
                  <VisibleText text={lines.line(index)} marked={wanted.toLowerCase()} />
                </div>
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}
