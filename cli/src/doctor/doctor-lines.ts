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
  readonly #width: number | undefined;
  readonly #write: (text: string) => void;
  #group: Group | undefined;
  /** Names of checks that had nothing to work with, by the reason. */
  readonly #notChecked = new Map<string, string[]>();

  /** Lines are wrapped at `width` columns, with their indent; undefined leaves that to the terminal. */
  constructor(colour: boolean, width: number | undefined, write: (text: string) => void) {
    this.#paint = style(colour);
    this.#width = width;
    this.#write = write;
  }

  /** The findings of one check. */
  checked(group: Group, findings: readonly Finding[]): void {
    if (findings.length === 0) return;
    if (group !== this.#group) {
      this.#endGroup();
      this.#write(`${this.#group === undefined ? '' : '\n'}${this.#paint.name(group)}`);
      this.#group = group;
    }
    for (const finding of merged(findings)) {
      // What to do is said by the check that it names.
      if (finding.status === 'warn' && /^not checked: see "/.test(finding.message))
        this.#notChecked.set(finding.message, [
          ...(this.#notChecked.get(finding.message) ?? []),
          finding.check,
        ]);
      else this.#write(this.#lines(finding).join('\n'));
    }
  }

  /** The last line. */
  summary(findings: readonly Finding[]): void {
    this.#endGroup();
    const count = (status: Status) => findings.filter((finding) => finding.status === status).length;
    const [failures, warnings] = [count('fail'), count('warn')];
    const words = [
      ...(failures > 0 ? [this.#paint.bad(plural(failures, 'failure'))] : []),
      ...(warnings > 0 ? [this.#paint.warn(plural(warnings, 'warning'))] : []),
      `${count('pass')} passed`,
    ];
    this.#write(`\n${words.join(', ')}`);
  }

  #endGroup(): void {
    for (const [message, checks] of this.#notChecked) {
      const finding = { check: checks.join(', '), status: 'warn', message, remedy: null } as const;
      this.#write(this.#lines(finding).join('\n'));
    }
    this.#notChecked.clear();
  }

  #lines({ check, message, remedy, status }: Finding): string[] {
    const name = printable(check).padEnd(nameWidth);
    const indent = ' '.repeat(nameWidth + 5);
    const room = this.#width === undefined ? undefined : this.#width - indent.length;
    const lines = wrapped(printable(message), room);
    const begin = `  ${marks[status](this.#paint)} ${name}`;
    // Beside a longer name there is little room.
    const longer = name.length - nameWidth;
    const isBeside =
      room === undefined || longer === 0 || (lines.length === 1 && (lines[0] ?? '').length + longer <= room);
    return [
      ...(isBeside ? [`${begin} ${lines.shift() ?? ''}`] : [begin.trimEnd()]),
      ...lines.map((line) => indent + line),
      ...(remedy === null ? [] : wrapped(`to fix: ${printable(remedy)}`, room)).map(
        (line) => indent + this.#paint.dim(line),
      ),
    ];
  }
}

/** Longer names have their message below, or push it to the right where lines are not wrapped. */
const nameWidth = 12;
/** Narrower columns are harder to read than lines that the terminal wraps. */
const leastRoom = 30;

/** The words in lines of at most `room` characters. A longer word has a line of its own. */
function wrapped(text: string, room: number | undefined): string[] {
  if (room === undefined || room < leastRoom) return [text];
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(' ')) {
    if (line === undefined) line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line ?? ''];
}

/** Passes of many functions as one line, and what is wrong with several in the same way; everything else as it is, in its order. */
function merged(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const { message, status } = finding;
    const key = `${status} ${familyOf(finding)} ${status === 'pass' ? '' : message}`;
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    const members = alike.filter(({ check }) => check.includes('/'));
    const most = first?.status === 'pass' ? mostPasses : 1;
    if (first === undefined || members.length <= most) return alike;
    const family = familyOf(first);
    const names = some(
      members.map(({ check }) => check.slice(family.length + 1)),
      6,
    );
    const message =
      first.status === 'pass' ? `${members.length} good: ${names}` : `${names}: ${first.message}`;
    return [...alike.filter(({ check }) => !check.includes('/')), { ...first, check: family, message }];
  });
}

/** `build` of `build/orders`. */
function familyOf({ check }: Finding): string {
  return check.split('/')[0] ?? check;
}
