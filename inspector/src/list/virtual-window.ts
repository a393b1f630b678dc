// Inspector page: which rows of a long list are drawn. All rows have the same height.

export interface VirtualWindow {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** Where the first drawn row is, in pixels from the top of what is scrolled. */
  readonly top: number;
  /** Of what is scrolled, in pixels. */
  readonly height: number;
}

export interface VirtualList {
  readonly count: number;
  readonly rowHeight: number;
  readonly viewHeight: number;
}

/** Browsers stop at 17 million pixels (Firefox); beyond this, one pixel of the scroll bar stands for more than one of the list. */
export const mostHeight = 8_000_000;

/** Rows above and below what is visible. */
const spare = 6;

export function virtualWindow(list: VirtualList, scrollTop: number): VirtualWindow {
  const { count, rowHeight, viewHeight } = list;
  const full = count * rowHeight;
  const height = Math.min(full, mostHeight);
  const at = clamp(scrollTop, 0, Math.max(0, height - viewHeight));
  const exact = at * stretch(list);
  const first = clamp(Math.floor(exact / rowHeight) - spare, 0, count);
  const end = clamp(Math.ceil((exact + viewHeight) / rowHeight) + spare, 0, count);
  return { first, end, top: at - (exact - first * rowHeight), height };
}

/** The scroll position that has a row at a distance from the top of the view. */
export function scrollTopFor(list: VirtualList, index: number, distance: number): number {
  const height = Math.min(list.count * list.rowHeight, mostHeight);
  const exact = index * list.rowHeight - distance;
  return clamp(exact / stretch(list), 0, Math.max(0, height - list.viewHeight));
}

/** Undefined if the row is visible already. */
export function scrollTopToShow(list: VirtualList, index: number, scrollTop: number): number | undefined {
  const { rowHeight, viewHeight } = list;
  const distance = index * rowHeight - scrollTop * stretch(list);
  if (distance < 0) return scrollTopFor(list, index, Math.min(rowHeight, viewHeight - rowHeight));
  if (distance + rowHeight > viewHeight) return scrollTopFor(list, index, viewHeight - 2 * rowHeight);
  return undefined;
}

/** The row at the top of the view, and how far it is scrolled out of it. */
export function topRow(list: VirtualList, scrollTop: number): { index: number; hidden: number } {
  const exact = scrollTop * stretch(list);
  const index = Math.floor(exact / list.rowHeight);
  return { index, hidden: exact - index * list.rowHeight };
}

function stretch({ count, rowHeight, viewHeight }: VirtualList): number {
  const full = count * rowHeight;
  if (full <= mostHeight || mostHeight <= viewHeight) return 1;
  return (full - viewHeight) / (mostHeight - viewHeight);
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value));
}
