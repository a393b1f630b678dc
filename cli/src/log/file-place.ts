// Places in files, as stack frames and build errors name them: relative to where the person stands, and a link to the editor.
import { hostname } from 'node:os';
import { isAbsolute, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { LinkForm } from './terminal-abilities.ts';

export interface FilePlace {
  /** Absolute. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** From 1; undefined where it is not known. */
  readonly column: number | undefined;
}

/** How places are shown. */
export interface PlaceView {
  /** Where the person stands, absolute. */
  readonly here: string;
  /** Undefined: no links. */
  readonly links: LinkForm | undefined;
}

/** Longer ones are not linked: terminals ignore them. */
const longestUrl = 2000;

/**
 * The id of every link of this process. Nobody else knows it, so that text from elsewhere cannot contain a link that is taken
 * for ours.
 */
let linkId: string | undefined;

/** Of 16 hexadecimal digits. Drawn for the first link, since most commands show none and start sooner without. */
function ownId(): string {
  linkId ??= crypto.randomUUID().replaceAll('-', '').slice(-16);
  return linkId;
}

const end = '\u001b]8;;\u001b\\';

/** Whether a sequence that has the form of a link, from its first to its last character, is one of ours. */
export function isOwnLink(found: string): boolean {
  return linkId !== undefined && found.startsWith(`\u001b]8;id=${linkId};file://`);
}

/** A path as the person would write it: relative if that is shorter. */
export function shownPath(path: string, here: string): string {
  const near = relative(here, path);
  return near !== '' && near.length < path.length ? near : path;
}

/** `text` as a link (OSC 8) to a place; without `links`, `text` itself. `text` must be printable. */
export function linked(text: string, { column, line, path }: FilePlace, links: LinkForm | undefined): string {
  if (links === undefined || text === '') return text;
  const url = pathToFileURL(path);
  if (links.hasHost) url.host = hostname();
  // Encoded, except for what ends the sequence or its parameters in some terminals.
  const href = url.href.replaceAll(';', '%3B');
  const at = links.hasColumn && column !== undefined ? `#${line},${column}` : `#${line}`;
  if (href.length > longestUrl) return text;
  return `\u001b]8;id=${ownId()};${href}${at}\u001b\\${text}${end}`;
}

/** A line of a stack with its place shown so; any other line unchanged. `line` must be printable. */
export function shownFrame(line: string, { here, links }: PlaceView): string {
  // With colours of its own it is no stack as a runtime writes it.
  const found = line.includes('\u001b') ? undefined : (nodePlace(line) ?? pythonPlace(line));
  if (found === undefined) return line;
  const { from, place, rest, to } = found;
  const shown = shownPath(place.path, here);
  return line.slice(0, from) + linked(shown + rest, place, links) + line.slice(to);
}

interface Found {
  readonly place: FilePlace;
  /** What is replaced. */
  readonly from: number;
  readonly to: number;
  /** What follows the path in it. */
  readonly rest: string;
}

/** `at f (/app/a.mjs:1:2)`, `at file:///app/a.mjs:1:2`, also before an error's fields, which begin with ` {`. */
function nodePlace(line: string): Found | undefined {
  const at = line.length - line.trimStart().length;
  if (!line.startsWith('at ', at)) return undefined;
  const tail = /:(\d{1,7}):(\d{1,7})\)?(?: \{)?$/.exec(line);
  if (tail === null) return undefined;
  const bracket = line.indexOf(' (', at);
  const isBare = bracket < 0 || !/\)(?: \{)?$/.test(line);
  const from = isBare ? at + (line.startsWith('at async ', at) ? 9 : 3) : bracket + 2;
  const path = absolutePath(line.slice(from, tail.index));
  if (path === undefined) return undefined;
  const [, row = '', column = ''] = tail;
  const rest = `:${row}:${column}`;
  const place = { path, line: Number(row), column: Number(column) };
  return { place, from, to: tail.index + rest.length, rest };
}

/** `File "/app/a.py", line 3, in f`: the words of Python stay. */
function pythonPlace(line: string): Found | undefined {
  const from = line.length - line.trimStart().length + 'File "'.length;
  if (!line.startsWith('File "', from - 'File "'.length)) return undefined;
  const to = line.indexOf('", line ', from);
  const path = to < 0 ? undefined : absolutePath(line.slice(from, to));
  if (path === undefined) return undefined;
  const row = Number.parseInt(line.slice(to + '", line '.length, to + 16), 10);
  if (!(row > 0)) return undefined;
  return { place: { path, line: row, column: undefined }, from, to, rest: '' };
}

function absolutePath(text: string): string | undefined {
  try {
    const path = text.startsWith('file://') ? fileURLToPath(text) : text;
    return isAbsolute(path) ? path : undefined;
  } catch {
    return undefined;
  }
}
