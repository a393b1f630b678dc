// Inspector page: the map as nodes over arrows; the arrows are decoration, the nodes are two lists.
import type { VNode } from 'preact';
import type { ServeSnapshot, SnapshotFunction } from '../api/serve-snapshot.ts';
import { useModel } from '../state/page-model.ts';
import { count, plural } from '../text/quantities.ts';
import { sourceWords } from '../text/source-words.ts';
import { visibleText } from '../text/visible.ts';
import type { Layout, Placed, PlacedArrow } from './layout.ts';
import { arrowKey, type Graph, noTraffic, type SourceNode, type Traffic, type Traffics } from './traffic.ts';

const narrow = 600;

interface MapDrawingProps {
  readonly graph: Graph;
  readonly placed: Layout;
  readonly traffics: Traffics;
  readonly snapshot: ServeSnapshot;
}

export function MapDrawing({ graph, placed, snapshot, traffics }: MapDrawingProps): VNode {
  const sources = new Map(graph.sources.map((source) => [source.id, source]));
  const { height, width } = placed;
  return (
    <div class="map" style={{ height: `${height}px`, width: `${width}px` }}>
      <svg class="arrows" width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true">
        {placed.arrows.map((arrow) => (
          <ArrowShape
            key={arrowKey(arrow)}
            arrow={arrow}
            of={traffics.get(arrowKey(arrow)) ?? noTraffic}
            isNarrow={width < narrow}
          />
        ))}
      </svg>
      <ul class="nodes" aria-label="Sources">
        {placed.sources.map((node) => {
          const source = sources.get(node.id);
          const arrows = placed.arrows.filter((arrow) => arrow.from === node.id);
          return source ? (
            <SourceBox key={node.id} node={node} source={source} arrows={arrows} traffics={traffics} />
          ) : null;
        })}
      </ul>
      <ul class="nodes" aria-label="Functions">
        {placed.functions.map((node) => (
          <FunctionBox key={node.id} node={node} snapshot={snapshot} />
        ))}
      </ul>
    </div>
  );
}

interface ArrowShapeProps {
  readonly arrow: PlacedArrow;
  readonly of: Traffic;
  /** There is room for one number only. */
  readonly isNarrow: boolean;
}

function ArrowShape({ arrow, isNarrow, of }: ArrowShapeProps): VNode {
  const { endX, endY, path } = arrow;
  const kind = of.running > 0 ? 'arrow busy' : of.count > 0 ? 'arrow used' : 'arrow';
  return (
    <g class={of.failed > 0 && of.failed === of.count ? `${kind} failing` : kind}>
      <path d={path} style={{ strokeWidth: 1 + Math.min(3, Math.log10(of.count + 1)) }} />
      <path class="tip" d={`M${endX - 9} ${endY - 4.5}l9 4.5l-9 4.5z`} />
      {of.count > 0 ? (
        <text x={endX - 12} y={endY - 4} text-anchor="end">
          {count(of.count)}
          {of.failed > 0 && !isNarrow ? <tspan class="failed">{` ${count(of.failed)} failed`}</tspan> : null}
        </text>
      ) : null}
    </g>
  );
}

function box({ height, width, x, y }: Placed) {
  return { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
}

interface SourceBoxProps {
  readonly node: Placed;
  readonly source: SourceNode;
  readonly arrows: readonly PlacedArrow[];
  readonly traffics: Traffics;
}

function SourceBox({ arrows, node, source, traffics }: SourceBoxProps): VNode {
  const name = visibleText(source.name);
  const to = arrows.map((arrow) => {
    const { count: all, failed } = traffics.get(arrowKey(arrow)) ?? noTraffic;
    return `${visibleText(arrow.to)}, ${plural(all, 'invocation')}${failed > 0 ? `, ${count(failed)} failed` : ''}`;
  });
  return (
    <li class="node source" style={box(node)}>
      <span class="node-kind">{sourceWords[source.source] ?? source.source}</span>
      <span class="node-name" title={name}>
        {name || (source.source === 'custom' ? 'livectl invoke' : 'other')}
      </span>
      <span class="unseen">invokes {to.join('; ')}</span>
    </li>
  );
}

function FunctionBox({ node, snapshot }: { node: Placed; snapshot: ServeSnapshot }): VNode {
  const model = useModel();
  const of = snapshot.functions.find((each) => each.name === node.id);
  const counts = snapshot.counts[node.id] ?? { invocations: 0, failed: 0 };
  const isBroken = snapshot.build_errors?.some((error) => error.function === node.id) ?? false;
  const name = visibleText(node.id);
  return (
    <li style={box(node)} class={isBroken ? 'node function broken' : 'node function'}>
      <button
        type="button"
        onClick={() => model.go({ view: 'list', filter: { function: node.id } }, true)}
        title={`${name}: show its invocations`}
      >
        <span class="node-name">{name}</span>
        <span class="node-counts">
          {isBroken ? <span class="failed">does not build</span> : null}
          <span>
            {count(counts.invocations)}
            <span class="unseen"> {counts.invocations === 1 ? 'invocation' : 'invocations'}</span>
          </span>
          {counts.failed > 0 ? <span class="failed">{count(counts.failed)} failed</span> : null}
          <FunctionNote of={of} isTaken={isBroken || counts.failed > 0} />
        </span>
      </button>
    </li>
  );
}

/** Who else serves it, or its runtime where there is room. */
function FunctionNote({ isTaken, of }: { of: SnapshotFunction | undefined; isTaken: boolean }): VNode | null {
  const holder = of?.held_by;
  if (holder)
    return (
      <span class="quiet" title={visibleText(`served by ${holder.user} on ${holder.host}`)}>
        served by {visibleText(holder.user)}
      </span>
    );
  return of?.runtime && !isTaken ? <span class="quiet">{visibleText(of.runtime)}</span> : null;
}
