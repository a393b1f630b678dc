// Inspector page: the map of sources and functions, drawn, and as a table.
import type { VNode } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import { useModel } from '../state/page-model.ts';
import { useStore } from '../state/store.ts';
import { useThrottled } from '../state/use-throttled.ts';
import { useWidth } from '../state/use-width.ts';
import { layout } from './layout.ts';
import { MapDrawing } from './map-drawing.tsx';
import { MapTable } from './map-table.tsx';
import { traffic } from './traffic.ts';

const refreshMs = 300;
const sizes = { nodeHeight: 44, arrowStep: 18, gap: 12 };
const leastWidth = 320;

export function MapView(): VNode {
  const model = useModel();
  const snapshot = useStore(model.live.snapshot);
  const { items } = useThrottled(model.rows, refreshMs);
  const [isTable, setIsTable] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const functions = snapshot?.functions;
  const mapped = useMemo(
    () => functions?.map(({ name, sources = [] }) => ({ name, sources })) ?? [],
    [functions],
  );
  const { graph, traffics } = useMemo(() => traffic(mapped, items), [mapped, items]);
  // The graph is new after each invocation; its parts seldom are.
  const parts = graph.arrows.map(({ from, to }) => `${from} ${to}`).join() + graph.functions.join();
  const placed = useMemo(
    () => layout(graph, { ...sizes, width: Math.max(leastWidth, width) }),
    [parts, width],
  );
  return (
    <section class="view map-view" aria-labelledby="map-title">
      <header class="view-head">
        <h2 id="map-title">Map</h2>
        <fieldset class="choices">
          <legend class="unseen">How it is shown</legend>
          {[false, true].map((each) => (
            <button
              key={String(each)}
              type="button"
              aria-pressed={isTable === each}
              onClick={() => setIsTable(each)}
            >
              {each ? 'Table' : 'Drawing'}
            </button>
          ))}
        </fieldset>
      </header>
      <div ref={place} class="map-place">
        {snapshot === undefined ? (
          <p class="hint">Loading …</p>
        ) : mapped.length === 0 ? (
          <p class="hint">No function is served.</p>
        ) : isTable ? (
          <MapTable graph={graph} traffics={traffics} snapshot={snapshot} />
        ) : (
          <MapDrawing graph={graph} placed={placed} traffics={traffics} snapshot={snapshot} />
        )}
      </div>
      <p class="hint">
        Numbers on arrows count the invocations that this page knows; those of a function count since livectl
        started.
      </p>
    </section>
  );
}
