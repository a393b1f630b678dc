// Inspector page: the places in a stack, and the links that open the editor there.
import type { Editor } from '../api/serve-snapshot.ts';

export interface SourcePlace {
  /** A path, absolute or relative to the project's folder. */
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** A line of a stack around its place. */
export interface StackLine {
  readonly before: string;
  /** As it is shown. */
  readonly shown: string;
  readonly place?: SourcePlace;
  readonly after: string;
  /** Of the runtime or a package: not the developer's code. */
  readonly isForeign: boolean;
}

/** Packages, and livectl's own runtime clients. */
const foreignPlaces = [
  '/node_modules/',
  '/site-packages/',
  '/node-runtime.mjs',
  '/node-tunnel.cjs',
  '/python-runtime.py',
  '/python-tunnel.py',
  '/python-libpq.py',
];

/** Longer lines have no link. */
const mostCharacters = 2000;

/** The lines of a stack; its entries may have several. */
export function stackLines(stack: readonly string[], root: string): StackLine[] {
  return stack
    .flatMap((entry) => entry.split('\n'))
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .map((line) => stackLine(line, root));
}

function stackLine(line: string, root: string): StackLine {
  const place = line.length > mostCharacters ? undefined : (nodePlace(line) ?? pythonPlace(line));
  if (!place)
    return { before: line, shown: '', after: '', isForeign: line.endsWith('at new Promise (<anonymous>)') };
  const { file, from, to, line: number, column } = place;
  const isForeign =
    file.startsWith('node:') || file.startsWith('<') || foreignPlaces.some((part) => file.includes(part));
  const relative = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
  return {
    before: line.slice(0, from),
    shown: column === undefined ? `${relative}:${number}` : `${relative}:${number}:${column}`,
    ...(isNoFile(file) ? {} : { place: { file, line: number, ...(column === undefined ? {} : { column }) } }),
    after: line.slice(to),
    isForeign,
  };
}

/** `node:fs`, `<string>`, `https://…`: not a file of this machine; a drive's letter is one. */
function isNoFile(file: string): boolean {
  return file.startsWith('<') || /^[A-Za-z][A-Za-z0-9+.-]+:/.test(file);
}

interface FoundPlace extends SourcePlace {
  /** Where it is in the line. */
  readonly from: number;
  readonly to: number;
}

/** `    at name (file:line:column)`, `    at file:line:column` */
function nodePlace(line: string): FoundPlace | undefined {
  const text = line.trimStart();
  if (!text.startsWith('at ')) return undefined;
  const numbers = /:(\d{1,9}):(\d{1,9})\)?$/.exec(line);
  if (!numbers) return undefined;
  const open = line.lastIndexOf(' (', numbers.index);
  const from = open >= 0 && line.endsWith(')') ? open + 2 : line.length - text.length + 3;
  const start = line.startsWith('async ', from) ? from + 6 : from;
  const written = line.slice(start, numbers.index);
  return {
    file: filePath(written),
    line: Number(numbers[1]),
    column: Number(numbers[2]),
    from: start,
    to: line.endsWith(')') && open >= 0 ? line.length - 1 : line.length,
  };
}

/** `  File "file", line 12, in name` */
function pythonPlace(line: string): FoundPlace | undefined {
  const text = line.trimStart();
  if (!text.startsWith('File "')) return undefined;
  const from = line.length - text.length + 6;
  const quote = line.indexOf('", line ', from);
  const number = quote < 0 ? undefined : /^\d{1,9}/.exec(line.slice(quote + 8))?.[0];
  if (number === undefined) return undefined;
  return {
    file: line.slice(from, quote),
    line: Number(number),
    from: from - 6,
    to: quote + 8 + number.length,
  };
}

function filePath(written: string): string {
  if (!written.startsWith('file://')) return written;
  try {
    return decodeURIComponent(new URL(written).pathname);
  } catch {
    return written;
  }
}

/** What a browser would load or run itself. Editors have schemes of their own, also ones that nobody else knows. */
const browserSchemes = new Set([
  '',
  'about',
  'blob',
  'data',
  'file',
  'filesystem',
  'ftp',
  'http',
  'https',
  'javascript',
  'vbscript',
  'view-source',
]);

/** Undefined if the editor's URL is not one that may be followed. */
export function editorLink(editor: Editor | undefined, place: SourcePlace, root: string): string | undefined {
  if (!editor) return undefined;
  const scheme = /^[a-z][a-z0-9+.-]*(?=:)/i.exec(editor.url)?.[0] ?? '';
  if (browserSchemes.has(scheme.toLowerCase())) return undefined;
  const isAbsolute = place.file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(place.file);
  const file = isAbsolute ? place.file : `${root}/${place.file}`;
  const path = encodeURI(file.replaceAll('\\', '/')).replaceAll(/[#?&+]/g, encodeURIComponent);
  // In vscode://file/{file} the path's own slash is there already; in file://{file} it is not.
  const isSlashed = /[^/]\/\{file\}/.test(editor.url) && path.startsWith('/');
  return editor.url
    .replaceAll('{file}', isSlashed ? path.slice(1) : path)
    .replaceAll('{line}', String(place.line))
    .replaceAll('{column}', String(place.column ?? 1));
}
