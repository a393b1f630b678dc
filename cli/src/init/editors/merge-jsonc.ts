// Puts entries into the lists of a JSON file with comments, and leaves everything else in it as it is.
import {
  applyEdits,
  createScanner,
  getNodeValue,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import { LiveDebugError } from '../../../../protocol/live-debug-error.ts';

/** An entry of a list; one of its fields names it. */
export type ListEntry = Readonly<Record<string, unknown>>;

/** A list at the top of the file, and the entries that should be in it. */
export interface WantedList {
  readonly name: string;
  /** The field that names an entry. */
  readonly key: string;
  readonly entries: readonly ListEntry[];
  /** Fields that stay as they are in an entry that is there already, since people change them. */
  readonly kept?: readonly string[];
}

/** No file of an editor is larger; characters. */
const mostText = 1_000_000;

/**
 * The text with these entries. One whose name begins with `prefix` is livectl's: it is replaced where it stands, only as far as it
 * differs, and removed if it is no longer wanted. Others stay. Throws LD_CONFIG, with line and column, where `text` is not JSON
 * with comments or a list is not a list.
 */
export function mergeJsonc(text: string, file: string, prefix: string, lists: readonly WantedList[]): string {
  let merged = text;
  for (const list of lists) merged = mergeList(merged, file, prefix, list);
  return merged;
}

function mergeList(text: string, file: string, prefix: string, list: WantedList): string {
  const { entries, kept = [], key, name } = list;
  const form = formOf(text);
  const formattingOptions = {
    insertSpaces: !form.unit.startsWith('\t'),
    tabSize: form.unit.length,
    eol: form.eol,
  };
  let merged = text;
  const change = (path: JSONPath, value: unknown) => {
    // A removal leaves the lines beside it as they are only without a format.
    const options = value === undefined ? {} : { formattingOptions };
    merged = applyEdits(merged, modify(merged, path, value, options));
  };
  const present = () => listIn(merged, file, name);
  if (present() === undefined) {
    if (entries.length === 0) return merged;
    change([name], []);
  }
  const entriesNow = () => (present()?.children ?? []).map((node): unknown => getNodeValue(node));
  const nameOf = (entry: unknown) => (entry as ListEntry | null)?.[key];
  const wanted = new Set(entries.map((entry) => entry[key]));
  // From the end, since each removal moves those after it.
  for (const [index, entry] of [...entriesNow().entries()].reverse()) {
    const old = nameOf(entry);
    if (typeof old === 'string' && old.startsWith(prefix) && !wanted.has(old))
      change([name, index], undefined);
  }
  for (const entry of entries) {
    const now = entriesNow();
    const index = now.findIndex((each) => nameOf(each) === entry[key]);
    const before = now[index] as ListEntry | undefined;
    if (before === undefined) {
      merged = appended(merged, present(), entry, form);
      continue;
    }
    // Fields that a person has added stay.
    const fields = Object.entries(entry).filter(([field]) => !kept.includes(field));
    for (const [field, value] of fields)
      if (JSON.stringify(before[field]) !== JSON.stringify(value)) change([name, index, field], value);
  }
  return merged;
}

/** With an entry at the end of a list. Not by `modify`, which formats the line before it as well. */
function appended(text: string, list: Node | undefined, entry: ListEntry, form: Form): string {
  if (list === undefined) return text;
  const start = list.offset + 1;
  const close = list.offset + list.length - 1;
  const last = list.children?.at(-1);
  const lastEnd = last === undefined ? start : last.offset + last.length;
  const end = start + text.slice(start, close).trimEnd().length;
  const hasComma = last !== undefined && commaIn(text.slice(lastEnd, close));
  const outer = indentAt(text, list.offset);
  const lines = JSON.stringify(entry, undefined, form.unit).split('\n');
  const block = lines.map((line) => form.eol + outer + form.unit + line).join('');
  return [
    text.slice(0, lastEnd),
    last === undefined || hasComma ? '' : ',',
    text.slice(lastEnd, end),
    block,
    hasComma ? ',' : '',
    form.eol + outer,
    text.slice(close),
  ].join('');
}

/** Outside of comments. */
function commaIn(text: string): boolean {
  const scanner = createScanner(text, true);
  scanner.scan();
  return text[scanner.getTokenOffset()] === ',';
}

/** The white space that the line of this character begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return line.slice(0, line.length - line.trimStart().length);
}

/** Undefined if the file has no such list. */
function listIn(text: string, file: string, name: string): Node | undefined {
  if (text.length > mostText) throw mistake(file, `it is larger than ${mostText} characters`);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first) throw mistake(`${file}:${place(text, first.offset)}`, printParseErrorCode(first.error));
  if (tree?.type !== 'object') throw mistake(file, 'it must be an object');
  const member = tree.children?.find(({ children }) => children?.[0]?.value === name);
  const value: Node | undefined = member?.children?.[1];
  if (value === undefined) return undefined;
  if (value.type !== 'array')
    throw mistake(`${file}:${place(text, value.offset)}`, `${JSON.stringify(name)} must be a list`);
  return value;
}

/** Line and column, from 1. */
function place(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

function mistake(where: string, what: string): LiveDebugError {
  return new LiveDebugError('LD_CONFIG', `${where}: ${what}`, {
    remedy: 'Correct the file, or rename it and let livectl write a new one.',
  });
}

/** How a file is indented, and how its lines end. */
interface Form {
  readonly unit: string;
  readonly eol: string;
}

function formOf(text: string): Form {
  const line = text.split('\n').find((each) => each.trimStart() !== each && each.trim() !== '');
  return {
    unit: line === undefined ? '  ' : line.slice(0, line.length - line.trimStart().length),
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
