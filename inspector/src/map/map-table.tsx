// Inspector page: the map as a table, a row for each arrow.
import type { VNode } from 'preact';
import type { ServeSnapshot } from '../api/serve-snapshot.ts';
import { useModel } from '../state/page-model.ts';
import { count } from '../text/quantities.ts';
import { sourceWords } from '../text/source-words.ts';
import { VisibleText } from '../text/visible-text.tsx';
import { arrowKey, type Graph, noTraffic, type Traffics } from './traffic.ts';

interface MapTableProps {
  readonly graph: Graph;
  readonly traffics: Traffics;
  readonly snapshot: ServeSnapshot;
}

export function MapTable({ graph, snapshot, traffics }: MapTableProps): VNode {
  const model = useModel();
  const sources = new Map(graph.sources.map((source) => [source.id, source]));
  return (
    <table class="figures">
      <caption class="unseen">Sources and the functions that they invoke</caption>
      <thead>
        <tr>
          <th scope="col">Function</th>
          <th scope="col">Source</th>
          <th scope="col" class="number">
            Invocations
          </th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col" class="number">
            Running
          </th>
        </tr>
      </thead>
      <tbody>
        {[...graph.functions].sort().flatMap((name) => {
          const arrows = graph.arrows.filter((arrow) => arrow.to === name);
          const counts = snapshot.counts[name] ?? { invocations: 0, failed: 0 };
          const rows =
            arrows.length === 0
              ? [
                  {
                    key: name,
                    words: 'none',
                    of: { count: counts.invocations, failed: counts.failed, running: 0 },
                  },
                ]
              : arrows.map((arrow) => {
                  const source = sources.get(arrow.from);
                  const words = source ? `${sourceWords[source.source] ?? source.source} ${source.name}` : '';
                  return { key: arrowKey(arrow), words, of: traffics.get(arrowKey(arrow)) ?? noTraffic };
                });
          return rows.map(({ key, of, words }, index) => (
            <tr key={key}>
              {index === 0 ? (
                <th scope="rowgroup" rowSpan={rows.length}>
                  <button
                    type="button"
                    class="link"
                    onClick={() => model.go({ view: 'list', filter: { function: name } }, true)}
                  >
                    <VisibleText text={name} />
                  </button>
                </th>
              ) : null}
              <td>
                <VisibleText text={words} />
              </td>
              <td class="number">{count(of.count)}</td>
              <td class={of.failed > 0 ? 'number failed' : 'number'}>{count(of.failed)}</td>
              <td class="number">{count(of.running)}</td>
            </tr>
          ));
        })}
      </tbody>
    </table>
  );
}
