// Inspector page: the map's functions, sources and arrows, and how many invocations went along each.
import type { InvocationSummary, SourceKind } from '../../../cli/src/recordings/recording.ts';

/** A function as the state of `serve` names it. */
export interface MappedFunction {
  readonly name: string;
  readonly sources: readonly { readonly source: SourceKind; readonly name: string }[];
}

export interface SourceNode {
  /** Unique among the sources. */
  readonly id: string;
  readonly source: SourceKind;
  /** Of its resource, e.g. the queue's; empty for what no source of the manifest sent. */
  readonly name: string;
}

export interface Arrow {
  readonly from: string;
  /** The function's name. */
  readonly to: string;
}

export interface Graph {
  readonly sources: readonly SourceNode[];
  readonly functions: readonly string[];
  readonly arrows: readonly Arrow[];
}

export interface Traffic {
  readonly count: number;
  readonly failed: number;
  readonly running: number;
}

/** By {@link arrowKey}. Replays are left out: no source sent them. */
export type Traffics = ReadonlyMap<string, Traffic>;

export const noTraffic: Traffic = { count: 0, failed: 0, running: 0 };

export function arrowKey({ from, to }: Arrow): string {
  return `${to}\n${from}`;
}

export function sourceId(source: SourceKind, name: string): string {
  return `${source}\n${name}`;
}

/** The graph of the manifest, and those arrows that only the rows show, e.g. of `livectl invoke`; with the traffic of all of them. */
export function traffic(
  functions: readonly MappedFunction[],
  rows: Iterable<InvocationSummary>,
): { readonly graph: Graph; readonly traffics: Traffics } {
  const sources = new Map<string, SourceNode>();
  const arrows = new Map<string, Arrow>();
  const byName = new Map<string, MappedFunction>();
  const add = (to: string, source: SourceKind, name: string) => {
    const from = sourceId(source, name);
    sources.set(from, { id: from, source, name });
    arrows.set(arrowKey({ from, to }), { from, to });
  };
  for (const fn of functions) {
    byName.set(fn.name, fn);
    for (const { source, name } of fn.sources) add(fn.name, source, name);
  }
  const counts = new Map<string, { count: number; failed: number; running: number }>();
  for (const row of rows) {
    const fn = byName.get(row.function);
    if (fn === undefined || row.replay_of !== undefined) continue;
    const name = sourceNameOf(row, fn);
    const key = arrowKey({ from: sourceId(row.source, name), to: fn.name });
    if (!arrows.has(key)) add(fn.name, row.source, name);
    let of = counts.get(key);
    if (of === undefined) {
      of = { count: 0, failed: 0, running: 0 };
      counts.set(key, of);
    }
    of.count += 1;
    if (row.status === 'error') of.failed += 1;
    if (row.status === 'running') of.running += 1;
  }
  return {
    graph: {
      sources: [...sources.values()],
      functions: functions.map((fn) => fn.name),
      arrows: [...arrows.values()],
    },
    traffics: counts,
  };
}

/** Which of the function's sources of that kind: the only one, or the one whose name, the longest, is in the trigger's words. */
function sourceNameOf(row: InvocationSummary, fn: MappedFunction): string {
  const names = fn.sources.filter(({ source }) => source === row.source).map(({ name }) => name);
  if (names.length < 2) return names[0] ?? '';
  // A route's method may be ANY.
  const told = (name: string) => row.trigger.includes(name.replace(/^ANY /, ''));
  return names.filter(told).sort((a, b) => b.length - a.length)[0] ?? '';
}
