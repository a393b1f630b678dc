// Inspector page: two JSON values as lines beside each other; equal parts are folded.
import type { Difference } from '../../../cli/src/recordings/json-diff.ts';
import { type DiffLine, foldRuns } from './diff-lines.ts';
import { type DifferenceNode, differenceTree } from './difference-tree.ts';
import { marked, mostCharacters } from './marked-texts.ts';

export interface SideBySide {
  readonly lines: readonly DiffLine[];
  /** Number of places that differ. */
  readonly differences: number;
  /** There are more lines than fit. */
  readonly isCut: boolean;
}

const mostLines = 4000;
/** Of a value that only one side has. */
const mostLinesOfOneSide = 400;
/** How a value that is not folded is written. */
type Words = (value: unknown) => string;

const jsonWords: Words = (value) => JSON.stringify(value) ?? '';
const textWords: Words = String;

/** `open`: folds to show, by their names. `isText`: both are lists of lines, which are written as they are. */
export function sideBySide(
  before: unknown,
  after: unknown,
  differences: readonly Difference[],
  open: ReadonlySet<string> = new Set(),
  isText = false,
): SideBySide {
  const writer = new Writer(open, isText ? textWords : jsonWords);
  const node = differenceTree(differences);
  if (isText && Array.isArray(before) && Array.isArray(after)) writer.items(before, after, node, 0, '');
  else writer.pair('', before, after, node, 0, '');
  return { lines: foldRuns(writer.lines, open), differences: differences.length, isCut: writer.isFull };
}

/** Writes lines until there are too many. */
class Writer {
  readonly lines: DiffLine[] = [];
  private readonly open: ReadonlySet<string>;
  private readonly words: Words;

  constructor(open: ReadonlySet<string>, words: Words) {
    this.open = open;
    this.words = words;
  }

  get isFull(): boolean {
    return this.lines.length >= mostLines;
  }

  /** A value that both sides have; `label` is its name with a colon, or empty. */
  pair(
    label: string,
    before: unknown,
    after: unknown,
    node: DifferenceNode | undefined,
    depth: number,
    path: string,
  ) {
    if (this.isFull) return;
    if (node === undefined) return this.same(label, after, depth, path);
    const isWhole = node.isChanged || !isContainer(before) || !isContainer(after);
    if (isWhole) return this.changed(label, before, after, depth);
    const [start, end] = Array.isArray(after) ? '[]' : '{}';
    this.both(`${label}${start}`, depth);
    if (Array.isArray(before) && Array.isArray(after)) this.items(before, after, node, depth + 1, path);
    else this.members(before as JsonObject, after as JsonObject, node, depth + 1, path);
    this.both(`${end}`, depth);
  }

  /** Positions of removed items count in the earlier array, all others in the later one; both advance together. */
  items(
    before: readonly unknown[],
    after: readonly unknown[],
    node: DifferenceNode | undefined,
    depth: number,
    path: string,
  ) {
    let from = 0;
    let to = 0;
    while ((from < before.length || to < after.length) && !this.isFull) {
      if (from < before.length && node?.removed.has(from)) {
        this.oneSide('removed', '', before[from], depth);
        from += 1;
      } else if (to < after.length && (node?.added.has(to) || from >= before.length)) {
        this.oneSide('added', '', after[to], depth);
        to += 1;
      } else if (to >= after.length) {
        this.oneSide('removed', '', before[from], depth);
        from += 1;
      } else {
        this.pair('', before[from], after[to], node?.inner.get(to), depth, `${path}/${to}`);
        from += 1;
        to += 1;
      }
    }
  }

  private members(before: JsonObject, after: JsonObject, node: DifferenceNode, depth: number, path: string) {
    for (const [name, value] of Object.entries(before)) {
      if (this.isFull) return;
      const label = labelOf(name);
      if (node.removed.has(name)) this.oneSide('removed', label, value, depth);
      else
        this.pair(label, value, after[name], node.inner.get(name), depth, `${path}/${escapePointer(name)}`);
    }
    for (const [name, value] of Object.entries(after)) {
      if (this.isFull) return;
      if (node.added.has(name)) this.oneSide('added', labelOf(name), value, depth);
    }
  }

  private same(label: string, value: unknown, depth: number, path: string): void {
    if (this.isFull) return;
    if (!isContainer(value) || isEmpty(value)) return this.both(label + this.short(value), depth);
    const fold = `value ${path}`;
    if (!this.open.has(fold)) {
      const cell = { text: label + preview(value), depth };
      this.lines.push({ kind: 'same', left: cell, right: cell, fold });
      return;
    }
    const [start, end] = Array.isArray(value) ? '[]' : '{}';
    this.both(`${label}${start}`, depth);
    for (const [name, inner] of entriesOf(value))
      this.same(
        Array.isArray(value) ? '' : labelOf(name),
        inner,
        depth + 1,
        `${path}/${escapePointer(name)}`,
      );
    this.both(`${end}`, depth);
  }

  private changed(label: string, before: unknown, after: unknown, depth: number): void {
    if (isContainer(before) || isContainer(after)) {
      this.oneSide('removed', label, before, depth);
      this.oneSide('added', label, after, depth);
      return;
    }
    const [left, right] = marked(label, this.words(before), this.words(after));
    this.lines.push({ kind: 'changed', left: { ...left, depth }, right: { ...right, depth } });
  }

  private oneSide(kind: 'added' | 'removed', label: string, value: unknown, depth: number): void {
    const most = Math.min(mostLines, this.lines.length + mostLinesOfOneSide);
    const side = kind === 'added' ? 'right' : 'left';
    const push = (text: string, at: number) => this.lines.push({ kind, [side]: { text, depth: at } });
    const write = (name: string, inner: unknown, at: number): void => {
      if (this.lines.length > most) return;
      if (this.lines.length === most) {
        push('…', at);
        return;
      }
      if (!isContainer(inner) || isEmpty(inner) || at - depth > 50) {
        push(name + this.short(inner), at);
        return;
      }
      const [start, end] = Array.isArray(inner) ? '[]' : '{}';
      push(`${name}${start}`, at);
      for (const [key, part] of entriesOf(inner)) {
        if (this.lines.length > most) return;
        write(Array.isArray(inner) ? '' : labelOf(key), part, at + 1);
      }
      if (this.lines.length <= most) push(`${end}`, at);
    };
    write(label, value, depth);
  }

  /** A value on one line. */
  private short(value: unknown): string {
    if (isContainer(value)) return isEmpty(value) ? (Array.isArray(value) ? '[]' : '{}') : preview(value);
    const isLong = typeof value === 'string' && value.length > mostCharacters;
    return cut(this.words(isLong ? value.slice(0, mostCharacters + 1) : value));
  }

  private both(text: string, depth: number): void {
    this.lines.push({ kind: 'same', left: { text, depth }, right: { text, depth } });
  }
}

type JsonObject = Readonly<Record<string, unknown>>;
type Container = JsonObject | readonly unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

function isEmpty(value: Container): boolean {
  return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function entriesOf(value: Container): Iterable<[string, unknown]> {
  return Object.entries(value);
}

function labelOf(name: string): string {
  return `${cut(JSON.stringify(name))}: `;
}

function preview(value: Container): string {
  const count = Array.isArray(value) ? value.length : Object.keys(value).length;
  return Array.isArray(value)
    ? `[ … ${count} item${count === 1 ? '' : 's'} ]`
    : `{ … ${count} member${count === 1 ? '' : 's'} }`;
}

function cut(text: string): string {
  return text.length > mostCharacters ? `${text.slice(0, mostCharacters)}…` : text;
}

function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
