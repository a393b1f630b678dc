// Inspector page: places the map's nodes in two columns, sources left and functions right, with few arrows that cross.
import type { Arrow, Graph } from './traffic.ts';

export interface Placed {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedArrow extends Arrow {
  /** Of an SVG path. */
  readonly path: string;
  /** Where its count is written. */
  readonly labelX: number;
  readonly labelY: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly sources: readonly Placed[];
  readonly functions: readonly Placed[];
  readonly arrows: readonly PlacedArrow[];
}

export interface LayoutSizes {
  readonly width: number;
  readonly nodeHeight: number;
  readonly gap: number;
}

const sweeps = 8;

/** Beyond it, crossings are not counted: the first order of barycenters is taken. */
const mostArrowsCounted = 600;

/** The same graph gives the same layout, whatever the order of its arrows. */
export function layout(graph: Graph, { width, nodeHeight, gap }: LayoutSizes): Layout {
  const { sources, functions } = order(graph);
  const step = nodeHeight + gap;
  const nodeWidth = Math.max(96, Math.min(260, Math.floor(width * 0.36)));
  const tall = Math.max(sources.length, functions.length, 1);
  const height = tall * step - gap;
  const functionY = spread(
    functions.map((_, index) => (index * step * (tall - 1)) / Math.max(1, functions.length - 1)),
    step,
    height - nodeHeight,
  );
  const placeOf = new Map(functions.map((name, index) => [name, functionY[index] ?? 0]));
  const targets = neighbours(graph.arrows, 'from', 'to');
  const sourceY = spread(
    sources.map((id, index) => mean(targets.get(id)?.map((to) => placeOf.get(to) ?? 0)) ?? index * step),
    step,
    height - nodeHeight,
  );
  const box = (x: number) => (id: string, y: number) => ({ id, x, y, width: nodeWidth, height: nodeHeight });
  const placedSources = sources.map((id, index) => box(0)(id, sourceY[index] ?? 0));
  const placedFunctions = functions.map((id, index) => box(width - nodeWidth)(id, functionY[index] ?? 0));
  return {
    width,
    height,
    sources: placedSources,
    functions: placedFunctions,
    arrows: placeArrows(graph.arrows, placedSources, placedFunctions),
  };
}

/** Each node's arrows leave and arrive one below the other, in the order of their other ends. */
function placeArrows(arrows: readonly Arrow[], sources: readonly Placed[], functions: readonly Placed[]) {
  const sourceOf = new Map(sources.map((node) => [node.id, node]));
  const functionOf = new Map(functions.map((node) => [node.id, node]));
  const known = arrows.filter(({ from, to }) => sourceOf.has(from) && functionOf.has(to));
  const y = (node: Placed | undefined) => node?.y ?? 0;
  const outgoing = ports(
    known,
    (arrow) => arrow.from,
    (arrow) => y(functionOf.get(arrow.to)),
  );
  const incoming = ports(
    known,
    (arrow) => arrow.to,
    (arrow) => y(sourceOf.get(arrow.from)),
  );
  return known
    .map((arrow): PlacedArrow => {
      const source = sourceOf.get(arrow.from) as Placed;
      const target = functionOf.get(arrow.to) as Placed;
      const startX = source.x + source.width;
      const startY = source.y + source.height * (outgoing.get(arrow) ?? 0.5);
      const endX = target.x;
      const endY = target.y + target.height * (incoming.get(arrow) ?? 0.5);
      const middle = (startX + endX) / 2;
      return {
        ...arrow,
        path: `M${round(startX)} ${round(startY)}C${round(middle)} ${round(startY)} ${round(middle)} ${round(endY)} ${round(endX)} ${round(endY)}`,
        labelX: round(endX - 12),
        labelY: round(endY),
      };
    })
    .sort((a, b) => a.labelY - b.labelY || (a.path < b.path ? -1 : 1));
}

/** For each arrow, where on its node's side it ends: 0 top, 1 bottom. */
function ports(arrows: readonly Arrow[], node: (arrow: Arrow) => string, other: (arrow: Arrow) => number) {
  const byNode = new Map<string, Arrow[]>();
  for (const arrow of arrows) {
    const of = byNode.get(node(arrow));
    if (of) of.push(arrow);
    else byNode.set(node(arrow), [arrow]);
  }
  const places = new Map<Arrow, number>();
  for (const of of byNode.values()) {
    of.sort((a, b) => other(a) - other(b));
    of.forEach((arrow, index) => {
      places.set(arrow, (index + 1) / (of.length + 1));
    });
  }
  return places;
}

/** Both columns' orders, by turns sorted by the mean place of their neighbours; the order with the fewest crossings counts. */
function order(graph: Graph): { sources: string[]; functions: string[] } {
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

/** Stable; a node without neighbours goes to the end. */
function byMean(
  ids: readonly string[],
  neighboursOf: ReadonlyMap<string, string[]>,
  others: readonly string[],
): string[] {
  const place = new Map(others.map((id, index) => [id, index]));
  const key = new Map(
    ids.map((id) => [id, mean(neighboursOf.get(id)?.map((other) => place.get(other) ?? 0)) ?? others.length]),
  );
  return [...ids].sort((a, b) => (key.get(a) ?? 0) - (key.get(b) ?? 0));
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

function neighbours(arrows: readonly Arrow[], of: 'from' | 'to', to: 'from' | 'to'): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const arrow of arrows) {
    const list = found.get(arrow[of]);
    if (list) list.push(arrow[to]);
    else found.set(arrow[of], [arrow[to]]);
  }
  return found;
}

/** Keeps the order and at least `step` between two places, near the wanted ones, from 0 to `last`. */
function spread(wanted: readonly number[], step: number, last: number): number[] {
  const placed: number[] = [];
  for (const place of wanted) placed.push(Math.max(place, (placed.at(-1) ?? -step) + step));
  let limit = last;
  for (let index = placed.length - 1; index >= 0; index -= 1) {
    placed[index] = Math.min(placed[index] ?? 0, limit);
    limit = (placed[index] ?? 0) - step;
  }
  return placed.map((place) => round(Math.max(0, place)));
}

function mean(values: readonly number[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
