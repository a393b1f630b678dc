// The network bench's figures as people read them: in the terminal, and docs/benchmarks-network.md.
import { percentile } from '../percentile.ts';
import { aligned, quantity } from '../report.ts';
import type { PartResult } from './results.ts';
import type { CountedRow, Part, Row, TimedRow } from './row.ts';

const timedHeader = ['', 'at least', 'p50', 'p95', 'samples', 'failed', 'goal p50', 'goal p95', ''];
const countedHeader = ['', 'value', 'goal', ''];

const isTimed = (row: Row): row is TimedRow => 'samples' in row;
const isCounted = (row: Row): row is CountedRow => !isTimed(row);

/** Whether a row keeps its goals; undefined where it has none. */
export function verdictOf(row: Row): 'met' | 'NOT met' | undefined {
  if (!isTimed(row)) return row.goal === undefined ? undefined : said(row.value <= row.goal);
  const { failed, goalP50, goalP95, samples } = row;
  if (goalP50 === undefined) return failed > 0 ? 'NOT met' : undefined;
  const holds = (percent: number, goal = Number.POSITIVE_INFINITY) =>
    samples.length > 0 && percentile(samples, percent) <= goal;
  return said(failed === 0 && holds(50, goalP50) && holds(95, goalP95));
}

const said = (isMet: boolean) => (isMet ? 'met' : 'NOT met');

function timedCells(row: TimedRow): string[] {
  const { failed, goalP50, goalP95, limitMs, samples, what } = row;
  const at = (percent: number) => (samples.length > 0 ? quantity(percentile(samples, percent), 'ms') : '–');
  const goal = (ms: number | undefined) => (ms === undefined ? '' : `≤ ${quantity(ms, 'ms')}`);
  const counts = [String(samples.length), failed > 0 ? String(failed) : ''];
  return [
    ...[what, quantity(limitMs, 'ms'), at(50), at(95), ...counts, goal(goalP50), goal(goalP95)],
    verdictOf(row) ?? '',
  ];
}

function countedCells(row: CountedRow): string[] {
  const { goal, unit, value, what } = row;
  const of = (number: number) => {
    if (unit === 'ms') return quantity(number, 'ms');
    const text = Number.isInteger(number) || number >= 1000 ? number.toFixed(0) : number.toFixed(2);
    return unit === '' ? text : `${text} ${unit}`;
  };
  return [
    what,
    of(value),
    goal === undefined ? '' : goal === 0 ? 'none' : `≤ ${of(goal)}`,
    verdictOf(row) ?? '',
  ];
}

/** One part's rows, for a terminal. */
export function terminalRows(name: string, { notes, rows }: PartResult): string {
  const timed = rows.filter(isTimed);
  const counted = rows.filter(isCounted);
  const tables = [
    ...(timed.length > 0 ? [aligned([[name, ...timedHeader.slice(1)], ...timed.map(timedCells)])] : []),
    ...(counted.length > 0
      ? [aligned([[name, ...countedHeader.slice(1)], ...counted.map(countedCells)])]
      : []),
  ];
  return [...tables, ...notes.map((note) => `  ${note}`)].join('\n');
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [header, header.map((_, at) => (at === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

interface Measured {
  readonly part: Part;
  readonly result: PartResult;
}

/** What a page says of the machine besides its load, if this variable is set. */
const noteVariable = 'LIVECTL_BENCH_NOTE';

/** The whole of docs/benchmarks-tunnel.md. */
export function tunnelPage(measured: readonly Measured[], machine: string): string {
  const rows = measured.flatMap(({ result }) => result.rows);
  const methods = measured.map(({ part }) => `- \`${part.name}\`: ${part.method}`).join('\n');
  const when = measured.map(({ part, result }) => {
    const { at, loadAfter, loadBefore } = result;
    return [part.name, at.slice(0, 16).replace('T', ' '), loadBefore, loadAfter];
  });
  const note = process.env[noteVariable];
  return `# Benchmarks of the tunnel

Made by \`node dist/bench.mjs network tunnel\` (\`make build-bench\` first) on ${daysOf(measured)}; not edited by hand.

${machine}, load from ${loadsOf(measured)}${note === undefined ? '' : `. ${note}`}

Laptop and Region are two network namespaces of one machine, and the line between them takes 40 ms for a round trip
([more](benchmarks-network.md)). On the laptop runs the built \`livectl tunnel\`; in the Region the embedded cloud's relay, the built tunnel
function and a small database that answers at once, which the laptop has no way to. A load well above the number of cores
means that other programs had the cores too: then times are longer than the tunnel's own.

## Times

${table(timedHeader, rows.filter(isTimed).map(timedCells))}

## Counts

${table(countedHeader, rows.filter(isCounted).map(countedCells))}

## How each is measured

${methods}

## When, and under which load

${table(['', 'end (UTC)', 'load before', 'load after'], when)}
`;
}

function daysOf(measured: readonly Measured[]): string {
  return [...new Set(measured.map(({ result }) => result.at.slice(0, 10)))].sort().join(' and ');
}

function loadsOf(measured: readonly Measured[]): string {
  const loads = measured.flatMap(({ result }) => [Number(result.loadBefore), Number(result.loadAfter)]);
  return `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
}

/** The whole of docs/benchmarks-network.md. */
export function networkPage(measured: readonly Measured[], machine: string): string {
  const rows = measured.flatMap(({ result }) => result.rows);
  const methods = measured.map(({ part }) => `- \`${part.name}\`: ${part.method}`).join('\n');
  return `# Benchmarks over a network

Made by \`make bench-network\` on ${daysOf(measured)}; not edited by hand. \`node dist/bench.mjs network ${measured[0]?.part.name ?? ''}\` measures a part of it.

${machine}, load from ${loadsOf(measured)}

On AWS the network takes most of an invocation’s time. Here laptop and Region are two network namespaces of one machine, and the
line between them has a set delay and rate: where a row says nothing else, 100 ms for a round trip, no limit to the rate, and
no losses. With a rate, up to 2 s of backlog wait at each end, as in a home’s router. The laptop runs
the built livectl, the Region the embedded cloud with the built stub, behind TLS 1.3 on both sides; an idle HTTPS connection
is closed after 60 s; the relay takes 10 ms for a post, half of what two took on AWS ([notes](platform-notes.md)).

“At least” is what the network alone takes: a round trip, two posts, the bytes at the line’s rate, and the handler’s own
time, if any. Messages are compressed, so that large ones may take less than their own bytes would. The goals are the
project’s own: at most 5 ms above that at p50 and 15 ms at p95, and 1.2 times the bytes’ time for large messages. “Failed”
counts invocations that got another answer than the function’s. Percentiles are nearest rank: always a sample.
A load well above the number of cores means that other programs had the cores too.

## Times

${table(timedHeader, rows.filter(isTimed).map(timedCells))}

## Counts

${table(countedHeader, rows.filter(isCounted).map(countedCells))}

## How each is measured

${methods}
`;
}
