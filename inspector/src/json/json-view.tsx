// Inspector page: JSON as a tree with a search; only the visible lines are drawn.
import type { ComponentChildren, VNode } from 'preact';
import { useId, useMemo, useReducer, useState } from 'preact/hooks';
import { useVirtualList } from '../list/use-virtual-list.ts';
import { CopyButton } from '../text/copy-button.tsx';
import { TextWindow } from '../text/cut-text.tsx';
import { TextSearch } from '../text/find-text.ts';
import { SearchField } from '../text/search-field.tsx';
import { decodeString, type JsonDocument, pathOf } from './json-document.ts';
import { JsonLine } from './json-line.tsx';
import { JsonTree, type TreeValue } from './json-tree.ts';

interface JsonViewProps {
  readonly document: JsonDocument;
  readonly label: string;
  /** JSON pointers of masked values. */
  readonly masked?: readonly string[] | undefined;
  /** Beside the search. */
  readonly tools?: ComponentChildren;
}

export function JsonView({ document, label, masked, tools }: JsonViewProps): VNode {
  const id = useId();
  const tree = useMemo(() => new JsonTree(document, masked), [document, masked]);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const [cursor, setCursor] = useState<TreeValue | undefined>();
  const [opened, setOpened] = useState<TreeValue | undefined>();
  const search = useSearch(tree, (at) => show(at));
  const list = useVirtualList(tree.length, 20);
  const { first, end, top, height } = list.shown;

  const moveTo = (index: number) => {
    const line = tree.line(Math.max(0, Math.min(tree.length - 1, index)));
    setCursor({ document: line.document, value: line.value });
    list.show(Math.max(0, Math.min(tree.length - 1, index)));
  };
  const change = (expand: () => void) => {
    expand();
    redraw(undefined);
  };
  const toggle = (at: TreeValue) => {
    setCursor(at);
    change(() => tree.toggle(at));
  };
  const show = (at: TreeValue) => {
    setCursor(at);
    change(() => tree.reveal(at));
    // The list has its new length only after it has been drawn.
    requestAnimationFrame(() => list.showFromTop(tree.indexOf(at) ?? 0));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const chosen = cursor ?? { document: 0, value: 0 };
    const at = tree.indexOf(chosen) ?? 0;
    const actions: Record<string, () => void> = {
      ArrowDown: () => moveTo(cursor ? at + 1 : 0),
      ArrowUp: () => moveTo(at - 1),
      PageDown: () => moveTo(at + list.page),
      PageUp: () => moveTo(at - list.page),
      Home: () => moveTo(0),
      End: () => moveTo(tree.length - 1),
      ArrowRight: () =>
        tree.canExpand(chosen) && !tree.isExpanded(chosen) ? toggle(chosen) : moveTo(at + 1),
      ArrowLeft: () => {
        const parent = tree.parentOf(chosen);
        if (tree.isExpanded(chosen)) toggle(chosen);
        else if (parent) moveTo(tree.indexOf(parent) ?? 0);
      },
      Enter: () => tree.canExpand(chosen) && toggle(chosen),
      ' ': () => tree.canExpand(chosen) && toggle(chosen),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
  const lineId = (index: number) => `${id}-${index}`;
  const cursorIndex = cursor && tree.indexOf(cursor);
  const isDrawn = cursorIndex !== undefined && cursorIndex >= first && cursorIndex < end;

  return (
    <div class="viewer">
      <div class="viewer-bar">
        <SearchField label={`Search in ${label}`} {...search} />
        <button type="button" class="button plain" onClick={() => change(() => tree.expandAll())}>
          Expand all
        </button>
        <button type="button" class="button plain" onClick={() => change(() => tree.collapseAll())}>
          Collapse
        </button>
        {tools}
      </div>
      <div
        class="viewer-lines json-lines"
        role="tree"
        aria-label={label}
        aria-activedescendant={isDrawn ? lineId(cursorIndex) : undefined}
        tabIndex={0}
        ref={list.view}
        onScroll={list.onScroll}
        onKeyDown={onKeyDown}
      >
        <div class="viewer-sheet" role="presentation" style={{ height: `${height}px` }}>
          <div class="viewer-shown" role="presentation" style={{ transform: `translateY(${top}px)` }}>
            {Array.from({ length: end - first }, (_, offset) => {
              const index = first + offset;
              const line = tree.line(index);
              const isCursor = line.document === cursor?.document && line.value === cursor.value;
              return (
                <JsonLine
                  key={`${line.document} ${line.value}`}
                  id={lineId(index)}
                  tree={tree}
                  line={line}
                  isCursor={isCursor}
                  isMasked={tree.isMasked(line)}
                  marked={search.value.toLowerCase()}
                  toggle={() => toggle(line)}
                  select={() => setCursor({ document: line.document, value: line.value })}
                  showAll={() => setOpened(line)}
                />
              );
            })}
          </div>
        </div>
      </div>
      {cursor && <CursorBar tree={tree} at={cursor} />}
      {document.isCut && <p class="viewer-note">Only the start of it was recorded.</p>}
      {opened && (
        <TextWindow
          text={textOf(tree, opened)}
          title={pathOf(tree.document(opened.document), opened.value) || label}
          close={() => setOpened(undefined)}
        />
      )}
    </div>
  );
}

/** The path of the chosen value, and what can be copied of it. */
function CursorBar({ tree, at }: { tree: JsonTree; at: TreeValue }): VNode | null {
  const path = pathOf(tree.document(at.document), at.value);
  if (path === '') return null;
  return (
    <div class="cursor-bar">
      <code class="cursor-path" title={path.slice(0, 1000)}>
        {path.slice(0, 300)}
      </code>
      <CopyButton what="path" text={() => path}>
        Path
      </CopyButton>
      <CopyButton what="value" text={() => textOf(tree, at)}>
        Value
      </CopyButton>
    </div>
  );
}

/** A string without its quotes and escapes; anything else as it is written. */
function textOf(tree: JsonTree, at: TreeValue): string {
  const { text, kind, start, end } = tree.document(at.document);
  const written = text.slice(start(at.value), end(at.value));
  return kind(at.value) === 'string' ? decodeString(written) : written;
}

/** In the whole text, as it is written. */
function useSearch(tree: JsonTree, show: (at: TreeValue) => void) {
  const [value, setValue] = useState('');
  const [at, setAt] = useState(0);
  const { text } = tree.document(0);
  const searched = useMemo(() => new TextSearch(text), [text]);
  const matches = searched.find(value);
  const goToOne = (index: number, among: readonly number[]) => {
    setAt(index);
    const offset = among[index];
    if (offset !== undefined) show(tree.valueAtOffset(offset));
  };
  return {
    value,
    at,
    count: matches.length,
    search: (wanted: string) => {
      setValue(wanted);
      goToOne(0, searched.find(wanted));
    },
    goTo: (index: number) => goToOne(index, matches),
  };
}
