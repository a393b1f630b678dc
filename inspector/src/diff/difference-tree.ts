// Inspector page: the differences of two JSON values by place, for a walk through both values.
import type { Difference } from '../../../cli/src/recordings/json-diff.ts';

/** What differs within a value; an inner value without a node is equal on both sides. */
export interface DifferenceNode {
  /** Names, or positions in the earlier array, of what only the earlier value has. */
  readonly removed: Set<string | number>;
  /** Names, or positions in the later array, of what only the later value has. */
  readonly added: Set<string | number>;
  /** By name, or position in the later array. */
  readonly inner: Map<string | number, DifferenceNode>;
  /** Differs as a whole. */
  isChanged: boolean;
}

/** Undefined without differences. */
export function differenceTree(differences: readonly Difference[]): DifferenceNode | undefined {
  if (differences.length === 0) return undefined;
  const root = newNode();
  for (const { path, kind } of differences) {
    const last = path.at(-1);
    let node = root;
    for (const part of kind === 'changed' ? path : path.slice(0, -1)) {
      let next = node.inner.get(part);
      if (next === undefined) {
        next = newNode();
        node.inner.set(part, next);
      }
      node = next;
    }
    if (kind === 'changed' || last === undefined) node.isChanged = true;
    else if (kind === 'removed') node.removed.add(last);
    else node.added.add(last);
  }
  return root;
}

function newNode(): DifferenceNode {
  return { removed: new Set(), added: new Set(), inner: new Map(), isChanged: false };
}
