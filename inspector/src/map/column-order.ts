// Inspector page: the order of the map's two columns, so that few arrows cross.
import type { Arrow, Graph } from './traffic.ts';

const sweeps = 8;

/** Beyond it, crossings are not counted: the first order of barycenters is taken. */
const mostArrowsCounted = 600;

/** Both columns' orders, by turns sorted by the mean place of their neighbours; the order with the fewest crossings counts. */
export function columnsOf(graph: Graph): { readonly sources: string[]; readonly functions: string[] } {
  const targets = neighbours(graph.arrows, 'from', 'to');
  const origins = neighbours(graph.arrows, 'to', 'from');
  let functions = [...graph.functions].sort();
  let sources = graph.sources.map((source) => source.id).sort();
  let best = { sources, functions, crossings: Number.POSITIVE_INFINITY };
  for (let sweep = 0; sweep < sweeps && best.crossings > 0; sweep += 1) {
    sources = byMean(sources, targets, functions);
    const crossings = countCrossings(graph.arrows, sources, functions);
    if (crossings < best.crossings) best = { sources, functions, crossings };
    functions = byMean(functions, origins, sources);
    const after = countCrossings(graph.arrows, sources, functions);
    if (after < best.crossings) best = { sources, functions, crossings: after };
  }
  return best;
}

/** The other ends of a node's arrows, by node. */
export function neighbours(
  arrows: readonly Arrow[],
  of: 'from' | 'to',
  to: 'from' | 'to',
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const arrow of arrows) {
    const list = found.get(arrow[of]);
    if (list) list.push(arrow[to]);
    else found.set(arrow[of], [arrow[to]]);
  }
  return found;
}

/** Stable; a node without neighbours goes to the end. */
function byMean(
  ids: readonly string[],
  neighboursOf: ReadonlyMap<string, string[]>,
  others: readonly string[],
): string[] {
  const place = new Map(others.map((id, index) => [id, index]));
  const mean = (id: string) => {
    const of = neighboursOf.get(id);
    if (of === undefined) return others.length;
    return of.reduce((sum, other) => sum + (place.get(other) ?? 0), 0) / of.length;
  };
  return [...ids].sort((a, b) => mean(a) - mean(b));
}

function countCrossings(
  arrows: readonly Arrow[],
  sources: readonly string[],
  functions: readonly string[],
): number {
  if (arrows.length > mostArrowsCounted) return 0;
  const from = new Map(sources.map((id, index) => [id, index]));
  const to = new Map(functions.map((id, index) => [id, index]));
  const ends = arrows.map((arrow) => [from.get(arrow.from) ?? 0, to.get(arrow.to) ?? 0] as const);
  let crossings = 0;
  for (const [index, [a, b]] of ends.entries())
    for (const [c, d] of ends.slice(index + 1)) if ((a - c) * (b - d) < 0) crossings += 1;
  return crossings;
}
