// What `livectl doctor` found, for a person to read: a heading for each group, and a line for each finding.

import { printable } from '../log/printable.ts';
import { plural } from '../log/quantities.ts';
import { type Style, style } from '../log/style.ts';
import { type Finding, type Group, type Status, some } from './check.ts';

/** More passes of one check than this, e.g. of `build/...`, take one line together. */
const mostPasses = 3;

const marks: Readonly<Record<Status, (paint: Style) => string>> = {
  pass: (paint) => paint.ok('✓'),
  warn: (paint) => paint.warn('!'),
  fail: (paint) => paint.bad('✗'),
};

/** Shows findings group by group. */
export class DoctorLines {
  readonly #paint: Style;
  readonly #write: (text: string) => void;
  #group: Group | undefined;

  constructor(colour: boolean, write: (text: string) => void) {
    this.#paint = style(colour);
    this.#write = write;
  }

  /** The findings of one check. */
  checked(group: Group, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    if (group !== this.#group)
      this.#write(`${this.#group === undefined ? '' : '\n'}${this.#paint.name(group)}`);
    this.#group = group;
    for (const finding of merged(findings)) this.#write(this.#lines(finding).join('\n'));
  }

  /** The last line. */
  summary(findings: readonly Finding[]): void {
    const count = (status: Status) => findings.filter((finding) => finding.status === status).length;
    const [failures, warnings] = [count('fail'), count('warn')];
    const words = [
      ...(failures > 0 ? [this.#paint.bad(plural(failures, 'failure'))] : []),
      ...(warnings > 0 ? [this.#paint.warn(plural(warnings, 'warning'))] : []),
      `${count('pass')} passed`,
    ];
    this.#write(`\n${words.join(', ')}`);
  }

  #lines({ check, message, remedy, status }: Finding): string[] {
    const name = printable(check).padEnd(nameWidth);
    return [
      `  ${marks[status](this.#paint)} ${name} ${printable(message)}`,
      ...(remedy === null
        ? []
        : [`    ${' '.repeat(nameWidth)} ${this.#paint.dim(`to fix: ${printable(remedy)}`)}`]),
    ];
  }
}

/** Longer names push their message to the right. */
const nameWidth = 12;

/** Passes of many functions as one line; everything else as it is, in its order. */
function merged(findings: readonly Finding[]): Finding[] {
  const family = ({ check }: Finding) => check.split('/')[0] ?? check;
  const passes = new Map<string, Finding[]>();
  for (const finding of findings) {
    if (finding.status !== 'pass' || !finding.check.includes('/')) continue;
    passes.set(family(finding), [...(passes.get(family(finding)) ?? []), finding]);
  }
  const shown = new Set<string>();
  return findings.flatMap((finding) => {
    const alike = passes.get(family(finding)) ?? [];
    if (!alike.includes(finding) || alike.length <= mostPasses) return [finding];
    if (shown.has(family(finding))) return [];
    shown.add(family(finding));
    const names = alike.map(({ check }) => check.slice(family(finding).length + 1));
    return [{ ...finding, check: family(finding), message: `${alike.length} good: ${some(names, 6)}` }];
  });
}
