// Inspector page: follows how far a list is scrolled, and draws its component again only when other rows are visible.
import type { RefObject } from 'preact';
import { useCallback, useLayoutEffect, useReducer, useRef } from 'preact/hooks';
import {
  scrollTopFor,
  scrollTopToShow,
  topRow,
  type VirtualList,
  type VirtualWindow,
  virtualWindow,
} from './virtual-window.ts';

export interface UsedVirtualList {
  /** Of the element that scrolls. */
  readonly view: RefObject<HTMLDivElement>;
  readonly onScroll: () => void;
  readonly shown: VirtualWindow;
  /** Rows that fit. */
  readonly page: number;
  /** Scrolls only if the row is not visible. */
  show(index: number): void;
  /** Scrolls so that the row is in the upper third, where what follows it is visible. */
  showFromTop(index: number): void;
  toTop(): void;
}

function isVisible(list: VirtualList, index: number, scrollTop: number): boolean {
  return scrollTopToShow(list, index, scrollTop) === undefined;
}

/**
 * `anchor` is what keeps its place when rows are added or removed before it: it has the name of a row, and where a name is
 * now. At the top the list follows what is new instead.
 */
export interface Anchor {
  nameAt(index: number): string | undefined;
  indexOf(name: string): number | undefined;
  /** The row that keeps its place instead of the topmost one, while it is visible. */
  readonly pinned?: string | undefined;
}

/** `coveredHeight`: of a head that stays at the top of the view. */
export function useVirtualList(
  count: number,
  rowHeight: number,
  anchor?: Anchor,
  coveredHeight = 0,
): UsedVirtualList {
  const view = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((times: number) => times + 1, 0);
  const viewHeight = useRef(600);
  const scrollTop = useRef(0);
  /** The topmost row and how much of it is hidden, as of the last scrolling. */
  const held = useRef<{ name: string; hidden: number } | undefined>(undefined);
  const list = { count, rowHeight, viewHeight: viewHeight.current };

  // Before anything is drawn, so that the right rows are.
  const kept = held.current;
  const index = kept && anchor?.indexOf(kept.name);
  if (kept && index !== undefined) scrollTop.current = scrollTopFor(list, index, -kept.hidden);
  const shown = virtualWindow(list, scrollTop.current);

  const drawn = useRef({ list, shown, anchor });
  drawn.current = { list, shown, anchor };

  const hold = () => {
    const { list, anchor } = drawn.current;
    const top = topRow(list, scrollTop.current);
    const pinned = anchor?.pinned;
    const index = pinned === undefined ? undefined : anchor?.indexOf(pinned);
    if (pinned !== undefined && index !== undefined && isVisible(list, index, scrollTop.current)) {
      held.current = { name: pinned, hidden: (top.index - index) * list.rowHeight + top.hidden };
      return;
    }
    const name = scrollTop.current <= 0 ? undefined : anchor?.nameAt(top.index);
    held.current = name === undefined ? undefined : { name, hidden: top.hidden };
  };

  const onScroll = useCallback(() => {
    if (!view.current) return;
    scrollTop.current = view.current.scrollTop;
    hold();
    const { list, shown } = drawn.current;
    const next = virtualWindow(list, scrollTop.current);
    if (next.first !== shown.first || next.end !== shown.end || next.top !== shown.top) redraw(undefined);
  }, []);

  useLayoutEffect(() => {
    const element = view.current;
    if (!element) return;
    const measure = () => {
      const height = element.clientHeight - coveredHeight;
      if (height === viewHeight.current || height <= 0) return;
      viewHeight.current = height;
      redraw(undefined);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [coveredHeight]);

  useLayoutEffect(() => {
    const element = view.current;
    if (element && Math.abs(element.scrollTop - scrollTop.current) >= 1) {
      element.scrollTop = scrollTop.current;
      scrollTop.current = element.scrollTop;
    }
    hold();
  });

  const scrollTo = (top: number | undefined) => {
    if (top === undefined || !view.current) return;
    view.current.scrollTop = top;
    onScroll();
  };

  return {
    view,
    onScroll,
    shown,
    page: Math.max(1, Math.floor(viewHeight.current / rowHeight) - 1),
    show: (index) => scrollTo(scrollTopToShow(drawn.current.list, index, scrollTop.current)),
    toTop: () => scrollTo(0),
    showFromTop: (index) => {
      const { list } = drawn.current;
      if (scrollTopToShow(list, index, scrollTop.current) !== undefined)
        scrollTo(scrollTopFor(list, index, list.viewHeight / 3));
    },
  };
}
