// Inspector page: the lines of a comparison: long equal runs are folded, and what was replaced stands beside what replaced it.

export interface DiffCell {
  readonly text: string;
  /** How deep it is nested. */
  readonly depth: number;
  /** The part of `text` that differs. */
  readonly mark?: readonly [start: number, end: number];
}

/** A side without a cell has nothing there. */
export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed' | 'changed';
  readonly left?: DiffCell;
  readonly right?: DiffCell;
  /** Equal on both sides and folded: open it by this name to see its lines. */
  readonly fold?: string;
}

/** So many equal lines stay around a difference; a longer run is folded. */
const context = 3;

/** Replaces each long run of equal lines by one that names how many there are. */
export function foldRuns(lines: readonly DiffLine[], open: ReadonlySet<string>): readonly DiffLine[] {
  const folded: DiffLine[] = [];
  let start = 0;
  while (start < lines.length) {
    let end = start;
    while (end < lines.length && lines[end]?.kind === 'same') end += 1;
    // The first run has no difference before it, the last one none after it.
    const first = start === 0 ? 0 : start + context;
    const last = end === lines.length ? end : end - context;
    const fold = `run ${start}`;
    const isFolded = last - first > 2 * context && !open.has(fold);
    const cell = { text: `… ${last - first} equal lines`, depth: 0 };
    if (isFolded)
      folded.push(
        ...lines.slice(start, first),
        { kind: 'same', left: cell, right: cell, fold },
        ...lines.slice(last, end),
      );
    else folded.push(...lines.slice(start, end));
    const changed = lines[end];
    if (changed) folded.push(changed);
    start = end + 1;
  }
  return folded;
}

/** Puts the lines of a removed block beside those of the added block that follows it. */
export function beside(lines: readonly DiffLine[]): readonly DiffLine[] {
  const placed: DiffLine[] = [];
  let start = 0;
  while (start < lines.length) {
    const middle = runEnd(lines, start, 'removed');
    const end = runEnd(lines, middle, 'added');
    const removed = middle - start;
    const added = end - middle;
    const line = lines[start];
    if (removed === 0 || added === 0) {
      if (line) placed.push(line);
      start += 1;
      continue;
    }
    for (let index = 0; index < Math.max(removed, added); index += 1) {
      const left = index < removed ? lines[start + index]?.left : undefined;
      const right = index < added ? lines[middle + index]?.right : undefined;
      const kind = left && right ? 'changed' : left ? 'removed' : 'added';
      placed.push({ kind, ...(left ? { left } : {}), ...(right ? { right } : {}) });
    }
    start = end;
  }
  return placed;
}

function runEnd(lines: readonly DiffLine[], start: number, kind: DiffLine['kind']): number {
  let end = start;
  while (lines[end]?.kind === kind) end += 1;
  return end;
}
