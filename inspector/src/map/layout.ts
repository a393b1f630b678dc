// Inspector page: places the map's nodes in two columns, sources left and functions right, with few arrows that cross.
import { columnsOf, neighbours } from './column-order.ts';
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
  /** Where its count is written: the arrow's end. */
  readonly endX: number;
  readonly endY: number;
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
  /** At least; a function with many arrows is higher, so that their counts do not overlap. */
  readonly nodeHeight: number;
  /** Between two arrows that end at one function. */
  readonly arrowStep: number;
  readonly gap: number;
}

/** The same graph gives the same layout, whatever the order of its arrows. */
export function layout(graph: Graph, { arrowStep, gap, nodeHeight, width }: LayoutSizes): Layout {
  const columns = columnsOf(graph);
  const targets = neighbours(graph.arrows, 'from', 'to');
  const origins = neighbours(graph.arrows, 'to', 'from');
  const nodeWidth = Math.max(96, Math.min(260, Math.floor(width * 0.36)));
  const box = (x: number, height: number) => (id: string) => ({ id, x, y: 0, width: nodeWidth, height });
  const sources = columns.sources.map(box(0, nodeHeight));
  const functions = columns.functions.map((id) => {
    const arrows = origins.get(id)?.length ?? 0;
    return box(width - nodeWidth, Math.max(nodeHeight, (arrows + 1) * arrowStep))(id);
  });
  const height = Math.max(nodeHeight, columnHeight(sources, gap), columnHeight(functions, gap));
  spread(sources, gap, height, () => undefined);
  for (const [column, others, linked] of [
    [functions, sources, origins],
    [sources, functions, targets],
    [functions, sources, origins],
  ] as const) {
    const middles = new Map(others.map((node) => [node.id, node.y + node.height / 2]));
    spread(column, gap, height, (id) => mean(linked.get(id)?.map((other) => middles.get(other) ?? 0)));
  }
  return { width, height, sources, functions, arrows: placeArrows(graph.arrows, sources, functions) };
}

type Movable = { -readonly [Name in keyof Placed]: Placed[Name] };

/** Each node's arrows leave and arrive one below the other, in the order of their other ends. */
function placeArrows(
  arrows: readonly Arrow[],
  sources: readonly Placed[],
  functions: readonly Placed[],
): PlacedArrow[] {
  const sourceOf = new Map(sources.map((node) => [node.id, node]));
  const functionOf = new Map(functions.map((node) => [node.id, node]));
  const ends = arrows.flatMap((arrow) => {
    const source = sourceOf.get(arrow.from);
    const target = functionOf.get(arrow.to);
    return source && target ? [{ arrow, source, target }] : [];
  });
  const outgoing = ports(ends.map(({ arrow, source, target }) => ({ arrow, node: source, other: target.y })));
  const incoming = ports(ends.map(({ arrow, source, target }) => ({ arrow, node: target, other: source.y })));
  return ends
    .map(({ arrow, source, target }): PlacedArrow => {
      const startX = source.x + source.width;
      const startY = round(outgoing.get(arrow) ?? source.y);
      const endX = target.x;
      const endY = round(incoming.get(arrow) ?? target.y);
      const middle = round((startX + endX) / 2);
      const path = `M${startX} ${startY}C${middle} ${startY} ${middle} ${endY} ${endX} ${endY}`;
      return { ...arrow, path, endX, endY };
    })
    .sort((a, b) => a.endY - b.endY || (a.path < b.path ? -1 : 1));
}

/** The height at which each arrow touches its node. */
function ports(ends: readonly { readonly arrow: Arrow; readonly node: Placed; readonly other: number }[]) {
  const byNode = new Map<Placed, (typeof ends)[number][]>();
  for (const end of ends) {
    const of = byNode.get(end.node);
    if (of) of.push(end);
    else byNode.set(end.node, [end]);
  }
  const places = new Map<Arrow, number>();
  for (const [node, of] of byNode) {
    of.sort((a, b) => a.other - b.other);
    of.forEach(({ arrow }, index) => {
      places.set(arrow, node.y + (node.height * (index + 1)) / (of.length + 1));
    });
  }
  return places;
}

/** Moves the nodes, in their order, as near as possible to where their middles are wanted; by default one below the other. */
function spread(
  nodes: readonly Movable[],
  gap: number,
  height: number,
  wanted: (id: string) => number | undefined,
): void {
  let top = 0;
  for (const node of nodes) {
    node.y = Math.max(top, (wanted(node.id) ?? 0) - node.height / 2);
    top = node.y + node.height + gap;
  }
  let bottom = height;
  for (const node of [...nodes].reverse()) {
    node.y = round(Math.min(node.y, bottom - node.height));
    bottom = node.y - gap;
  }
}

function columnHeight(nodes: readonly Placed[], gap: number): number {
  return nodes.reduce((height, node) => height + node.height + gap, -gap);
}

function mean(values: readonly number[] | undefined): number | undefined {
  if (values === undefined || values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
