// Which items of two arrays belong together: the longest common subsequence, then those between that resemble each other.
import type { JsonIdentities } from './json-identities.ts';

/** An item of the earlier array, of the later one, or of both: equal, or changed. */
export interface Aligned {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** Most insertions and removals for which a subsequence is sought; beyond, items are compared by their positions. */
const maxEdits = 1000;
/** Most pairs of items that are compared for resemblance between two equal ones. */
const maxPairs = 10_000;
/** So many members of an item count for its resemblance. */
const maxMembers = 32;

/** In the order of both arrays; removed items before added ones. */
export function align(
  earlier: readonly unknown[],
  later: readonly unknown[],
  identities: JsonIdentities,
): Aligned[] {
  const before = earlier.map((item) => identities.of(item));
  const after = later.map((item) => identities.of(item));
  const aligned: Aligned[] = [];
  let from = 0;
  let to = 0;
  const until = (fromEnd: number, toEnd: number) => {
    // One by one: a spread of a long list would be too many arguments.
    for (const pair of resembling(earlier, later, [from, fromEnd], [to, toEnd], identities))
      aligned.push(pair);
  };
  for (const [fromEqual, toEqual] of commonSubsequence(before, after)) {
    until(fromEqual, toEqual);
    aligned.push({ from: fromEqual, to: toEqual });
    from = fromEqual + 1;
    to = toEqual + 1;
  }
  until(before.length, after.length);
  return aligned;
}

type Range = readonly [start: number, end: number];

/** Positions of equal items, increasing on both sides: the most there are, or the common start and end of very different arrays. */
function commonSubsequence(
  before: readonly number[],
  after: readonly number[],
): (readonly [number, number])[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const pairs: (readonly [number, number])[] = [];
  for (let at = 0; at < start; at += 1) pairs.push([at, at]);
  const middle = shortestEdit(
    before.slice(start, before.length - end),
    after.slice(start, after.length - end),
  );
  for (const [from, to] of middle) pairs.push([from + start, to + start]);
  for (let at = end; at > 0; at -= 1) pairs.push([before.length - at, after.length - at]);
  return pairs;
}

/** Myers' greedy algorithm: the furthest `from` on each diagonal, for a growing number of edits. */
function shortestEdit(before: readonly number[], after: readonly number[]): (readonly [number, number])[] {
  const most = Math.min(before.length + after.length, maxEdits);
  const steps: Int32Array[] = [];
  let furthest = new Int32Array(3);
  for (let edits = 0; edits <= most; edits += 1) {
    // Diagonal `d` is at `d + edits + 1`.
    const next = new Int32Array(2 * edits + 5);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let from = edits === 0 ? 0 : stepFrom(furthest, edits, diagonal).from;
      while (
        from < before.length &&
        from - diagonal < after.length &&
        before[from] === after[from - diagonal]
      )
        from += 1;
      next[diagonal + edits + 2] = from;
      if (from >= before.length && from - diagonal >= after.length)
        return traceBack(steps, edits, diagonal, from);
    }
    steps.push(next);
    furthest = next;
  }
  return [];
}

/** Where a path of `edits` edits enters this diagonal: by an insertion from above, or a removal from the left. */
function stepFrom(
  furthest: Int32Array,
  edits: number,
  diagonal: number,
): { readonly from: number; readonly by: 1 | -1 } {
  const at = (other: number) => furthest[other + edits + 1] ?? 0;
  const isInsertion = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1));
  return isInsertion ? { from: at(diagonal + 1), by: 1 } : { from: at(diagonal - 1) + 1, by: -1 };
}

function traceBack(
  steps: readonly Int32Array[],
  lastEdits: number,
  lastDiagonal: number,
  lastFrom: number,
): (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  let diagonal = lastDiagonal;
  let from = lastFrom;
  for (let edits = lastEdits; edits >= 0; edits -= 1) {
    const earlier = steps[edits - 1];
    const step = earlier && stepFrom(earlier, edits, diagonal);
    for (const start = step?.from ?? 0; from > start; ) {
      from -= 1;
      pairs.push([from, from - diagonal]);
    }
    if (step === undefined) break;
    from = step.by === 1 ? step.from : step.from - 1;
    diagonal += step.by;
  }
  return pairs.reverse();
}

/** Pairs what lies between equal items: the pairs that resemble each other most, in order. The rest is removed or added. */
function resembling(
  earlier: readonly unknown[],
  later: readonly unknown[],
  [fromStart, fromEnd]: Range,
  [toStart, toEnd]: Range,
  identities: JsonIdentities,
): Aligned[] {
  const removed = fromEnd - fromStart;
  const added = toEnd - toStart;
  const aligned: Aligned[] = [];
  let from = fromStart;
  let to = toStart;
  const skipTo = (fromNext: number, toNext: number) => {
    for (; from < fromNext; from += 1) aligned.push({ from, to: undefined });
    for (; to < toNext; to += 1) aligned.push({ from: undefined, to });
  };
  for (const [fromPair, toPair] of bestPairs(removed, added, (row, column) =>
    resemblance(earlier[fromStart + row], later[toStart + column], identities),
  )) {
    skipTo(fromStart + fromPair, toStart + toPair);
    aligned.push({ from, to });
    from += 1;
    to += 1;
  }
  skipTo(fromEnd, toEnd);
  return aligned;
}

function bestPairs(
  rows: number,
  columns: number,
  scoreOf: (row: number, column: number) => number,
): (readonly [number, number])[] {
  if (rows * columns > maxPairs)
    return Array.from({ length: Math.min(rows, columns) }, (_, at) => [at, at] as const);
  const width = columns + 1;
  const scores = new Float64Array(rows * columns);
  // The best sum for the items from this row and column on.
  const best = new Float64Array((rows + 1) * width);
  const at = (row: number, column: number) => best[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1)
    for (let column = columns - 1; column >= 0; column -= 1) {
      const score = scoreOf(row, column);
      scores[row * columns + column] = score;
      const paired = score === 0 ? 0 : score + at(row + 1, column + 1);
      best[row * width + column] = Math.max(paired, at(row + 1, column), at(row, column + 1));
    }
  const pairs: (readonly [number, number])[] = [];
  for (let row = 0, column = 0; row < rows && column < columns; ) {
    const score = scores[row * columns + column] ?? 0;
    if (score > 0 && at(row, column) === score + at(row + 1, column + 1)) {
      pairs.push([row, column]);
      row += 1;
      column += 1;
    } else if (at(row, column) === at(row + 1, column)) row += 1;
    else column += 1;
  }
  return pairs;
}

/** 0 for values of different types, up to 2 for objects whose members are mostly equal. */
function resemblance(before: unknown, after: unknown, identities: JsonIdentities): number {
  if (typeof before !== typeof after || Array.isArray(before) !== Array.isArray(after)) return 0;
  if (before === null || after === null || typeof before !== 'object' || typeof after !== 'object') return 1;
  const members = Object.entries(before).slice(0, maxMembers);
  const others = after as Readonly<Record<string, unknown>>;
  const equal = members.filter(
    ([name, value]) => Object.hasOwn(others, name) && identities.of(value) === identities.of(others[name]),
  );
  return 1 + equal.length / Math.max(members.length, 1);
}
