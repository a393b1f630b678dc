// The figures as people read them: a table in the terminal, and docs/benchmarks.md.
import type { Figure, Measurement, Unit } from './measurement.ts';
import { percentile } from './percentile.ts';

export interface Measured {
  readonly measurement: Measurement;
  readonly figures: readonly Figure[];
}

const header = ['', 'p50 or value', 'p95', 'p99', 'samples', 'goal', ''];

/** One figure as cells, in the order of the header. */
function cells(figure: Figure): string[] {
  if ('value' in figure) {
    const { goal, unit, value, what } = figure;
    return [what, quantity(value, unit), '', '', '', ...verdict(value, unit, goal)];
  }
  const { goal, samples, what } = figure;
  const [p50, p95, p99] = [50, 95, 99].map((percent) => percentile(samples, percent)) as [
    number,
    number,
    number,
  ];
  const quantities = [p50, p95, p99].map((ms) => quantity(ms, 'ms'));
  return [what, ...quantities, String(samples.length), ...verdict(p50, 'ms', goal)];
}

function verdict(value: number, unit: Unit, goal: number | undefined): [string, string] {
  if (goal === undefined) return ['', ''];
  return [goal === 0 ? 'none' : `≤ ${goal} ${unit}`, value <= goal ? 'met' : 'NOT met'];
}

/** Three significant digits below 100, whole numbers above. */
export function quantity(value: number, unit: Unit): string {
  const digits = unit === '' ? 0 : value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
  const text = value.toFixed(digits);
  return unit === '' ? text : `${text} ${unit}`;
}

/** One measurement, columns aligned. */
export function terminalTable({ figures, measurement }: Measured): string {
  return aligned([[measurement.title, ...header.slice(1)], ...figures.map(cells)]);
}

/** Rows as lines, columns aligned: the first to the left, the others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}

/** The whole of docs/benchmarks.md. */
export function markdown(measured: readonly Measured[], machine: string, date: Date): string {
  const sections = measured.map(({ figures, measurement }) => {
    const rows = [[measurement.title, ...header.slice(1)], header.map((_, i) => (i === 0 ? '---' : '---:'))];
    const table = [...rows, ...figures.map(cells)].map((row) => `| ${row.join(' | ')} |`).join('\n');
    return `## ${measurement.title}\n\n${table}\n\n${measurement.method}\n`;
  });
  return `# Benchmarks

Made by \`make bench\` on ${date.toISOString().slice(0, 10)}; not edited by hand. \`node dist/bench.mjs ${measured[0]?.measurement.name ?? ''}\` measures a part of it.
Over a line of 100 ms, after silences and cuts: [benchmarks-network.md](benchmarks-network.md).

${machine}

Everything runs on one machine, over 127.0.0.1: client, embedded cloud, stub, livectl and worker share its cores. On
AWS the network adds its own time; what livectl and the stub add stays. Percentiles are nearest rank: always a sample.
A load well above 0 before, or above the number of cores at the end, means that other programs had the cores too: the
figures are then higher than on a quiet machine.

${sections.join('\n')}`;
}
