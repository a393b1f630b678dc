// The map of functions, sources and arrows: what is on it, where, and with which counts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InvocationSummary } from '../../cli/src/recordings/recording.ts';
import { type Layout, layout } from '../src/map/layout.ts';
import { arrowKey, type Graph, sourceId, traffic } from '../src/map/traffic.ts';

const sizes = { width: 900, nodeHeight: 40, arrowStep: 18, gap: 12 };

function graphOf(arrows: readonly (readonly [string, string])[]): Graph {
  const sources = [...new Set(arrows.map(([from]) => from))];
  return {
    sources: sources.map((id) => ({ id, source: 'sqs', name: id })),
    functions: [...new Set(arrows.map(([, to]) => to))],
    arrows: arrows.map(([from, to]) => ({ from, to })),
  };
}

function crossings({ arrows, sources, functions }: Layout): number {
  const y = (nodes: Layout['sources'], id: string) => nodes.find((node) => node.id === id)?.y ?? 0;
  const ends = arrows.map((arrow) => [y(sources, arrow.from), y(functions, arrow.to)] as const);
  return ends.flatMap(([a, b], index) => ends.slice(index + 1).filter(([c, d]) => (a - c) * (b - d) < 0))
    .length;
}

describe('layout', () => {
  test('untangles what can be drawn without crossings', () => {
    const placed = layout(
      graphOf([
        ['a', 'z'],
        ['b', 'y'],
        ['c', 'x'],
        ['c', 'w'],
        ['d', 'v'],
      ]),
      sizes,
    );
    expect(crossings(placed)).toBe(0);
    // The first order that barycenters give has a crossing.
    expect(
      crossings(
        layout(
          graphOf([
            ['d', 'w'],
            ['d', 'z'],
            ['c', 'z'],
            ['c', 'x'],
          ]),
          sizes,
        ),
      ),
    ).toBe(0);
  });

  test('30 functions with 40 sources: no node overlaps another one, and all are within', () => {
    const arrows = Array.from({ length: 40 }, (_, index) => [`s${index}`, `f${(index * 7) % 30}`] as const);
    const placed = layout(graphOf(arrows), sizes);
    expect(crossings(placed)).toBe(0);
    expect(placed.height).toBe(40 * 52 - 12);
  });

  test('nodes of a column never overlap and stay within, for any graph', () => {
    const node = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(node, node), { maxLength: 80 }),
        fc.integer({ min: 320, max: 1600 }),
        (pairs, width) => {
          const placed = layout(graphOf(pairs.map(([from, to]) => [`s${from}`, `f${to}`])), {
            ...sizes,
            width,
          });
          for (const column of [placed.sources, placed.functions]) {
            let free = -0.1;
            for (const { height, y } of [...column].sort((one, other) => one.y - other.y)) {
              expect(y).toBeGreaterThanOrEqual(free);
              expect(y + height).toBeLessThanOrEqual(placed.height + 0.1);
              free = y + height + sizes.gap - 0.2;
            }
          }
          expect(Math.max(0, ...placed.sources.map((of) => of.x + of.width))).toBeLessThan(
            Math.min(width, ...placed.functions.map((of) => of.x)),
          );
        },
      ),
    );
  });

  test('arrows that end at one function keep a distance, so that their counts do not overlap', () => {
    const { arrows, functions } = layout(
      graphOf(['a', 'b', 'c', 'd', 'e'].map((from) => [from, 'f'])),
      sizes,
    );
    const ends = arrows.map((arrow) => arrow.endY).sort((a, b) => a - b);
    expect(functions[0]?.height).toBe(6 * sizes.arrowStep);
    for (const [index, y] of ends.slice(1).entries())
      expect(y - (ends[index] ?? 0)).toBeCloseTo(sizes.arrowStep, 0);
  });

  test('does not depend on the order of what it is given', () => {
    const graph = graphOf([
      ['a', 'z'],
      ['b', 'y'],
      ['a', 'y'],
      ['c', 'x'],
    ]);
    const turned = {
      sources: [...graph.sources].reverse(),
      functions: [...graph.functions].reverse(),
      arrows: [...graph.arrows].reverse(),
    };
    expect(layout(turned, sizes)).toEqual(layout(graph, sizes));
  });

  test('a function without a source and an empty graph', () => {
    expect(layout({ sources: [], functions: ['lonely'], arrows: [] }, sizes).functions).toMatchObject([
      { y: 0 },
    ]);
    expect(layout({ sources: [], functions: [], arrows: [] }, sizes)).toMatchObject({
      height: 40,
      arrows: [],
    });
  });
});

describe('traffic', () => {
  const functions = [
    { name: 'orders', sources: [{ source: 'http', name: '/orders' }] },
    {
      name: 'worker',
      sources: [
        { source: 'sqs', name: 'mail' },
        { source: 'sqs', name: 'mail-urgent' },
      ],
    },
  ] as const;
  const row = (more: Partial<InvocationSummary>): InvocationSummary => ({
    key: 'k',
    id: 'id',
    function: 'worker',
    trigger: 'SQS mail',
    source: 'sqs',
    status: 'ok',
    at: '2026-01-01T00:00:00.000Z',
    ms: 1,
    event_bytes: 1,
    result_bytes: 1,
    logs: 0,
    ...more,
  });
  const key = (to: string, ...source: Parameters<typeof sourceId>) =>
    arrowKey({ from: sourceId(...source), to });

  test('counts an invocation on the arrow of the source that its trigger names', () => {
    const { traffics } = traffic(functions, [
      row({}),
      row({ trigger: 'SQS mail-urgent, 3 records', status: 'error' }),
      row({ function: 'orders', source: 'http', trigger: 'GET /elsewhere', status: 'running' }),
      row({ replay_of: 'k' }),
      row({ function: 'gone' }),
    ]);
    expect(Object.fromEntries(traffics)).toEqual({
      [key('worker', 'sqs', 'mail')]: { count: 1, failed: 0, running: 0 },
      [key('worker', 'sqs', 'mail-urgent')]: { count: 1, failed: 1, running: 0 },
      [key('orders', 'http', '/orders')]: { count: 1, failed: 0, running: 1 },
    });
  });

  test('a route with any method', () => {
    const routes = {
      name: 'api',
      sources: ['ANY /orders', 'ANY /orders/items'].map((name) => ({ source: 'http' as const, name })),
    };
    const { traffics } = traffic(
      [routes],
      [row({ function: 'api', source: 'http', trigger: 'GET /orders/items?x=1' })],
    );
    expect([...traffics.keys()]).toEqual([key('api', 'http', 'ANY /orders/items')]);
  });

  test('what no source of the manifest sent has an arrow of its own', () => {
    const { graph } = traffic(functions, [row({ function: 'orders', source: 'custom', trigger: 'invoke' })]);
    expect(graph.arrows).toHaveLength(4);
    expect(graph.sources).toContainEqual({ id: sourceId('custom', ''), source: 'custom', name: '' });
  });
});
